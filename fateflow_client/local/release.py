"""What the FATE Flow releases do differently: one table, newest first, each release a change of it.

A trait is named after what the *older* or odd releases do and is off (or the newest one's value)
by default, so that a release's entry lists just its differences from the next newer one.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType

_NEW_TASK_COLUMNS = frozenset(
    ("run_port", "kill_status", "error_report", "is_deepspeed", "deepspeed_id")
)
_1_7_TASK_COLUMNS = frozenset(("auto_retries", "auto_retry_delay", "cmd", "worker_id")) | frozenset(
    ("component_module", "component_parameters", "provider_info")
)
_OLD_EXISTS = (
    "The data table already exists.If you still want to continue uploading, please add the "
    "parameter -drop. 0 means not to delete and continue uploading, 1 means to upload again "
    "after deleting the table"
)
_SINCE_1_11 = frozenset(("job/report", "model/query/detail", "table/preview", "info/version"))
_SINCE_1_7 = frozenset(("job/log/download", "job/log/path", "job/parameter/update")) | frozenset(
    ("server/version/get", "checkpoint/list", "checkpoint/get")
)


@dataclass(frozen=True)
class Release:
    """The traits of one release."""

    name: str
    """The FATE Flow release."""
    fate: str
    """The FATE release, which ``version/get`` answers."""

    # Routes and requests
    lacks: frozenset[str] = frozenset(("job/log",))
    """Routes, without ``/v1/``, that the release does not have."""
    slash_matters: bool = False
    """A trailing slash makes another, unknown route."""
    json_only: bool = False
    """Only a JSON content type is read, and then an empty or broken body is HTTP 400."""
    form_config: bool = True
    """An upload's configuration may come as form fields."""
    authentication: str = "envelope"
    """How a bad signature is answered: ``envelope`` (109), ``status`` (HTTP 4xx), ``none``."""

    # Errors
    html_errors: bool = False
    """404, 405 and 400 are HTML pages; later they are HTTP 200 with retcode 100."""
    plain_exceptions: bool = False
    """An exception shows as ``str(e)``; later as ``repr(e)``."""
    missing_raises: bool = False
    """A missing argument is an exception (100); later 101."""

    # version/get
    api_version: bool = True
    unknown_module_is_null: bool = False

    # Jobs and tasks
    bare_lists: bool = False
    """Lists are bare rows with ``f_``, and an empty one is an error."""
    rfc_dates: bool = False
    """Dates of jobs and tasks look like RFC 1123, with a false GMT: they are local."""
    work_mode: bool = False
    """``work_mode`` is required, and a column."""
    short_rejections: bool = False
    """A rejected submit is retcode 100 without a jobId; later 103 with one and a traceback."""
    stored_rejections: frozenset[str] = frozenset(("party", "cores"))
    """At which checks a rejected job has left rows."""
    old_paths: bool = False
    """Submits answer ``job_dsl_path`` and the like, without ``code`` and ``message``."""
    unknown_parameters: frozenset[str] = frozenset()
    """Members that the release does not put into a job's parameters."""
    engines_in_conf: bool = False
    """A runtime conf names the engines; later only the parties' own confs do."""
    named_params: bool = False
    """component/parameters calls them after the module: ``HeteroLogisticParam``."""
    old_order_text: bool = False
    """The lists do not order by task_version, and say so differently."""
    no_user_id: bool = False
    """user_id is null; later it is empty."""
    hidden_job: frozenset[str] = frozenset()
    hidden_task: frozenset[str] = frozenset()
    dsl_version: str = "2"
    """What job/dsl/generate assumes if it is not told."""
    no_value_lists: bool = False
    """A list as a filter is broken SQL."""
    unfiltered_tasks: bool = False
    """task/query without a filter answers every task."""
    stopped: str = "stop job on this party success; stop job on all party success"
    unknown_logged: frozenset[str] = frozenset()
    """Calls (stop, view) that give an unknown job a log by being asked about it."""
    stop_needs_text: bool = False
    """A number as job id of job/stop is an exception."""
    view_dates: bool = True
    """The data view's dates are filled."""

    # Components
    day_tables: frozenset[str] = frozenset()
    """Which per-day tables show when they are missing: ``metric``, ``summary``."""
    parser_errors: bool = False
    """What component and data routes answer comes from the DSL parser, with its texts."""
    no_model: str = "no define_meta"
    no_model_job: str = "'NoneType' object has no attribute 'runtime_conf_on_party'"
    named_components: bool = False
    """output/model refuses a component that is not in the DSL."""
    metric_delete: str = "job"
    """``drop`` (a date drops the day), ``filters`` (by job and place) or ``job`` (by job only)."""
    data_errors_210: bool = False
    """Every error of output/data/download is HTTP 210."""
    empty_output_fails: bool = False
    """A download of empty tables only has no answer; later an archive without members."""
    quoted_details: bool = True
    """predict_detail is quoted in CSV, and text in previews."""
    named_id: bool = True
    """The id column of uploaded rows keeps its name; earlier it is called sid."""
    named_downloads: bool = True
    """Data downloads have a Content-Disposition."""
    pair_fill: bool = False
    """The initiator stands in only if both role and party are left out."""

    # Tables
    exact_drop: bool = False
    """``drop`` destroys only if it is 1; later if it is larger than 0."""
    id_delimiter: bool = True
    """``id_delimiter`` is used; earlier it is ignored and ``delimiter`` breaks the upload."""
    schema_meta: bool = True
    hidden_info: frozenset[str] = frozenset()
    hidden_address: frozenset[str] = frozenset()
    history_fails: bool = False
    """upload/history with nothing to show is an exception."""
    exists: str = (
        "The data table already exists."
        "If you still want to continue uploading, please add the parameter --drop"
    )

    # Models
    version_needed: bool = False
    """model/query needs a model_version and knows five filters only."""
    hidden_model: frozenset[str] = frozenset(("description", "job_status", "work_mode"))
    """Columns; ``work_mode`` is shown by 1.5 and 1.6 only."""
    missing_model_status: int = 404
    """HTTP status of an export of an unknown model."""
    refused_deploy: bool = True
    """An unknown model is HTTP 404 for deploy; earlier retcode 100."""
    exclusive_deploy: bool = True
    """cpn_list and predict_dsl together fail; earlier predict_dsl wins."""
    bare_children: bool = False
    """A deployed version has no runtime_conf of its own."""
    no_training_inference: bool = False
    """A model that is not deployed has an empty predict DSL."""
    plain_import: bool = False
    """Import answers no data, knows no force_update and no HTTP 4xx."""
    migrate_again: bool = False
    """Migrating to the same version twice succeeds."""
    run_parameters: bool = True
    text_retcode: bool = False
    """tag/create's retcode is the text that belongs into retmsg."""


