"""Finding and reading the files that users name."""

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


def read_text(path: Path) -> str:
    """Read a UTF-8 file, with or without a byte order mark; raises InputFileError."""
    source = str(path)
    try:
        # Not in text mode: columns and offsets are those of the file, whatever its line ends.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        hint = "" if path.is_absolute() else f"It was looked for in {Path.cwd()}."
        raise InputFileError(f"{source} does not exist", source=source, hint=hint) from None
    except IsADirectoryError:
        raise InputFileError(f"{source} is a folder, not a file", source=source) from None
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{source} is not UTF-8 (byte {error.start})", source=source, hint="Save it as UTF-8."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputFileError(f"{source} cannot be read: {reason}", source=source) from None
