"""Finding the files that confs name."""

from __future__ import annotations

from pathlib import Path

from fateflow_client.errors import InputFileError


def find_file(file: str, conf: Path | None) -> Path:
    """Find the file that a conf names: beside the conf, else below the working directory."""
    path = Path(file).expanduser()
    candidates = [path]
    if not path.is_absolute() and conf is not None:
        candidates = [conf.parent / path, path]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    looked = " nor ".join(str(Path.cwd() / candidate) for candidate in candidates)
    raise InputFileError(
        f"the file that the conf names does not exist: {looked}",
        source=str(conf or file),
    )
