"""Tables coming in: uploads, and the history of uploads."""

from __future__ import annotations

import json
from urllib.parse import quote

from fateflow_client._core import endpoint as ep
from fateflow_client._core.codec import dump_json
from fateflow_client._core.endpoint import EMPTY, Endpoint, Repeat, meaning
from fateflow_client._core.releases import DELIMITER, UPLOAD_META, Release
from fateflow_client._core.trail import Server
from fateflow_client.domain.data import (
    DataDownloaded,
    DataDownloadRequest,
    DataUploadRequest,
    Uploaded,
    UploadHistory,
    UploadHistoryRequest,
)
from fateflow_client.domain.table import TableInfoRequest
from fateflow_client.errors import AlreadyExistsError, InputFileError
from fateflow_client.groups._base import Group
from fateflow_client.jobconf.confs import check_upload
from fateflow_client.jobconf.files import find_file
from fateflow_client.jobconf.model import DataDownloadConf
from fateflow_client.jobconf.report import invalid
from fateflow_client.jobconf.upload import UploadConf, wire_members
from fateflow_client.recovery.local_jobs import LocalJobTrail
from fateflow_client.transfer.multipart import FileBody
from fateflow_client.types import DocumentIn, JobIdIn

MAX_QUERY = 8192
"""Servers and proxies refuse longer request lines; the upload conf travels in it."""


def _check_upload(_: DataUploadRequest, documents: ep.Documents, release: Release | None) -> None:
    document = documents["conf_path"]
    report = check_upload(
        document.source or document.value, None if release is None else str(release)
    )
    if not report.ok:
        raise invalid(report, document.source or "conf_path")


def _encode_upload(
    request: DataUploadRequest, documents: ep.Documents, options: ep.CallOptions, path: str
) -> ep.Wire:
    document = documents["conf_path"]
    conf = UploadConf.model_validate(document.value)
    members = wire_members(conf, document.value, request.drop)
    if conf.use_local_data == 0:
        return ep.Wire("POST", path, body=dump_json(members))
    progress = options.progress or (stderr_progress() if request.verbose else None)
    body = FileBody(find_file(conf.file, document.source), progress)
    members["file"] = body.name
    # The whole JSON text is one percent-encoded word: every release reads it back, and no & in a
    # table's name can cut it.
    query = quote(json.dumps(members, allow_nan=False, separators=(",", ":")), safe="")
    if len(query) > MAX_QUERY:
        raise InputFileError(
            f"the upload conf is {len(query)} bytes long in the URL, where {MAX_QUERY} are safe",
            source=str(document.source or "conf_path"),
            hint="Leave members out that the server does not need.",
        )
    return ep.Wire("POST", path, query, body)


def stderr_progress() -> ep.Progress:
    """A progress that prints whole percents to stderr."""
    import sys

    last = -1

    def tell(done: int, total: int | None) -> None:
        nonlocal last
        percent = 100 * done // total if total else 0
        if percent != last:
            last = percent
            print(f"\rupload {percent:3d} %", end="\n" if done == total else "", file=sys.stderr)

    return tell


def _with_file(result: Uploaded, _: ep.Documents, wire: ep.Wire) -> Uploaded:
    if isinstance(wire.body, FileBody):
        return result.model_copy(update={"file": wire.body.path})
    return result


def _with_target(result: DataDownloaded, documents: ep.Documents, _: ep.Wire) -> DataDownloaded:
    target = documents["conf_path"].value["output_path"]
    return result.model_copy(update={"output_path": target})


def _upload_trail(
    request: DataUploadRequest, documents: ep.Documents, _: str | None, server: Server
) -> LocalJobTrail:
    """Refuse a table that exists, for the server takes the whole file before it says so."""
    conf = UploadConf.model_validate(documents["conf_path"].value)
    drop = max(request.drop, conf.drop or 0)
    if not drop and conf.use_local_data != 0:
        table = server.send(TableInfoRequest(namespace=conf.namespace, table_name=conf.table_name))
        if table.exists:
            raise AlreadyExistsError(
                f"there is a table {conf.namespace}.{conf.table_name}. Nothing was sent",
                status=0,
                retcode=0,
                retmsg="",
                hint="drop=1 replaces it.",
            )
    return LocalJobTrail(
        Uploaded,
        "Upload",
        (("namespace", conf.namespace), ("name", conf.table_name)),
        (("namespace", conf.namespace), ("table_name", conf.table_name)),
    ).begun(server)


