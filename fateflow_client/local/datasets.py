"""Data to try the server with: the Wisconsin breast-cancer data, split between two parties."""

from pathlib import Path

from fateflow_client.local.frames import Floats
from fateflow_client.local.modules.learn import breast_cancer

GUEST_FEATURES = 10
_GUEST_MISSES_EVERY = 12
_HOST_MISSES_EVERY = 9
_DIGITS = 6


def write_breast_cancer(folder: str | Path) -> tuple[Path, Path]:
    """Write the breast-cancer data, split vertically, as two CSV files.

    The data is scikit-learn's copy of the Wisconsin diagnostic data set (569 rows, 30 features);
    label 1 is malignant. Each column is standardised to mean 0 and deviation 1 and rounded to six
    digits, as FATE's own example files are. The guest gets ``id,y,x0..x9``, the host
    ``id,x0..x19``. Each lacks some ids that the other has, always the same ones, so that an
    intersection has something to do.

    Args:
        folder: Where to write; created if absent.

    Returns:
        The guest's and the host's file.
    """
    features, labels = breast_cancer()
    scaled: Floats = (features - features.mean(axis=0)) / features.std(axis=0)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    guest, host = target / "breast_cancer_guest.csv", target / "breast_cancer_host.csv"
    ids = range(len(labels))
    own = scaled[:, :GUEST_FEATURES]
    _write(
        guest,
        ["y", *(f"x{at}" for at in range(own.shape[1]))],
        {i: [str(labels[i]), *_texts(own[i])] for i in ids if i % _GUEST_MISSES_EVERY != 0},
    )
    other = scaled[:, GUEST_FEATURES:]
    _write(
        host,
        [f"x{at}" for at in range(other.shape[1])],
        {i: _texts(other[i]) for i in ids if i % _HOST_MISSES_EVERY != 1},
    )
    return guest, host


def _texts(values: Floats) -> list[str]:
    return [f"{value:.{_DIGITS}f}" for value in values.tolist()]


def _write(path: Path, names: list[str], rows: dict[int, list[str]]) -> None:
    lines = [",".join(["id", *names]), *(",".join([str(i), *row]) for i, row in rows.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
