"""What travels between components: uploaded rows, instances, scores; and their CSV form."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fateflow_client.local.shapes import id_order

Floats = NDArray[np.float64]

SCORES = ("id", "label", "predict_result", "predict_score", "predict_detail", "type")
"""The header of predictions."""


def csv_line(fields: Sequence[str]) -> str:
    """One line of CSV without its end; quoted only where a field needs it."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(fields)
    return buffer.getvalue()


@dataclass(frozen=True)
class Table:
    """Rows as uploaded: an id and the rest of the line, not yet parsed."""

    sid: str
    header: tuple[str, ...]
    ids: list[str]
    lines: list[str]
    delimiter: str = ","

    def columns(self) -> list[str]:
        """The header of the CSV form; empty when the file had none."""
        return [self.sid, *self.header] if self.sid or self.header else []

    def fields(self) -> Iterator[list[str]]:
        """Each row's values, without the id."""
        for line in self.lines:
            yield line.split(self.delimiter) if line or self.header else []

    def csv_lines(self) -> Iterator[str]:
        """Each row in CSV form."""
        for sid, line in zip(self.ids, self.lines, strict=True):
            if self.delimiter == "," and '"' not in line and '"' not in sid:
                yield f"{sid},{line}" if line else sid
            else:
                yield csv_line([sid, *line.split(self.delimiter)])

    def select(self, positions: Sequence[int]) -> "Table":
        """The rows at these positions, in this order."""
        return Table(
            self.sid,
            self.header,
            [self.ids[at] for at in positions],
            [self.lines[at] for at in positions],
            self.delimiter,
        )

    def only_ids(self) -> "Table":
        """The ids without any values."""
        return Table(self.sid, (), self.ids, [""] * len(self.ids), self.delimiter)


@dataclass(frozen=True)
class Instances:
    """Rows parsed to numbers, with a label where the party has one."""

    sid: str
    header: tuple[str, ...]
    ids: list[str]
    features: Floats
    labels: list[Any] | None = None
    label_name: str = ""

    def columns(self) -> list[str]:
        """The header of the CSV form: id, label if there is one, features."""
        label = [] if self.labels is None else [self.label_name]
        return [self.sid or "sid", *label, *self.header]

    def csv_lines(self) -> Iterator[str]:
        """Each row in CSV form."""
        values: list[list[float]] = self.features.tolist()
        for at, sid in enumerate(self.ids):
            label = [] if self.labels is None else [str(self.labels[at])]
            start = csv_line([sid, *label])
            yield ",".join([start, *map(repr, values[at])]) if values[at] else start

    def select(self, positions: Sequence[int]) -> "Instances":
        """The rows at these positions, in this order."""
        return Instances(
            self.sid,
            self.header,
            [self.ids[at] for at in positions],
            self.features[list(positions)],
            None if self.labels is None else [self.labels[at] for at in positions],
            self.label_name,
        )

    def only_ids(self) -> "Instances":
        """The ids and the label, without features."""
        empty = np.zeros((len(self.ids), 0), dtype=np.float64)
        return Instances(self.sid, (), self.ids, empty, self.labels, self.label_name)


@dataclass(frozen=True)
class Scores:
    """A binary model's predictions on the rows it was trained on."""

    sid: str
    ids: list[str]
    labels: list[int]
    scores: Floats
    threshold: float = 0.5
    source: str = ""

    def columns(self) -> list[str]:
        """The header of the CSV form, as 1.11 names it."""
        return list(SCORES)

    def csv_lines(self) -> Iterator[str]:
        """Each row in CSV form; predict_detail is a Python literal, as in 1.11."""
        for sid, label, score in zip(self.ids, self.labels, self.scores.tolist(), strict=True):
            result = str(int(score > self.threshold))
            detail = str({"0": 1.0 - score, "1": score})
            yield csv_line([sid, str(label), result, repr(score), detail, "train"])

    def select(self, positions: Sequence[int]) -> "Scores":
        """The rows at these positions, in this order."""
        return Scores(
            self.sid,
            [self.ids[at] for at in positions],
            [self.labels[at] for at in positions],
            self.scores[list(positions)],
            self.threshold,
            self.source,
        )

    def only_ids(self) -> "Scores":
        """Scores have no features to leave out."""
        return self


Data = Table | Instances | Scores


def common_ids(frames: Iterable[Data]) -> list[str]:
    """The ids that every one of these has, in FATE's order."""
    sets = [set(frame.ids) for frame in frames]
    return sorted(set[str].intersection(*sets), key=id_order) if sets else []


def aligned(frame: Data, ids: Sequence[str]) -> Data:
    """The frame's rows for these ids, in this order."""
    position = {sid: at for at, sid in enumerate(frame.ids)}
    return frame.select([position[sid] for sid in ids])
