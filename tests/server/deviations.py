"""Where the embedded server's answers differ from recorded ones on purpose, and why."""

from tests.server.replaying import Recordings, Section

ALL = (
    Recordings(
        "1.11.2",
        "recordings",
        (
            Section(
                1,
                999,
                held=((12, 20), (262, 280)),
                # 333 to 361 are signed with the recording's clock: see test_signatures.py
                # and 301 to 303 are about a server that was killed: see test_lifecycle.py.
                skipped=frozenset((*range(333, 362), 301, 302, 303)),
            ),
        ),
    ),
    Recordings(
        "1.8.0",
        "recordings-1.8",
        (Section(1, 999, held=((39, 48), (352, 370)), skipped=frozenset(range(489, 563))),),
    ),
    Recordings("1.7.2", "recordings-1.7.2", (Section(1, 999),)),
    Recordings("1.7.0", "recordings-1.7.0", (Section(1, 115),)),
    Recordings(
        "1.6.1",
        "recordings-1.6.1",
        (Section(1, 388, held=((169, 179), (196, 204))), Section(389, 405)),
    ),
    Recordings("1.5.3", "recordings-1.5.3", (Section(1, 999, held=((169, 179), (196, 204))),)),
)

_PREDICT = "predict jobs are refused"
_OUTSIDE = "a route that this server does not have"
_VERSIONS = "only the versions of what is here are told, not of an operating system and a JDK"
_NOT_A_ZIP = "our text does not name a file on the server's disk"
_BIND = "only the engine PATH is bound, and the text says so"
_RACE = "the replay waits for each upload to end"
_CLOCK = "a window of the recording's clock: test_a_marker_... asks with our own"
_UNRECORDED = "a job whose submit was not recorded"
_SUMMARY_DAY = "the recorded server had written a summary on that day before"

DEVIATIONS: dict[str, dict[str, str]] = {
    "1.11.2": {
        **dict.fromkeys(("078", "080", "081", "088", "089", "090", "144"), _OUTSIDE),
        **dict.fromkeys(("247", "298", "323", "324", "366", "368", "369"), _OUTSIDE),
        **dict.fromkeys(("145", "147", "315"), _PREDICT),
        "135": _NOT_A_ZIP,
        "290": _BIND,
        "401": _CLOCK,
        "309": "a task that still looked running after a stop; ours are canceled at once",
    },
    "1.8.0": {
        **dict.fromkeys(("106", "108", "116", "117", "123", "177"), _OUTSIDE),
        **dict.fromkeys(("273", "387", "388", "575"), _OUTSIDE),
        **dict.fromkeys(("178", "180", "344"), _PREDICT),
        **dict.fromkeys(("029", "030", "035"), _CLOCK),
        **dict.fromkeys(("470", "484", "485", "486", "487", "488", "580"), _UNRECORDED),
        "008": _VERSIONS,
        "045": _SUMMARY_DAY,
        "168": _NOT_A_ZIP,
        "306": _RACE,
        "380": _BIND,
    },
    "1.7.2": {"005": _VERSIONS, "031": _CLOCK, "052": _SUMMARY_DAY},
    "1.7.0": {"005": _VERSIONS, "031": _CLOCK, "052": _SUMMARY_DAY},
    "1.6.1": {
        **dict.fromkeys(("305", "306", "307", "308", "309"), _PREDICT),
        "304": "local jobs have a v2 conf here",
        "394": "the recorded server had a new database but its old log folder",
        "313": _RACE,
    },
    "1.5.3": {
        **dict.fromkeys(("305", "306", "307", "308", "309"), _PREDICT),
        "104": "the summary of Evaluation is 1.11's",
        "304": "the recorded jobs were still running; here the replay waits",
        "313": _RACE,
    },
}

# Members that differ on purpose, by a pattern of the path to them.
FREE = {
    r"\.(f_)?cmd$": "the command line of a worker process; here threads run the tasks",
    r"\.(f_)?provider_info\.": "paths of the FATE installation",
    r"\.(f_)?component_parameters\.": "compared through component/parameters",
    r"\.(f_)?engine_conf": "empty until a task has started",
    r"^(\.data)?\.computed$": "our summaries say that nothing was encrypted",
    r"\.(f_)?dsl\.": "what was submitted",
    r"\.(f_)?runtime_conf(_on_party)?\.(role|component_parameters)": "what was submitted",
    r"\.job_parameters\.(common\.)?(role|role_parameters|roles|eggroll_run)(\.|$)": "submitted",
    r"\.job_parameters\.(common\.)?(task_cores$|engines_address\.)": "which job stands first",
    r"\.(f_)?train_runtime_conf": "empty but for predict jobs",
    r"\.table_info\.": "sample values, by column",
    r"\.(f_)?(roles|user)\.": "what was submitted",
    r"\.(f_)?runtime_conf(_on_party)?\.fateflow_client": "which job stands first",
    r"inference_dsl\.components\.\w+\.CodePath$": "a party names what it runs only",
    r"\.partners$": "which jobs were submitted before",
}
_MODULES = "our modules are those of 1.11: the algorithms of older releases knew less"
FREE_BEFORE_1_9 = {
    r"\.(ComponentParam|\w+Param)\.\w+": _MODULES,
    r"\.(anonymousHeader|encryptedWeight|anonymous_info|attribute_info|unique_id_num)$": _MODULES,
    r"\.(cardinality_only|intersect_method|join_method|input_match_id_count)$": _MODULES,
    r"\.meta_data\.(matchIdName|withMatchId|module|revealStrategy)$": _MODULES,
    r"\.provider$": "names a module of the FATE installation",
}
