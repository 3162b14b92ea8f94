"""Cases × adapters: what differs, and which passes most."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from told import record

from persona_eval.outcome import AdapterOutcome, outcome_of
from persona_eval.reports.columns import WIDTH, adapter_headers, case_labels
from persona_eval.reports.matrix import matrix_lines
from persona_eval.results import CaseResult, Design


def adapter(name: str, passes: Iterable[int], errors: Iterable[str] = ()) -> AdapterOutcome:
    """Three trials of each case, of which two must pass; the first half of them dont_know."""
    results = tuple(
        CaseResult(
            "bo/dont_know.suite.yaml", f"case-{number}", "dont_know", False,
            (True,) * count + (False,) * (3 - count), Design(3, 3, 0.66),
        )
        for number, count in enumerate(passes)
    )  # fmt: skip
    broken = tuple({"case": case} for case in errors)
    return AdapterOutcome(name, results, broken, (), {})


def text(*adapters: AdapterOutcome) -> str:
    return "\n".join(matrix_lines(adapters))


def test_every_case_by_every_checkpoint() -> None:
    assert text(
        adapter("base", [0, 0, 3]), adapter("ned@60", [1, 2, 3]), adapter("ned@120", [1, 3, 3])
    ) == (
        "cases and checkpoints of ned: passed of the trials drawn, ✓ where the case passes\n"
        "                     base    @60    @120\n"
        "-----------------  ------  -----  ------\n"
        "dont_know             33%    67%     78%\n"
        "all                   33%    67%     78%\n"
        "cases passed            1      2       2\n"
        "-----------------  ------  -----  ------\n"
        "dont_know::case-0   0/3 ·  1/3 ·   1/3 ·\n"
        "dont_know::case-1   0/3 ·  2/3 ✓   3/3 ✓\n"
        "dont_know::case-2   3/3 ✓  3/3 ✓   3/3 ✓\n"
        "of 3 cases 1 pass in all columns, 1 in none; 1 differ\n"
        "most over all: @120 (78%). A small lead may be luck: `persona-eval compare` tells"
    )


def test_of_many_cases_only_those_that_differ() -> None:
    shown = text(adapter("ned", [3] * 20 + [0] * 9 + [1]), adapter("pip", [3] * 20 + [1] * 9 + [2]))
    assert [line.split()[0] for line in shown.splitlines() if "::" in line] == [
        "dont_know::case-29"
    ]
    assert "of 30 cases 20 pass in all columns, 9 in none; 1 differ" in shown


def test_more_rows_than_anybody_reads() -> None:
    shown = text(adapter("ned", [3] * 100), adapter("pip", [0] * 100))
    assert sum("::" in line for line in shown.splitlines()) == 60
    assert "40 more of them: --persona-json FILE holds all" in shown


def test_what_could_not_be_judged_and_what_did_not_run() -> None:
    broken = adapter("pip", [3], errors=["bo/dont_know.suite.yaml::case-1"])
    rows = [line.split()[1:] for line in text(adapter("ned", [3, 3, 3]), broken).splitlines()
            if "::" in line]  # fmt: skip
    assert rows == [["3/3", "✓", "3/3", "✓"], ["3/3", "✓", "ERROR"], ["3/3", "✓", "–"]]
    nowhere = [adapter(name, [3], errors=["bo/a.suite.yaml::x"]) for name in ("ned", "pip")]
    assert "of 2 cases 1 pass in all columns, 0 in none; 0 differ, 1 could not be judged" in text(
        *nowhere
    )


def test_a_single_adapter_has_no_such_table() -> None:
    assert text(adapter("ned", [3])) == ""
    assert text(adapter("ned", []), adapter("pip", [])) == ""


def test_from_the_records_of_a_session() -> None:
    records = [record("tea"), record("tea", passed=False, adapter="ned")]
    shown = text(*outcome_of(records, None, True).adapters)
    assert "a::tea" in shown
    assert "3/3 ✓  0/3 ·" in shown


def test_eight_checkpoints_fit_beside_a_long_name() -> None:
    columns = [adapter(f"ned@{step}", [step // 120 % 4]) for step in range(120, 1080, 120)]
    lines = text(*columns).splitlines()
    assert len(columns) == 8
    assert max(map(len, lines)) <= WIDTH
    assert sum(line.lstrip().startswith("@") for line in lines) == 1, "one table"


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text("abc-", min_size=1, max_size=30), min_size=2, max_size=12, unique=True))
def test_no_table_is_wider_than_a_page(names: list[str]) -> None:
    shown = text(*(adapter(name, [3, 1]) for name in names))
    rows = [line for line in shown.splitlines() if "::case-0" in line]
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    assert sum(line.count("3/3") for line in rows) == len(names), "each adapter has its column"


def test_heads_of_checkpoints() -> None:
    assert adapter_headers(["base", "ned@60", "ned@best"]) == ("ned", ["base", "@60", "@best"])
    two = ["ned@60", "pip@60"]
    assert adapter_headers(two) == ("", two), "whose, has to stand there"
    assert adapter_headers(["ned@home"]) == ("", ["ned@home"])


def test_names_of_cases_are_cut_in_the_middle_and_stay_apart() -> None:
    long = "bo/a.suite.yaml::does-not-know-what-the-teacher-is-called"
    assert case_labels([long], 0) == ["a::does-not-…r-is-called"]
    alike = [f"bo/a.suite.yaml::{'x' * 30}-{n}-{'y' * 30}" for n in (1, 2)]
    assert case_labels(alike, 0) == [f"a::{'x' * 30}-{n}-{'y' * 30}" for n in (1, 2)]
    folders = ["bo/a.suite.yaml::tea", "ned/a.suite.yaml::tea"]
    assert case_labels(folders, 40) == ["bo/a::tea", "ned/a::tea"]
