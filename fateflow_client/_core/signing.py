"""Signing: which headers prove to FATE Flow 1.7 and later who is calling. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

from fateflow_client._core.endpoint import Wire


def signed_body(wire: Wire) -> bytes:
    """The part of the body under the signature: JSON that is not empty. Files never are."""
    if not isinstance(wire.body, bytes) or wire.body == b"{}":
        return b""
    return wire.body


def form_text(form: Mapping[str, str]) -> str:
    """Form fields as the signature wants them: sorted, percent-encoded, spaces as %20."""
    return "&".join(f"{quote(k, safe='-._~')}={quote(form[k], safe='-._~')}" for k in sorted(form))


def sign(
    wire: Wire,
    *,
    app_key: str,
    secret_key: str,
    timestamp_ms: int,
    nonce: str,
) -> dict[str, str]:
    """Make the four headers. The server refuses a timestamp more than 60 s away from its clock.

    They are spelled with hyphens: proxies and recent Werkzeug drop names with underscores.
    """
    message = b"\n".join(
        (
            str(timestamp_ms).encode("ascii"),
            nonce.encode("ascii"),
            app_key.encode("ascii"),
            wire.target.encode("ascii"),
            signed_body(wire),
            form_text(wire.form).encode("ascii"),
        )
    )
    digest = hmac.new(secret_key.encode("ascii"), message, hashlib.sha1).digest()
    return {
        "TIMESTAMP": str(timestamp_ms),
        "NONCE": nonce,
        "APP-KEY": app_key,
        "SIGNATURE": base64.b64encode(digest).decode("ascii"),
    }
