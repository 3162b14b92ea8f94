"""The summary in Markdown, for a pull request."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from told import ended, record, score, told

from persona_eval.outcome import outcome_of
from persona_eval.reports.github import ActionsRun
from persona_eval.reports.markdown import LIMIT, MOST, markdown_report

RUN = ActionsRun("https://github.com/some/dog", "77")
SHA = "0123456789abcdef0123456789abcdef01234567"


def report(
    *records: dict[str, Any], status: int = 1, run: ActionsRun | None = None, **changes: Any
) -> str:
    outcome, facts = ended(records, **changes)
    return markdown_report(outcome, facts, status, run)


def test_a_run_against_its_baseline() -> None:
    text = report(
        record("tea", before=(False, "Hm.")),
        record("cup", "Ugh.", False, before=(True, "A blue cup!"), reason="confirmed broken"),
        record("pot", before=(True, "I know!")),
        record("jug", "Hm.", False, before=(False, "Hm."), reason="known failure: it failed before"),
        commit=SHA,
        run=RUN,
    )  # fmt: skip
    assert text.splitlines() == [
        "## ❌ persona-eval: gate FAIL · `Bo`",
        "",
        "adapter `base` · `tiny` (`cpu-float32`) · 3 replies in 3 s, 1 from the store · commit "
        f"[`012345678`](https://github.com/some/dog/commit/{SHA}) · "
        "[this run](https://github.com/some/dog/actions/runs/77)",
        "",
        "**gate FAIL**",
        "",
        "- `1 case: confirmed broken (bo/a.suite.yaml::cup)`",
        "- note: failing cases that do not count: 1 × `known failure`",
        "- next: read the replies of these cases; if they are as you want them: persona-eval accept",
        "",
        "| category | cases | trials | passed | 95 % | failed | vs baseline | difference, 95 % |",
        "| :-- | --: | --: | --: | --: | --: | --: | --: |",
        "| dont_know | 4 | 12 | 50% | 9–91 | 2 | ±0 | -76 to +76 |",
        "| all | 4 | 12 | 50% | 9–91 | 2 | ±0 | -76 to +76 |",
        "",
        "Against the baseline of 2026-11-01 (`bo-1`): 50% → 50% over 4 cases: ±0 "
        "(95 %: -76 to +76), p worse 0.750, p better 0.750",
        "",
        "### Broken (1)",
        "",
        "`bo/a.suite.yaml::cup` · 3 of 3 trials then, 0 of 3 now · closes the gate",
        "```text",
        "user  Hello!",
        "then  A blue cup!",
        "now   Ugh.",
        "      ✗ contains: does not contain “tea”",
        "```",
        "",
        "<details><summary>Fixed (1)</summary>",
        "",
        "`bo/a.suite.yaml::tea` · 0 of 3 trials then, 3 of 3 now",
        "```text",
        "user  Hello!",
        "then  Hm.",
        "now   I know!",
        "```",
        "",
        "</details>",
    ]


def test_without_a_baseline_the_failing_cases_are_told() -> None:
    text = report(record("tea"), record("cup", "Ugh.", passed=False))
    assert "### Failing (1)" in text
    assert (
        "`bo/a.suite.yaml::cup` · 0 of 3 trials passed\n"
        "```text\n"
        "user: Hello!\n"
        "Bo: Ugh.\n"
        "      ✗ contains: does not contain “tea”\n"
        "```\n"
    ) in text


def test_a_good_run() -> None:
    text = report(record("tea"), status=0)
    assert text.startswith("## ✅ persona-eval: gate PASS · `Bo`\n")
    assert "**gate PASS**: 1 of 1 cases passed\n" in text
    assert "###" not in text


def test_what_could_not_be_judged_comes_before_the_table() -> None:
    error = record("cup", error="`odd` crashed: ```boom```", result=None, trials=[])
    text = report(record("tea"), error, status=7)
    assert text.startswith("## ⚠️ persona-eval: gate ERROR")
    assert text.index("### Could not be judged (1)") < text.index("| category |")
    assert "````text\n`odd` crashed: ```boom```\n````" in text


def test_a_run_without_a_single_case_did_not_pass() -> None:
    assert report().startswith("## ❌ persona-eval: gate FAIL\n")
    assert "Every case was skipped, so that nothing was judged." in report()


def test_another_test_that_failed_is_mentioned() -> None:
    assert "pytest ended with status 1: another test failed." in report(record("tea"))


def test_the_whole_that_was_not_run_is_told() -> None:
    text = report(
        record("tea"), others=["b.suite.yaml"], cases={"bo/a.suite.yaml::cup": "boundary"}
    )
    assert "- note: cases that were not run: 1. The rates are those of the others" in text
    assert "- note: not looked at: `b.suite.yaml`" in text


def test_cases_that_cannot_be_compared_are_named() -> None:
    changed = record("cup", before=(True, "Hm."))
    changed["before"]["fingerprint"] = "another"
    text = report(record("tea", before=(True, "Hm.")), record("jug"), changed)
    assert "- changed, not compared: `bo/a.suite.yaml::cup`" in text
    assert "- new, not compared: `bo/a.suite.yaml::jug`" in text


def test_several_adapters_have_a_table_each_and_the_first_decides() -> None:
    text = report(
        record("tea"), record("tea", passed=False, adapter="ned", reason="ned: is not it")
    )
    assert text.index("adapter `base`\n\n| category |") < text.index(
        "adapter `ned`\n\n| category |"
    )
    assert "gate PASS" in text
    assert "### Failing" not in text


def test_several_adapters_stand_case_by_case_side_by_side() -> None:
    text = report(
        record("tea"), record("cup"),
        record("tea", passed=False, adapter="a|b", reason="a|b: is not it"),
        status=0,
    )  # fmt: skip
    rows = text.partition("<summary>Cases and adapters: ")[2].splitlines()
    assert rows == [
        "passed of the trials drawn, ✓ where the case passes</summary>",
        "",
        "| category, case | `base` | `a\\|b` |",
        "| :-- | --: | --: |",
        "| dont_know | 100% | 0% |",
        "| all | 100% | 0% |",
        "| cases passed | 2 | 0 |",
        "| `bo/a.suite.yaml::tea` | 3/3 ✓ | 0/3 · |",
        "| `bo/a.suite.yaml::cup` | 3/3 ✓ | – |",
        "",
        "Of 2 cases 0 pass in all columns, 0 in none; 2 differ. Most over all: `base` (100%). "
        "A small lead may be luck: `persona-eval compare` tells.",
        "",
        "</details>",
    ]
    table = MarkdownIt("commonmark").enable("table").parse(text)
    heads = [each for each in table if each.type == "th_open"]
    assert len(heads) % 3 == 0, "a pipe in a name begins no column"
    assert "Cases and adapters" not in report(record("tea"))


def test_a_long_report_ends_in_time_and_counts_what_it_leaves_out() -> None:
    long = "Woof! @somebody #12 " * 40
    broken = [
        record(f"b{n}" + "x" * 150, long, False, before=(True, long), reason="confirmed broken")
        for n in range(60)
    ]
    fixed = [record(f"f{n}", long, before=(False, long)) for n in range(40)]
    text = report(*broken, *fixed)
    assert len(text) < LIMIT
    assert "### Broken (60)" in text
    assert text.count(" · closes the gate") == MOST
    last = text.rstrip().splitlines()[-1]
    assert last.startswith(f"Left out here: {60 - MOST} of 60 broken, {40 - MOST} of 40 fixed.")


def test_replies_in_any_script_fit_too() -> None:
    records = [
        record(f"c{n}", "犬" * 900, passed=False, trials=[told("犬" * 900, user="犬" * 900)] * 3)
        for n in range(60)
    ]
    text = report(*records)
    assert len(text.encode()) < LIMIT
    assert " of 60 failing." in text


@given(st.text(st.characters(), max_size=60), st.text("`|<>#@*_[]()\n ~-", max_size=60))
@settings(max_examples=60)
def test_no_reply_becomes_markup(first: str, second: str) -> None:
    said = [told(first + second, score("x", False, reason=second), user=second)] * 3
    text = report(
        record("tea", first, before=(False, second)),
        record("cup", second, False, before=(True, first), reason="confirmed broken", trials=said),
        record("pot", error=first or "none", result=None, trials=[]),
    )  # fmt: skip
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h2", "h3", "h3"]
    assert [t.content.strip() for t in tokens if t.type == "html_block"] == [
        "<details><summary>Fixed (1)</summary>",
        "</details>",
    ]
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "softbreak", "code_inline", "strong_open", "strong_close"}


def test_very_many_characters_fit_too() -> None:
    records = [
        record("x" * 290, passed=False, folder=f"bo{n}", case=f"bo{n}/a::tea") for n in range(200)
    ]
    _, facts = ended(records)
    (folder,) = facts["folders"]
    facts["folders"] = [{**folder, "folder": f"bo{n}", "persona": "Bo"} for n in range(200)]
    text = markdown_report(outcome_of(records, facts, finished=True), facts, 1)
    assert len(text.encode()) < LIMIT
    assert " of 200 gates" in text.rstrip().splitlines()[-1]
