"""Archives of stored rows, their headers and their CSV as the release writes it, and previews."""

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

from fateflow_client.local.frames import SCORES
from fateflow_client.local.parts import Parts
from fateflow_client.local.replies import lines_member, text_member
from fateflow_client.local.shapes import JsonObject

PREVIEW_ROWS = 100
_DETAIL = SCORES.index("predict_detail")


def header_of(parts: Parts, frame_id: int) -> list[str]:
    """The header of a frame's CSV."""
    columns, _ = parts.state.frames.describe(frame_id)
    return parts.present.header(columns, uploaded=parts.state.tables.is_uploaded(frame_id))


def members(
    parts: Parts, named: Iterable[tuple[str, int]], limit: int | None, *, head: bool
) -> Iterator[tuple[str, IO[bytes], int]]:
    """A CSV and a description of its header per frame; frames without rows have neither."""
    for name, frame_id in named:
        _, count = parts.state.frames.describe(frame_id)
        if not count:
            continue
        header = header_of(parts, frame_id)
        lines = _lines(parts, frame_id, limit)
        first = [",".join(header)] if head and header else []
        yield lines_member(f"{name}.csv", _chained(first, lines))
        yield text_member(f"{name}.meta", json.dumps({"header": header}, indent=4))


def _chained(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _lines(parts: Parts, frame_id: int, limit: int | None) -> Iterator[str]:
    for line in parts.state.frames.lines(frame_id, limit):
        # Up to 1.8 nothing is quoted: a value with a comma looks like two.
        plain = parts.release.quoted_details or '"' not in line
        yield line if plain else ",".join(next(csv.reader([line])))


def preview(parts: Parts, frame_id: int) -> tuple[list[list[Any]], list[str], int]:
    """The first rows with their values, the header, and how many rows there are."""
    columns, count = parts.state.frames.describe(frame_id)
    rows = list(islice(parts.state.frames.rows(frame_id), PREVIEW_ROWS))
    header = header_of(parts, frame_id)
    if parts.state.tables.is_uploaded(frame_id):
        return rows, header, count
    if columns == list(SCORES):
        return [_score(row, quoted=parts.release.quoted_details) for row in rows], header, count
    return [[row[0], *map(_value, row[1:])] for row in rows], header, count


def _score(row: list[str], *, quoted: bool) -> list[Any]:
    values: list[Any] = [row[0], *map(_value, row[1:_DETAIL])]
    shown: Any = f'"{row[_DETAIL]}"'
    if not quoted:
        shown = _detail(row[_DETAIL])
    return [*values, shown, *row[_DETAIL + 1 :]]


def _detail(text: str) -> JsonObject:
    # Our own text: {'0': 0.25, '1': 0.75}
    found: JsonObject = json.loads(text.replace("'", '"'))
    return found


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
