"""Bad input is refused before a socket is opened: nothing arrives at the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fateflow_client import ConfigError, FlowClient, InputFileError, InvalidConfError
from tests.support.questions import NOTHING_THERE
from tests.support.samples import CONF, DSL, JOB_ID, PARTY
from tests.support.server import ScriptedServer

Call = Callable[[Any], object]

BAD_ARGUMENTS: dict[str, Call] = {
    "a query without a filter": lambda c: c.job.query(),
    "a task query without a filter": lambda c: c.task.query(),
    "an unknown role": lambda c: c.job.query(role="gest"),
    "a job id with letters": lambda c: c.job.stop("2027011508000012345x0"),
    "a job id that is too short": lambda c: c.job.stop("20270115"),
    "a job id that is too long": lambda c: c.job.stop("2" * 26),
    "a job id of other digits": lambda c: c.job.stop("٢" * 21),
    "None for a job id": lambda c: c.job.stop(None),
    "True for a job id": lambda c: c.job.stop(True),
    "a float for a job id": lambda c: c.job.stop(2.0270115080000124e20),
    "a party id that is no number": lambda c: c.job.query(JOB_ID, "guest", "nine"),
    "a negative party id": lambda c: c.job.query(JOB_ID, "guest", -1),
    "True for a party id": lambda c: c.job.query(JOB_ID, "guest", True),
    "a misspelt status": lambda c: c.job.query(status="sucess"),
    "a limit of 0": lambda c: c.job.list(0),
    "a limit of -7": lambda c: c.job.list(-7),
    "True for a limit": lambda c: c.job.list(True),
    "a page of 0": lambda c: c.job.list(page=0),
    "an order that is none": lambda c: c.job.list(order="up"),
    "an output limit of 0": lambda c: c.component.output_data(**PARTY, output_path="o", limit=0),
    "a history limit of 0": lambda c: c.data.upload_history(0),
    "an empty component name": lambda c: c.component.metrics(JOB_ID, "guest", 1, ""),
    "a blank table name": lambda c: c.table.info("n", " "),
    "an empty namespace": lambda c: c.table.info("", "t"),
    "an empty output path": lambda c: c.job.log(JOB_ID, ""),
    "a drop of 2": lambda c: c.data.upload({}, drop=2),
    "a conf that is a list": lambda c: c.job.submit([1]),
    "a conf that is bytes": lambda c: c.job.submit(b"{}"),
    "a conf that is JSON text": lambda c: c.job.submit('{"a": 1}'),
    "an empty path": lambda c: c.job.submit(""),
    "an upload conf without members": lambda c: c.data.upload({}),
    "an upload conf with head 5": lambda c: c.data.upload(_upload(head=5)),
    "an upload conf with head 'true'": lambda c: c.data.upload(_upload(head="true")),
    "an upload conf with partition 0": lambda c: c.data.upload(_upload(partition=0)),
    "an upload conf with partition 1024": lambda c: c.data.upload(_upload(partition=1024)),
    "an upload conf with drop 2": lambda c: c.data.upload(_upload(drop=2)),
    "an upload conf without a name": lambda c: c.data.upload(_upload(table_name="")),
}


def _upload(**more: object) -> dict[str, object]:
    conf = {"file": __file__, "head": 1, "partition": 4, "namespace": "n", "table_name": "t"}
    return conf | more


@pytest.mark.parametrize("call", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS.keys())
def test_a_wrong_argument_is_refused_and_nothing_is_sent(
    call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises((ValidationError, InvalidConfError)):
        call(client)
    assert server.connections == 0


BAD_OPTIONS: dict[str, Call] = {
    "a timeout of 0": lambda c: c.job.query(JOB_ID, timeout=0),
    "a negative deadline": lambda c: c.job.query(JOB_ID, deadline=-1),
    "a deadline that is no number": lambda c: c.job.query(JOB_ID, deadline=float("nan")),
    "an exist of another kind": lambda c: c.job.log(JOB_ID, "out", exist="overwrite"),
}


@pytest.mark.parametrize("call", BAD_OPTIONS.values(), ids=BAD_OPTIONS.keys())
def test_a_wrong_option_is_refused_and_nothing_is_sent(
    call: Call, client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(ConfigError):
        call(client)
    assert server.connections == 0


def test_a_missing_argument_is_refused_by_python_itself(client: FlowClient) -> None:
    with pytest.raises(TypeError, match="job_id"):
        client.job.stop()  # type: ignore[call-arg]  # that is the point


def test_a_misspelt_role_is_told_its_right_spelling(client: FlowClient) -> None:
    with pytest.raises(ValidationError, match="did you mean 'guest'"):
        client.job.query(role="gest")


def test_an_unknown_field_is_refused() -> None:
    from fateflow_client import JobQuery

    with pytest.raises(ValidationError, match="rol"):
        JobQuery.model_validate({"rol": "guest"})


def _file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


BAD_FILES: dict[str, tuple[bytes | None, str]] = {
    "absent": (None, "does not exist"),
    "not JSON": (b"{'a': 1}", "not JSON.*line 1, column 2"),
    "empty": (b"", "not JSON"),
    "an array": (b"[1]", "JSON array, not an object"),
    "a string": (b'"x"', "JSON string, not an object"),
    "null": (b"null", "JSON null, not an object"),
    "not UTF-8": (b'{"a": "\xff"}', "not UTF-8"),
    "with NaN": (b'{"a": NaN}', "NaN"),
    "too deep": (b'{"a":' * 100_000, "not JSON"),
}


@pytest.mark.parametrize(("content", "text"), BAD_FILES.values(), ids=BAD_FILES.keys())
@pytest.mark.parametrize("call", ["submit", "dsl", "upload"])
def test_a_file_that_cannot_be_used_is_named(
    content: bytes | None,
    text: str,
    call: str,
    client: FlowClient,
    server: ScriptedServer,
    tmp_path: Path,
) -> None:
    path = tmp_path / "conf.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFileError, match=text) as caught:
        if call == "submit":
            client.job.submit(path)
        elif call == "dsl":
            client.job.submit(CONF, str(path))
        else:
            client.data.upload(path)
    assert str(path) in str(caught.value)
    assert caught.value.source == str(path)
    assert server.connections == 0


def test_a_folder_is_no_conf(client: FlowClient, server: ScriptedServer, tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="folder"):
        client.job.submit(tmp_path)
    assert server.connections == 0


def test_a_relative_path_that_is_absent_says_where_it_was_looked_for(client: FlowClient) -> None:
    with pytest.raises(InputFileError, match=str(Path.cwd())):
        client.job.submit("no-such-conf.json")


def test_a_mapping_that_json_cannot_express_is_refused(
    client: FlowClient, server: ScriptedServer
) -> None:
    for value in ({1, 2}, object(), float("nan"), b"x"):
        with pytest.raises(InputFileError, match="conf_path"):
            client.job.submit({"a": value})
    assert server.connections == 0


def test_a_table_that_is_absent_or_empty_is_refused(
    client: FlowClient, server: ScriptedServer, tmp_path: Path
) -> None:
    empty = _file(tmp_path, "empty.csv", b"")
    for file, text in (
        (tmp_path / "none.csv", "none.csv"),
        (empty, "empty"),
        (tmp_path, "no file"),
    ):
        with pytest.raises(InputFileError, match=text):
            client.data.upload(_upload(file=str(file)))
    assert server.connections == 0


def test_a_table_is_looked_for_beside_its_conf_first(
    client: FlowClient, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.aside = NOTHING_THERE
    beside, elsewhere = tmp_path / "confs", tmp_path / "elsewhere"
    for folder in (beside, elsewhere):
        folder.mkdir()
        (folder / "t.csv").write_text(f"id\n{folder.name}\n")
    conf = beside / "upload.json"
    conf.write_text("\ufeff" + json.dumps(_upload(file="t.csv")), encoding="utf-8")
    monkeypatch.chdir(elsewhere)
    from tests.support.server import Answer

    reply = {"retcode": 0, "jobId": JOB_ID, "data": {"namespace": "n", "table_name": "t"}}
    server.play(Answer.of(reply))
    uploaded = client.data.upload(conf)
    assert b"confs" in server.got[0].body
    assert uploaded.file == beside / "t.csv"
    (beside / "t.csv").unlink()
    client.data.upload(conf)
    assert b"elsewhere" in server.got[1].body


def test_an_upload_conf_that_is_too_long_for_a_url_is_refused(
    client: FlowClient, server: ScriptedServer
) -> None:
    with pytest.raises(InputFileError, match="8192"):
        client.data.upload(_upload(notes="x" * 9000))
    assert server.connections == 0


def test_the_callers_objects_are_not_changed(client: FlowClient, server: ScriptedServer) -> None:
    server.aside = NOTHING_THERE
    conf, dsl, upload = json.loads(json.dumps(CONF)), json.loads(json.dumps(DSL)), _upload(drop=0)
    before = json.dumps([conf, dsl, upload])
    for call in (lambda: client.job.submit(conf, dsl), lambda: client.data.upload(upload, drop=1)):
        with pytest.raises(Exception, match="job_id"):  # the server's default answer has none
            call()
    assert json.dumps([conf, dsl, upload]) == before
