"""Tables coming and going: requests and results of ``data/*``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import AliasChoices, ConfigDict, Field

from fateflow_client.domain._base import Envelope, LocalJob, Request, Result, Returns, RowsResult
from fateflow_client.domain.job import ModelRef
from fateflow_client.types import DocumentIn, JobIdIn, ListLimit, ZeroOrOne


class Uploaded(LocalJob):
    """A table on its way: the server has the file, and a local job of its own reads it in.

    The table exists when that job has ended with success: see ``job.wait``.
    """

    namespace: str
    """The table's namespace."""
    table_name: str
    """The table's name."""
    file: Path | None = None
    """The file that was sent; None for a file on the server."""
    model_info: ModelRef | None = None
    """A formality."""


class DataDownloaded(LocalJob):
    """A table on its way to a file ON THE SERVER, which a local job writes."""

    namespace: str | None = None
    """The table's namespace."""
    table_name: str | None = None
    """The table's name."""
    output_path: str | None = None
    """The file on the server."""


class DataDownloadRequest(Request, Returns[DataDownloaded]):
    """Let the server write a table to its own disk."""

    conf_path: DocumentIn
    """The download conf: a path, a mapping or a model."""


class DataUploadRequest(Request, Returns[Uploaded]):
    """Upload a table."""

    # A conf's storage_address may hold a password.
    model_config = ConfigDict(hide_input_in_errors=True)

    local_fields: ClassVar[frozenset[str]] = frozenset({"verbose"})

    conf_path: DocumentIn
    """The upload conf: a path, a mapping or a model."""
    verbose: ZeroOrOne = 0
    """1 prints progress to stderr; not sent."""
    drop: ZeroOrOne = 0
    """1 destroys a table of the same name first; 0 refuses if there is one."""


class UploadInfo(Result):
    """Which table an upload made."""

    namespace: str | None = None
    """The table's namespace."""
    table_name: str | None = None
    """The table's name."""
    partition: int | None = None
    """In how many parts it is stored."""
    upload_count: int | None = None
    """How many rows were read."""


class UploadRecord(Result):
    """One upload of the past."""

    job_id: str
    """The job that read the file in."""
    upload_info: UploadInfo
    """The table."""
    notes: str | None = None
    """Notes of the users."""
    table_schema: Any = Field(default=None, validation_alias=AliasChoices("schema", "table_schema"))
    """The table's header and id column, as the server describes them."""


class UploadHistory(RowsResult[UploadRecord]):
    """Uploads that made a table which still exists, newest first."""

    @classmethod
    def from_envelope(cls, envelope: Envelope) -> Self:
        """Flatten the list of one-entry mappings from job id to record."""
        rows = [
            {"job_id": job_id, **record}
            for entry in envelope.data or ()
            for job_id, record in entry.items()
        ]
        return cls.model_validate({"rows": rows})


class UploadHistoryRequest(Request, Returns[UploadHistory]):
    """List past uploads."""

    limit: ListLimit = 10
    """How many, or -1 for all."""
    job_id: JobIdIn | None = None
    """Only the upload of this job."""
