"""Install the official clients, each into a folder: ``python -m tests.differential.install``.

They are not dependencies: they want old versions of half the world, of which the calls that are
compared need nothing but requests (which this interpreter has) and requests-toolbelt. So pip puts
them beside each other, without dependencies, below `folder()`, where no ordinary import finds them.
The versions and the hashes of what is downloaded are fixed. 1.11.3.post1 exists as a source archive
only, which pip builds with poetry-core.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ENVIRONMENT = "FATEFLOW_OFFICIAL"
"""Names the folder. Where it is set, tests fail instead of skipping if nothing is installed."""

NEW = "1.11.3.post1"
OLD = "1.6.1"
_TOOLBELT = (
    "requests-toolbelt==1.0.0"
    " --hash=sha256:cccfdd665f0a24fcf4726e690f65639d272bb0637b9b92dfd91a5568ccf6bd06"
)
PINS: dict[str, tuple[str, ...]] = {
    NEW: (
        "fate-client==1.11.3.post1"
        " --hash=sha256:74a4a415abeef423a3e4c2848747c009221a21f53bd23fa0c93c2031841c8829",
        _TOOLBELT,
    ),
    OLD: (
        "fate-client==1.6.1"
        " --hash=sha256:9dfc5ba2cca3cba5e8d25cf099a3cfa7cc93a76eca37eac22304d055cf149f05",
        _TOOLBELT,
    ),
}
_DONE = "installed.txt"


def folder() -> Path:
    """Say where the official clients are, or would be."""
    named = os.environ.get(ENVIRONMENT)
    if named:
        return Path(named).absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "fateflow-client" / "official"


def installed(version: str) -> bool:
    """Whether this very pin of a version is there."""
    done = folder() / version / _DONE
    return done.is_file() and done.read_text("utf-8") == _text(version)


def missing() -> list[str]:
    """The versions that are not installed."""
    return [version for version in PINS if not installed(version)]


def _text(version: str) -> str:
    return "".join(f"{pin}\n" for pin in PINS[version])


def install(version: str) -> None:
    """Install one version; it appears complete or not at all."""
    target = folder() / version
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{version}-") as room:
        fresh, pins = Path(room) / "fresh", Path(room) / "pins.txt"
        pins.write_text(_text(version), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--require-hashes", "--no-compile", "--target", str(fresh)]
        subprocess.run([*pip, *options, "--requirement", str(pins)], check=True)
        (fresh / _DONE).write_text(_text(version), encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)


def main() -> None:
    """Install what is missing."""
    for version in missing():
        install(version)
    for version in PINS:
        print(folder() / version)


if __name__ == "__main__":
    main()