def _download_trail(
    _: DataDownloadRequest, documents: ep.Documents, __: str | None, server: Server
) -> LocalJobTrail:
    conf = DataDownloadConf.model_validate(documents["conf_path"].value)
    return LocalJobTrail(
        DataDownloaded,
        "Download",
        (
            ("namespace", conf.namespace),
            ("name", conf.table_name),
            ("output_path", conf.output_path),
        ),
        (("namespace", conf.namespace), ("table_name", conf.table_name)),
    ).begun(server)


UPLOAD = Endpoint(
    "data/upload",
    DataUploadRequest,
    Uploaded,
    repeat=Repeat.NEVER,
    times=ep.UPLOAD,
    documents={"conf_path": ""},
    check=_check_upload,
    encode=_encode_upload,
    trail=_upload_trail,
    finish=_with_file,
    meanings=(meaning(AlreadyExistsError, 100, "already exists"),),
    needs=(DELIMITER, UPLOAD_META),
)
DOWNLOAD = Endpoint(
    "data/download",
    DataDownloadRequest,
    DataDownloaded,
    repeat=Repeat.NEVER,
    documents={"conf_path": ""},
    confs={"conf_path": DataDownloadConf},
    trail=_download_trail,
    finish=_with_target,
)
UPLOAD_HISTORY = Endpoint(
    "data/upload/history",
    UploadHistoryRequest,
    UploadHistory,
    # Releases 1.5 and 1.6 say so when there is nothing to show.
    meanings=(meaning(EMPTY, 100, "'tuple' object has no attribute 'items'"),),
)


class DataGroup(Group):
    """``client.data``: tables coming in."""

    def download(
        self,
        conf_path: DocumentIn,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> DataDownloaded:
        """Let the SERVER write a table to a file on ITS disk. POST data/download.

        Nothing comes to this machine: for that see ``component.output_data`` and
        ``table.download``. A local job writes the file: ``client.job.wait(result)``.

        Args:
            conf_path: The download conf (namespace, table_name, output_path on the server): a path,
                a mapping or a model.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).

        Raises:
            SubmitRejectedError: The server refused its own job.
            AmbiguousOutcomeError: The answer was lost, and no such job was found, or several.
        """
        return self._client.send(
            DataDownloadRequest(conf_path=conf_path), timeout=timeout, deadline=deadline
        )

    def upload(
        self,
        conf_path: DocumentIn,
        verbose: int = 0,
        drop: int = 0,
        *,
        progress: ep.Progress | None = None,
        validate: bool = True,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Uploaded:
        """Send a CSV file to be made a table. POST data/upload.

        The answer says that the server has the file; a job of its own then makes the table, so
        ``client.job.wait(uploaded)`` before using it. The file is streamed, and sent again only if
        the server did not get all of it. Unless ``drop`` is set, the server is asked first whether
        the table exists. If the answer is lost, that job is looked for by its table and time:
        ``recovered`` is True if it was found so.

        Args:
            conf_path: The upload conf (namespace, table_name, file, head, partition ...): a path,
                a mapping or a model. Its ``file`` is looked for beside the conf, then in the
                working directory.
            verbose: 1 prints progress to stderr.
            drop: 1 destroys a table of the same name first; so does ``drop`` in the conf.
            progress: Told of the bytes sent, and of all.
            validate: False sends a conf that certainly fails; see ``check_upload``.
            timeout: Seconds without progress (60).
            deadline: Seconds for the whole call (none).

        Raises:
            InputFileError: The conf or the file is absent, unreadable or empty. Nothing was sent.
            InvalidConfError: The conf certainly fails; ``report`` has every problem and its place.
                Nothing was sent.
            AlreadyExistsError: There is such a table, and drop is 0. The file was not sent.
            SubmitRejectedError: The server has the file and refused its own job.
            AmbiguousOutcomeError: The answer was lost, and no such job was found, or several: the
                table may be on its way.
        """
        return self._client.send(
            DataUploadRequest(conf_path=conf_path, verbose=verbose, drop=drop),
            progress=progress,
            validate=validate,
            timeout=timeout,
            deadline=deadline,
        )

    def upload_history(
        self,
        limit: int = 10,
        job_id: JobIdIn | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> UploadHistory:
        """List uploads whose tables still exist, newest first. POST data/upload/history.

        Args:
            limit: How many, or -1 for all.
            job_id: Only the upload of this job.
            timeout: Seconds to wait for the next byte (30).
            deadline: Seconds for the whole call (60).
        """
        return self._client.send(
            UploadHistoryRequest(limit=limit, job_id=job_id), timeout=timeout, deadline=deadline
        )
