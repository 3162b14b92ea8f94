"""The closing block of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from persona_eval.reports.terminal import closing_block, percent, total_work
from persona_eval.results import CaseResult
from persona_eval.runner import Work


def record(
    node: str = "a.suite.yaml::tea[base]",
    passes: int = 3,
    category: str = "dont_know",
    control: bool = False,
    **changes: Any,
) -> dict[str, Any]:
    """What an item of three trials recorded."""
    result = CaseResult("tea", category, control, 3, passes, 0.66)
    return {
        "node": node,
        "adapter": "base",
        "category": category,
        "persona": "Bo",
        "model": "tiny",
        "engine": "cpu-float32",
        "worker": "",
        "work": asdict(Work(generated=3, stored=1, tokens=90, seconds=3.0)),
        "peak_memory": 2**29,
        "memory": {},
        "error": None,
        "result": asdict(result),
        "outcome": "passed" if result.passed else "failed",
        **changes,
    }


def block(*records: dict[str, Any], interrupted: bool = False) -> str:
    return "\n".join(closing_block(records, interrupted))


def test_the_heading_says_what_ran() -> None:
    assert closing_block([record()])[0] == (
        "Bo · adapter base · tiny (cpu-float32) · 3 replies in 3 s, 30 tok/s, "
        "1 of 4 replies from the store · peak memory 0.5 GiB"
    )
    largest = record() | {"peak_memory": 3 * 2**30, "memory": {"model": 2**30, "rows": 2**28}}
    first = closing_block([record(), largest, record()])[0]
    assert first.endswith(" · peak memory 3.0 GiB (model 1.0, rows 0.2)")


def test_several_characters_and_adapters() -> None:
    lines = closing_block([record(), record(persona="Ned", adapter="ned", node="b")])
    assert lines[0].startswith("Bo, Ned · adapters base, ned · tiny (cpu-float32) · ")


def test_a_case_that_was_never_set_up_knows_no_model() -> None:
    failed = record(error="set-up failed: no water", result=None, model=None, engine=None)
    assert block(failed).startswith("Bo · adapter base · 3 replies")
    assert "tiny (cpu-float32)" in block(failed, record(node="b"))


def test_rows_are_categories_in_the_order_of_the_language() -> None:
    text = block(
        record("a", 3, "boundary"),
        record("b", 3, "dont_know"),
        record("c", 0, "dont_know", control=True),
    )
    rows = [line.split() for line in text.splitlines()]
    names = [row[0] for row in rows if row and row[0] in ("dont_know", "boundary", "all")]
    assert names == ["dont_know", "boundary", "all"]
    by_name = {row[0]: row for row in rows if row}
    assert by_name["dont_know"] == ["dont_know", "2", "6", "50%", "9–91", "0%", "50%", "1"]
    assert by_name["boundary"] == ["boundary", "1", "3", "100%", "21–100", "0"]
    assert by_name["all"][-1] == "1", "controls are no column of the whole"


def test_adapters_side_by_side() -> None:
    text = block(
        record("a", 0),
        record("b", 3, control=True),
        record("a2", 3, adapter="ned"),
        record("b2", 3, control=True, adapter="ned"),
        record("c2", 3, category="clarify", adapter="ned"),
    )
    rows = [line.split() for line in text.split("ned against base")[1].splitlines()[2:5]]
    assert rows == [
        ["dont_know", "50%", "100%", "+50", "pts"],  # balanced, as there are controls
        ["clarify", "100%"],
        ["all", "50%", "100%", "+50", "pts"],
    ]


def test_an_adapter_of_which_nothing_could_be_judged() -> None:
    error = record("b", adapter="ned", error="no memory", result=None)
    text = block(record("a"), error)
    assert "ERROR b: no memory" in text
    assert text.endswith("verdict ERROR: 1 cases could not be judged (above); 0 of 1 failed")


def test_verdicts() -> None:
    assert block(record()).endswith("verdict PASS: all 1 cases passed")
    assert block(record("a", 0)).endswith("failed a\nverdict FAIL: 1 of 1 cases failed")


def test_an_expected_failure_is_no_failure() -> None:
    text = block(record("a"), record("b", 0, outcome="skipped"))
    assert text.endswith("verdict PASS: 1 of 2 cases passed, 1 failed as expected")
    assert "failed b" not in text


def test_an_interrupted_run_did_not_pass() -> None:
    text = block(record(), interrupted=True)
    assert text.endswith("verdict INCOMPLETE: interrupted after 1 cases, none of which failed")
    assert "verdict FAIL" in block(record("a", 0), interrupted=True)


def test_many_failures_are_cut() -> None:
    text = block(*(record(f"node-{n}", 0) for n in range(20)))
    assert text.count("\nfailed node-") == 12
    assert "failed 8 more (above, or with -rf)" in text


def test_work_is_summed_over_processes_by_their_latest_count() -> None:
    def work(worker: str, generated: int, seconds: float) -> dict[str, Any]:
        return record(worker=worker, work=asdict(Work(generated, 1, generated * 10, seconds)))

    total = total_work([work("gw0", 2, 1.0), work("gw1", 3, 4.0), work("gw0", 5, 2.0)])
    assert total == Work(generated=8, stored=2, tokens=80, seconds=4.0)
    assert total_work([]) == Work()


def test_percent() -> None:
    assert percent(None) == ""
    assert percent(0.666) == "67%"