_1_11_2 = Release("1.11.2", "1.11.3")

_1_8_0 = replace(
    _1_11_2,
    name="1.8.0",
    fate="1.8.0",
    lacks=_1_11_2.lacks | _SINCE_1_11,
    json_only=True,
    form_config=False,
    authentication="status",
    html_errors=True,
    plain_exceptions=True,
    unknown_module_is_null=True,
    stored_rejections=frozenset(("party",)),
    unknown_parameters=frozenset(("task_conf",)),
    old_order_text=True,
    hidden_task=_NEW_TASK_COLUMNS,
    stopped="stop job on this party True; stop job on all party success",
    unknown_logged=frozenset(("stop",)),
    stop_needs_text=True,
    view_dates=False,
    day_tables=frozenset(("summary",)),
    no_model="no data",
    no_model_job="'NoneType' object has no attribute 'dsl'",
    named_components=True,
    metric_delete="filters",
    quoted_details=False,
    named_id=False,
    named_downloads=False,
    pair_fill=True,
    exact_drop=True,
    id_delimiter=False,
    schema_meta=False,
    hidden_info=frozenset(("extend_sid",)),
    version_needed=True,
    hidden_model=frozenset(("archive_sha256", "archive_from_ip", "work_mode")),
    missing_model_status=210,
    refused_deploy=False,
    exclusive_deploy=False,
    bare_children=True,
    plain_import=True,
    migrate_again=True,
)

_1_7_2 = replace(
    _1_8_0,
    name="1.7.2",
    fate="1.7.2",
    hidden_info=_1_8_0.hidden_info | {"enable", "origin"},
)

_1_7_0 = replace(
    _1_7_2,
    name="1.7.0",
    fate="1.7.0",
    lacks=_1_7_2.lacks | {"table/download"},
    bare_lists=True,
    hidden_job=frozenset(("inheritance_info", "inheritance_status")),
    metric_delete="drop",
    empty_output_fails=True,
    unknown_parameters=_1_7_2.unknown_parameters | {"inheritance_info"},
    hidden_address=frozenset(("connector_name",)),
    exists=_OLD_EXISTS,
    named_downloads=True,
)

_1_6_1 = replace(
    _1_7_0,
    name="1.6.1",
    fate="1.6.1",
    lacks=(_1_7_0.lacks | _SINCE_1_7) - {"job/log"},
    slash_matters=True,
    authentication="none",
    missing_raises=True,
    api_version=False,
    rfc_dates=True,
    work_mode=True,
    short_rejections=True,
    stored_rejections=frozenset(),
    old_paths=True,
    named_params=True,
    dsl_version="1",
    unknown_parameters=_1_7_0.unknown_parameters | {"auto_retries", "auto_retry_delay"},
    engines_in_conf=True,
    hidden_task=_1_7_0.hidden_task | _1_7_TASK_COLUMNS,
    unknown_logged=frozenset(("stop", "view")),
    no_value_lists=True,
    unfiltered_tasks=True,
    stopped="stop job on this party True;\nstop job on all party success",
    day_tables=frozenset(("metric", "summary")),
    parser_errors=True,
    no_model_job="'int' object has no attribute 'get'",
    data_errors_210=True,
    hidden_info=_1_7_0.hidden_info | {"address"},
    history_fails=True,
    hidden_model=_1_7_0.hidden_model - {"work_mode"},
    no_training_inference=True,
    run_parameters=False,
    text_retcode=True,
)

_1_5_3 = replace(
    _1_6_1,
    name="1.5.3",
    fate="1.5.3",
    hidden_job=_1_6_1.hidden_job | {"user"},
    hidden_task=_1_6_1.hidden_task | {"engine_conf"},
    unknown_parameters=_1_6_1.unknown_parameters | {"pulsar_run"},
    no_user_id=True,
)

NEWEST = _1_11_2
RELEASES = MappingProxyType(
    {found.name: found for found in (_1_11_2, _1_8_0, _1_7_2, _1_7_0, _1_6_1, _1_5_3)}
)
_SHORT = MappingProxyType({"1.11": "1.11.2", "1.8": "1.8.0", "1.6": "1.6.1"})


def find_release(name: str) -> Release:
    """The release of this name, or short name.

    Raises:
        ValueError: There is none; the text lists them.
    """
    found = RELEASES.get(_SHORT.get(name, name))
    if found is None:
        choices = ", ".join([*RELEASES, *(f"{short} (={full})" for short, full in _SHORT.items())])
        message = f"the embedded server knows no release {name!r}; choose one of {choices}"
        raise ValueError(message)
    return found
