"""Files that calls write: whole or not at all, under names of our own making, as told where
something is there already."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fateflow_client import (
    ApiError,
    DownloadError,
    FlowClient,
    FlowError,
    NotFoundError,
    ProtocolError,
    TargetExistsError,
    TransportError,
    TruncatedDownloadError,
)
from tests.support.questions import NOTHING_THERE
from tests.support.samples import CONF, DSL, JOB_ID, MODEL
from tests.support.server import Answer, Drop, ScriptedServer

PLACE: dict[str, Any] = {"job_id": JOB_ID, "role": "guest", "party_id": 9999}
CONFIG = {
    "job_id": JOB_ID,
    "dsl": DSL,
    "runtime_conf": CONF | {"notes": "Größe 标签"},
    "train_runtime_conf": {},
    "model_info": {"model_id": "m#model", "model_version": JOB_ID},
}
FOUR = ["dsl.json", "model_info.json", "runtime_conf.json", "train_runtime_conf.json"]


def config(**more: object) -> Answer:
    return Answer.of({"retcode": 0, "retmsg": "success", "data": CONFIG | more})


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_config_becomes_four_files(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(config())
    out = tmp_path / "new" / "out"
    result = client.job.config(**PLACE, output_path=out)
    assert result.directory == out / f"job_{JOB_ID}_config"
    assert [path.name for path in result.files] == FOUR
    assert below(out) == sorted(
        [result.directory.name, *(f"{result.directory.name}/{n}" for n in FOUR)]
    )
    for path in result.files:
        assert json.loads(path.read_text(encoding="utf-8")) == CONFIG[path.stem]
    assert "Größe 标签" in (result.directory / "runtime_conf.json").read_text(encoding="utf-8")
    assert result.model_info is not None
    assert result.model_info.model_version == JOB_ID
    assert type(result).model_validate(result.model_dump()) == result


def test_a_config_has_no_files_that_the_server_did_not_send(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(Answer.of({"retcode": 0, "data": {"job_id": JOB_ID, "dsl": {}}}))
    result = client.job.config(**PLACE, output_path=tmp_path)
    assert [path.name for path in result.files] == ["dsl.json"]


def test_a_server_s_keys_and_ids_never_become_paths(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    out = tmp_path / "a" / "b"
    extra = {"../x": 1, "/etc/x": 1, "x": 1, "..": 1, "dsl.json": 1, "a/b": {}, "directory": "/etc"}
    server.play(config(**extra, job_id="../../../evil"))
    result = client.job.config(**PLACE, output_path=out)
    assert [path.name for path in result.files] == FOUR
    assert result.directory == out / f"job_{JOB_ID}_config"
    assert below(tmp_path) == sorted(
        ["a", "a/b", f"a/b/job_{JOB_ID}_config"]
        + [f"a/b/job_{JOB_ID}_config/{name}" for name in FOUR]
    )


def test_a_config_replaces_an_older_one_whole(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    folder = tmp_path / f"job_{JOB_ID}_config"
    folder.mkdir()
    (folder / "old.txt").write_text("old")
    server.play(config())
    first = client.job.config(**PLACE, output_path=tmp_path)
    assert sorted(os.listdir(folder)) == FOUR
    assert client.job.config(**PLACE, output_path=tmp_path) == first
    assert os.listdir(tmp_path) == [folder.name]


def test_a_config_that_is_there_is_an_error_or_kept_without_a_word_to_the_server(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    folder = tmp_path / f"job_{JOB_ID}_config"
    folder.mkdir()
    (folder / "dsl.json").write_text("{}")
    with pytest.raises(TargetExistsError, match="exists already"):
        client.job.config(**PLACE, output_path=tmp_path, exist="error")
    kept = client.job.config(**PLACE, output_path=tmp_path, exist="skip")
    assert kept.files == (folder / "dsl.json",)
    assert kept.job_id == JOB_ID
    assert server.connections == 0


@pytest.mark.parametrize("exist", ["error", "skip"])
def test_a_config_that_is_not_there_is_fetched_in_any_case(
    exist: Any, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(config())
    result = client.job.config(**PLACE, output_path=tmp_path, exist=exist)
    assert [path.name for path in result.files] == FOUR


BAD_CONFIGS = {
    "no such job": Answer.of({"retcode": 101, "retmsg": "find job failed"}),
    "no data": Answer.of({"retcode": 0, "retmsg": "success"}),
    "a list": Answer.of({"retcode": 0, "data": [1]}),
    "a page": Answer(200, (("Content-Type", "text/html"),), b"<p>"),
    "no answer": Drop(),
}


@pytest.mark.parametrize("answer", BAD_CONFIGS.values(), ids=BAD_CONFIGS.keys())
def test_a_config_that_does_not_come_changes_nothing(
    answer: Any, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    folder = tmp_path / f"job_{JOB_ID}_config"
    folder.mkdir()
    (folder / "dsl.json").write_text("old")
    server.play(answer)
    with pytest.raises(FlowError):
        client.job.config(**PLACE, output_path=tmp_path)
    assert below(tmp_path) == [folder.name, f"{folder.name}/dsl.json"]
    assert (folder / "dsl.json").read_text() == "old"


def test_a_config_that_cannot_be_written_says_where(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    server.play(config())
    with pytest.raises(DownloadError, match=f"job_{JOB_ID}_config cannot be written"):
        client.job.config(**PLACE, output_path=tmp_path / "file")


def model_zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("define/", b"")
        archive.writestr("define/define_meta.yaml", "describe: {}\n" * 50)
        archive.writestr("variables/data/hetero_lr_0/model/Param", bytes(range(256)) * 40)
        archive.writestr(".lock", b"")
    return buffer.getvalue()


ZIP = model_zip()
KIND = ("Content-Type", "application/zip")
NAME = f"guest#9999#{MODEL['model_id']}_{JOB_ID}.zip"


def zipped(body: bytes = ZIP, *headers: tuple[str, str], **more: Any) -> Answer:
    return Answer(headers=(KIND, *headers), body=body, **more)


def export(client: FlowClient, folder: Path, **more: Any) -> Any:
    return client.model.export_model(MODEL | {"output_path": str(folder)}, **more)


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "without a length"])
def test_an_export_is_one_zip_with_its_hash(
    length: bool, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(zipped(length=length))
    told: list[tuple[int, int | None]] = []
    out = tmp_path / "new" / "out"
    exported = export(client, out, progress=lambda done, whole: told.append((done, whole)))
    assert exported.file == out / NAME
    assert exported.file.read_bytes() == ZIP
    assert exported.size == len(ZIP)
    assert exported.sha256 == hashlib.sha256(ZIP).hexdigest()
    assert os.listdir(out) == [NAME]
    assert told[-1] == (len(ZIP), len(ZIP) if length else None)
    assert type(exported).model_validate(exported.model_dump()) == exported


OFFSETS = [0, 1, 30, len(ZIP) // 2, len(ZIP) - 100, len(ZIP) - 22, len(ZIP) - 1]


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("length", [True, False], ids=["with a length", "without a length"])
def test_a_zip_that_ends_early_is_fetched_again_and_never_kept(
    length: bool, offset: int, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    cut = zipped(cut=len(ZIP) - offset, length=length)
    server.play(cut)
    with pytest.raises((TruncatedDownloadError, TransportError)):
        export(client, tmp_path)
    assert len(server.got) == 4
    assert os.listdir(tmp_path) == []
    server.play(cut, zipped())
    assert export(client, tmp_path).sha256 == hashlib.sha256(ZIP).hexdigest()
    assert len(server.got) == 2


def test_a_zip_with_a_flipped_bit_is_damaged(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    stored = model_zip(zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        info = archive.getinfo("variables/data/hetero_lr_0/model/Param")
    start = info.header_offset + 30 + len(info.filename)
    places = [(stored, start), (stored, start + info.file_size - 1), (ZIP, ZIP.index(b"Param") + 9)]
    for whole, at in places:
        broken = bytearray(whole)
        broken[at] ^= 0x10
        server.play(zipped(bytes(broken)))
        with pytest.raises(TruncatedDownloadError, match="zip"):
            export(client, tmp_path)
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("body", [b"", b"hello", b"PK\x05\x06", b"\x1f\x8b" + bytes(20)])
def test_what_is_no_zip_is_not_kept(
    body: bytes, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(zipped(body))
    with pytest.raises(TruncatedDownloadError, match="no whole zip"):
        export(client, tmp_path)
    assert os.listdir(tmp_path) == []


def _text(retcode: int, text: str, status: int) -> Answer:
    return Answer.of({"retcode": retcode, "retmsg": text}, status=status)


NO_ZIP: dict[str, tuple[Answer, type[FlowError]]] = {
    "JSON with 200": (_text(100, "KeyError('role')", 200), ApiError),
    "JSON of success": (_text(0, "success", 200), ProtocolError),
    "404": (_text(404, "Model m 1 is not exist.", 404), NotFoundError),
    "210": (_text(210, "Model m 1 is not exist.", 210), NotFoundError),
    "another 210": (_text(210, "disk full", 210), ApiError),
    "a page": (Answer(200, (("Content-Type", "text/html"),), b"<p>"), ProtocolError),
    "a zip with 206": (zipped(status=206), ProtocolError),
}


@pytest.mark.parametrize("name", NO_ZIP)
def test_an_error_instead_of_a_zip_is_an_error(
    name: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    answer, error = NO_ZIP[name]
    out = tmp_path / "out"
    server.play(answer)
    with pytest.raises(error) as caught:
        export(client, out)
    assert not isinstance(caught.value, DownloadError)
    assert (name == "another 210") <= (not isinstance(caught.value, NotFoundError))
    assert not out.exists() or os.listdir(out) == []


@pytest.mark.parametrize(
    "name",
    ["../../evil.zip", "/etc/passwd", "..", "a/b.zip", "C:\\x.zip", "", '"x\\"; filename=y', "é"],
)
def test_a_name_that_the_server_chose_is_never_used(
    name: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    text = f"attachment; filename={name}".encode().decode("latin-1")
    server.play(zipped(ZIP, ("Content-Disposition", text)))
    out = tmp_path / "a" / "out"
    assert export(client, out).file == out / NAME
    assert below(tmp_path) == ["a", "a/out", f"a/out/{NAME}"]


@pytest.mark.parametrize("part", ["../../x", "/etc/x", "a/b", "a\\b", "..", "../", "a#b", "é 标"])
@pytest.mark.parametrize("name", ["model_id", "model_version"])
def test_a_model_id_is_no_path(
    name: str, part: str, client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(zipped())
    out = tmp_path / "a" / "out"
    conf = MODEL | {"output_path": str(out), name: part}
    exported = client.model.export_model(conf)
    assert exported.file.parent == out
    assert "/" not in exported.file.name
    assert "\\" not in exported.file.name
    assert below(tmp_path) == ["a", "a/out", f"a/out/{exported.file.name}"]
    assert server.got[0].json[name] == part


def test_a_model_id_that_no_file_can_be_named_after_is_an_error(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(zipped())
    with pytest.raises(DownloadError, match="cannot be written"):
        client.model.export_model(MODEL | {"output_path": str(tmp_path), "model_id": "a\x00b"})
    assert os.listdir(tmp_path) == []


def test_a_model_of_many_parties_has_a_shorter_file_name_of_its_own(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.play(zipped())
    files = [
        client.model.export_model(MODEL | {"output_path": str(tmp_path), "model_id": part}).file
        for part in ("x" * 300, "x" * 300 + "y")
    ]
    assert sorted(os.listdir(tmp_path)) == sorted(file.name for file in files)
    assert files[0] != files[1]
    assert all(len(file.name) < 120 for file in files)


def test_an_export_replaces_keeps_or_refuses_as_told(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    old = tmp_path / NAME
    old.write_bytes(b"old")
    with pytest.raises(TargetExistsError, match="exists already"):
        export(client, tmp_path, exist="error")
    kept = export(client, tmp_path, exist="skip")
    assert (kept.file, kept.size) == (old, 3)
    assert kept.sha256 == hashlib.sha256(b"old").hexdigest()
    assert server.connections == 0
    server.play(zipped(cut=9))
    with pytest.raises(FlowError):
        export(client, tmp_path)
    assert old.read_bytes() == b"old"
    server.play(zipped())
    assert export(client, tmp_path).size == len(ZIP)
    assert old.read_bytes() == ZIP
    assert os.listdir(tmp_path) == [NAME]


def test_a_folder_of_the_zip_s_name_is_not_taken_for_it(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(TargetExistsError):
        export(client, tmp_path, exist="skip")
    assert server.connections == 0
    server.play(zipped())
    with pytest.raises(DownloadError, match="cannot be written"):
        export(client, tmp_path)
    assert os.listdir(tmp_path) == [NAME]


def test_an_export_to_a_place_that_is_no_folder_says_so(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    server.play(zipped())
    with pytest.raises(DownloadError, match="cannot be written"):
        export(client, tmp_path / "file")
    assert (tmp_path / "file").read_text() == ""


def test_an_export_can_be_imported_with_its_hash(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    server.aside = NOTHING_THERE
    server.play(zipped(), Answer())
    exported = export(client, tmp_path)
    conf = MODEL | {"file": str(exported.file), "hash": exported.sha256}
    assert client.model.import_model(conf).file == exported.file
    assert exported.sha256.encode() in server.got[1].body
    assert ZIP in server.got[1].body
