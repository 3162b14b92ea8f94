"""The closing block of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from persona_eval.compare import Standing
from persona_eval.outcome import outcome_of
from persona_eval.overlap.learnt import Overlap
from persona_eval.reports.terminal import closing_block, percent, total_work
from persona_eval.results import CaseResult, Design
from persona_eval.runner import Work
from persona_eval.suite.policy import GatePolicy


def record(
    node: str = "a.suite.yaml::tea[base]",
    passes: int = 3,
    category: str = "dont_know",
    control: bool = False,
    excuse: str = "",
    **changes: Any,
) -> dict[str, Any]:
    """What an item of three trials recorded."""
    name = node.split("::")[-1].split("[")[0]
    outcomes = tuple(number < passes for number in range(3))
    design = Design(3, 3, 0.66)
    result = CaseResult("bo/a.suite.yaml", name, category, control, outcomes, design)
    fails = not result.passed and not excuse
    return {
        "node": node,
        "folder": "bo",
        "case": result.key,
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
        "result": result.to_json(),
        "verdict": {"fails": fails, "reason": "fails" if fails else excuse},
        "before": None,
        "after": Standing(result, "f", (), (("Hm.",),) * 3).to_json(),
        **changes,
    }


def facts(*records: dict[str, Any], **changes: Any) -> dict[str, Any]:
    folder = {
        "folder": "bo",
        "persona": "Bo",
        "policy": GatePolicy().model_dump(),
        "cases": {r["case"]: r["category"] for r in records},
        "baseline": None,
        "engines": [],
        "removed": [],
        "others": [],
        **changes,
    }
    return {"candidate": "base", "folders": [folder], "about": {"engine": "cpu-float32"}}


def block(*records: dict[str, Any], finished: bool = True, **changes: Any) -> str:
    outcome = outcome_of(records, facts(*records, **changes), finished)
    return "\n".join(closing_block(outcome))


def test_the_heading_says_what_ran() -> None:
    assert block(record()).splitlines()[0] == (
        "Bo · adapter base · tiny (cpu-float32) · 3 replies in 3 s, 30 tok/s, "
        "1 of 4 replies from the store · peak memory 0.5 GiB"
    )
    largest = record() | {"peak_memory": 3 * 2**30, "memory": {"model": 2**30, "rows": 2**28}}
    first = block(record(), largest, record()).splitlines()[0]
    assert first.endswith(" · peak memory 3.0 GiB (model 1.0, rows 0.2)")


def test_several_characters_and_adapters() -> None:
    lines = block(record(), record(persona="Ned", adapter="ned", node="b")).splitlines()
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
    assert by_name["dont_know"] == ["dont_know", "2", "6", "50%", "3–97", "0%", "50%", "1"]
    assert by_name["boundary"] == ["boundary", "1", "3", "100%", "5–100", "0"]
    assert by_name["all"][-1] == "1", "controls are no column of the whole"


def test_passes_that_repeat_training_data_stand_beside_the_passes() -> None:
    one, two = record("a", 2), record("b", 3, category="clarify")
    one["result"]["overlaps"] = [vars(Overlap(share, 9, "t:1")) for share in (0.9, 0.2, 0.9)]
    two["result"]["overlaps"] = [vars(Overlap(0.1, 1, "t:2"))] * 3
    rows = {line.split()[0]: line.split() for line in block(one, two).splitlines() if line}
    assert rows["category"][3:7] == ["passed", "95", "%", "copied"]
    copied = {name: row[5] for name, row in rows.items() if name in ("dont_know", "clarify", "all")}
    assert copied == {"dont_know": "50%", "clarify": "0%", "all": "20%"}
    assert "copied" not in block(record("a"))


def test_adapters_side_by_side() -> None:
    text = block(
        record("a", 0),
        record("b", 3, control=True),
        record("a2", 3, adapter="ned"),
        record("b2", 3, control=True, adapter="ned"),
        record("c2", 3, category="clarify", adapter="ned"),
    )
    rows = [line.split() for line in text.split("base against ned")[1].splitlines()[2:5]]
    assert rows == [
        ["dont_know", "50%", "100%", "-50", "pts"],  # balanced, as there are controls
        ["clarify", "100%"],
        ["all", "50%", "100%", "-50", "pts"],
    ]


def test_an_adapter_of_which_nothing_could_be_judged() -> None:
    error = record("b", adapter="ned", error="no memory", result=None)
    text = block(record("a"), error)
    assert "ERROR b: no memory" in text
    assert "gate ERROR: 1 case could not be judged" in text


def test_without_a_baseline_a_case_that_fails_closes_the_gate() -> None:
    assert "gate PASS: 1 of 1 cases passed" in block(record())
    text = block(record("a", 0))
    assert "failed a\ngate FAIL: 1 case fails (bo/a.suite.yaml::a)" in text
    assert "\nnext read the failing replies; what the training data lack" in text


def test_a_failure_that_does_not_count_is_counted_apart() -> None:
    text = block(record("a"), record("b", 0, excuse="known failure: it failed before"))
    assert "gate PASS: 1 of 2 cases passed, 1 × known failure" in text
    assert "failed b" not in text


def test_an_interrupted_run_did_not_pass() -> None:
    text = block(record(), finished=False)
    assert "gate FAIL: the run was broken off\nnext run again" in text


def test_where_no_set_up_was_finished_there_is_no_gate_to_open() -> None:
    failed = record("a", error="set-up failed: no water", result=None)
    lines = closing_block(outcome_of([failed], None, True))
    assert lines[-1] == "gate ERROR: 1 cases could not be judged (above)"


def test_trials_that_were_saved_and_what_would_tell_more() -> None:
    saved = record("a", 3)
    saved["result"]["design"] = {**saved["result"]["design"], "least": 2, "most": 4}
    assert "3 of 4 trials drawn: the other 1 could change no verdict" in block(saved)
    assert "ρ 1.00: the trials of a case agree" in block(record("a", 3), record("b", 0))
    assert "ρ 0.00: the trials of a case differ" in block(record("a", 2), record("b", 1))


def test_the_baseline_beside_the_run() -> None:
    good, bad = record("a", 3), record("b", 0, excuse="unconfirmed flip: it passed")
    bad["before"] = record("b", 3)["after"] | {"replies": [["I know!"]] * 3}
    good["before"] = good["after"]
    gone = record("c", 3)["after"]
    accepted = {"accepted": "2026-11-01", "adapter": {"name": "bo-1"}}
    text = block(good, bad, baseline=accepted, engines=["cpu-float32"], removed=[gone])
    assert "against the baseline of 2026-11-01 (bo-1)" in text
    assert "broken    bo/a.suite.yaml::b (3 of 3 trials then, 0 of 3 now)" in text
    assert "then “I know!”" in text
    assert "now  “Hm.”" in text
    assert "removed   bo/a.suite.yaml::c" in text
    assert "all       100% → 50% over 2 cases: -50 pts" in text
    assert "2 pairs are too few to show that anything got worse" in text
    row = next(line for line in text.splitlines() if line.startswith("dont_know"))
    assert row.endswith("-50 pts")


def test_a_baseline_of_another_engine_is_said_to_be_so() -> None:
    text = block(record(), engines=["metal-bfloat16"])
    assert (
        "no comparison: the baseline has no section for cpu-float32 (it has metal-bfloat16)" in text
    )


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
