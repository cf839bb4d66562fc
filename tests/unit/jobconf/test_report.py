"""Reports: as a compiler writes them, as JSON, and in colours."""

from __future__ import annotations

import json
import pickle

from fateflow_client.jobconf.report import Finding, Report, Severity

ERROR = Finding(
    Severity.ERROR,
    "undefined-component",
    "dsl",
    "hetero_lr_0 takes data from intersect_0, which the DSL lacks",
    "/components/hetero_lr_0/input/data/train_data/0",
    12,
    5,
    "intersection_0",
    "dsl.json",
)
WARNING = Finding(Severity.WARNING, "unknown-role", "conf", "[red] is no role", "/role/[red]")
REPORT = Report((ERROR, WARNING))


def test_a_finding_is_a_line_as_of_a_compiler() -> None:
    assert str(ERROR) == (
        "dsl.json:12:5: error undefined-component: hetero_lr_0 takes data from intersect_0, "
        "which the DSL lacks (did you mean 'intersection_0'?)"
    )


def test_without_a_file_the_place_is_the_document_and_the_pointer() -> None:
    assert str(WARNING) == "conf:/role/[red]: warning unknown-role: [red] is no role"


def test_a_report_divides_errors_from_warnings() -> None:
    assert REPORT.errors == (ERROR,)
    assert REPORT.warnings == (WARNING,)
    assert not REPORT.ok
    assert Report((WARNING,)).ok


def test_a_report_as_text_has_a_line_for_each_finding_and_a_summary() -> None:
    assert str(REPORT).splitlines() == [str(ERROR), str(WARNING), "1 error, 1 warning"]
    assert str(Report()) == "no findings"


def test_a_report_as_json_has_everything() -> None:
    told = json.loads(REPORT.to_json())
    assert told["ok"] is False
    assert told["findings"][0] == {
        "severity": "error",
        "code": "undefined-component",
        "document": "dsl",
        "message": ERROR.message,
        "pointer": ERROR.pointer,
        "line": 12,
        "column": 5,
        "suggestion": "intersection_0",
        "file": "dsl.json",
    }


def test_rich_shows_the_text_and_takes_no_markup_from_it() -> None:
    import io

    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=200).print(REPORT)
    assert "[red] is no role" in out.getvalue()
    assert "dsl.json:12:5" in out.getvalue()


def test_a_report_can_be_pickled_as_errors_must_be() -> None:
    assert pickle.loads(pickle.dumps(REPORT)) == REPORT  # noqa: S301 - our own bytes
