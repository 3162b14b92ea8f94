"""The page: what it holds without a script, and that nothing a model said becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pages import NOTHING, Told, content_of, points, run_of, score
from reading import Reader

from persona_eval.errors import PersonaEvalError
from persona_eval.reports.html.content import AdapterCases, Content, Unstored
from persona_eval.reports.html.page import page, write_page
from persona_eval.suite.models import Turn

HOSTILE = (
    '</script><script>alert(1)</script></style><style>*{}</style><img src=x onerror="alert(1)">'
    '<!-- --> {{ 7*7 }} {% raw %} </noscript></details><a href="javascript:alert(1)">&lt;'
)


def read(content: Content) -> Reader:
    return Reader(page(content))


BROKEN = Told("bed", "---", [["No."]] * 3, "+++", [["At seven, says Mum."]] * 3, extra="---")
FIXED = Told("tea", "+++", before="---")


def test_the_verdict_is_said_in_words_with_its_reasons() -> None:
    found = read(content_of(Told("a", "---")))
    assert "Gate: FAIL This should not ship as it is." in found.text
    assert "1 case fails (a)" in found.text
    assert "Next mend it" in found.text


def test_a_reason_leads_to_the_cases_that_it_names() -> None:
    gate = {"passed": False, "reasons": ["2 cases fail (bo/a.suite.yaml::a, bo/a.suite.yaml::a-2)"]}
    told = [Told("a", "---"), Told("a-2", "---")]
    source = page(content_of(*told, run=run_of(gates={"bo": gate})))
    for name in ("a", "a-2"):
        assert f'<a href="#case/{told[0].facts.suite}::{name}">{name}</a>' in source


@pytest.mark.parametrize(
    ("changes", "seal", "words"),
    [
        ({"gates": {"bo": {"passed": True, "reasons": []}}, "exit_status": 0}, "✓", "Gate: PASS"),
        ({"gates": {}, "exit_status": 7}, "!", "Not judged"),
        ({"gates": {}, "exit_status": 2}, "!", "Interrupted"),
        ({"gates": None, "finished": None, "exit_status": None}, "!", "Broken off"),
    ],
)
def test_runs_end_in_different_ways(changes: dict[str, Any], seal: str, words: str) -> None:
    found = read(content_of(Told("a"), run=run_of(**changes)))
    assert f"{seal} {words}" in found.text


def test_what_was_broken_and_fixed_stands_there_with_both_replies() -> None:
    found = read(content_of(BROKEN, FIXED, Told("x", "+--", before="---")))
    assert "1 broken, 1 confirmed" in found.text
    assert "3 of 3 trials then, 0 of 3 now, 0 of 3 more: confirmed" in found.text
    assert "Then At seven, says Mum." in found.text
    assert "Now No." in found.text
    assert "1 fixed" in found.text
    assert "1 case failed before and fails still" in found.text


def test_an_open_gate_says_what_does_not_count() -> None:
    passed = run_of(gates={"bo": {"passed": True, "reasons": []}}, exit_status=0)
    assert "Every case passed." in read(content_of(Told("a"), run=passed)).text
    known = content_of(Told("a"), Told("b", "---", before="---"), run=passed)
    assert "does not count against it: 1 × known failure." in read(known).text


def test_differences_are_marked() -> None:
    told = Told("a", "---", [["I dig holes."]] * 3, "+++", [["I dig tunnels."]] * 3)
    text = page(content_of(told))
    assert "I dig <del>tunnels</del>." in text
    assert "I dig <ins>holes</ins>." in text


def test_rates_with_intervals_by_category() -> None:
    found = read(content_of(Told("a", "+--", category="clarify"), Told("b", "+++", control=True)))
    assert "clarify the character asks when a prompt is ambiguous 33%" in found.text
    labels = [a.get("aria-label") for tag, a in found.elements if tag == "svg"]
    assert labels[-1] == "67%, 95 %: 7 to 100"


def test_the_trend_needs_two_runs() -> None:
    one, two = [Told("a", "+++")], [Told("a", "+--")]
    assert "As a table" not in read(content_of(Told("a"), trend=points(one))).text
    found = read(content_of(Told("a"), trend=points(one, two)))
    assert "Pass rates over the runs, oldest first." in found.text
    labels = [a.get("aria-label") for tag, a in found.elements if tag == "svg"]
    assert "all: 100% in the first run, 33% in the last" in labels


def test_cases_read_without_a_script() -> None:
    told = Told("a", "+-", [["Yes."], ["No."]], turns=(Turn(user="Hello?"), Turn(user="Tea?")))
    text = read(content_of(told)).text
    for words in ("user Hello?", "Trial 2: failed", "No.", "lacks “tea”", "Without JavaScript"):
        assert words in text


def test_of_a_large_run_only_failing_cases_read_without_a_script() -> None:
    cases = [Told(f"c{number}", "+" * 5 if number % 2 else "-" * 5) for number in range(202)]
    found = read(content_of(*cases))
    assert found.text.count("Trial 1: failed") == 101
    assert "Trial 1: passed" not in found.text
    assert "only the failing cases open" in found.text


def test_nothing_that_a_model_said_becomes_markup() -> None:
    plain = Told("a", "--", [["x"], ["y"]], "--", [["z"], ["z"]])
    rows = [score(False, expectation=HOSTILE, reason=HOSTILE, limit=HOSTILE)]
    told = replace(plain, said=[[HOSTILE]] * 2, said_before=[[f"{HOSTILE} z"]] * 2, prompt=HOSTILE, scores=rows)  # fmt: skip
    quiet, loud = read(content_of(plain)), read(content_of(told))
    assert [tag for tag, _ in loud.elements] == [tag for tag, _ in quiet.elements]
    assert " ".join(HOSTILE.split()) in loud.text


def test_names_of_adapters_suites_and_errors_are_no_markup_either() -> None:
    content = content_of(Told("a", "+"))
    adapters = (content.adapters[0], AdapterCases("<b>", content.adapters[0].cases))
    errors = (Unstored("<b>::x", "bo", "<b>"),)
    arguments = {**run_of().about, "arguments": ["<b>"]}
    loud = replace(content, adapters=adapters, errors=errors, run=run_of(about=arguments))
    found = read(loud)
    assert found.count("b") == read(replace(loud, adapters=(adapters[0],) * 2)).count("b")
    assert found.text.count("<b>") > 5


def test_the_page_asks_for_nothing_from_the_network() -> None:
    found = read(content_of(BROKEN, FIXED))
    for tag, attributes in found.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            address = attributes.get(name) or ""
            assert not address or address.startswith("#") or address == "data:,", (tag, address)


def test_the_policy_lets_only_its_own_script_and_style_run() -> None:
    text = page(content_of(BROKEN))
    policy = next(a["content"] for tag, a in Reader(text).elements if a.get("http-equiv")) or ""
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        (inside,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_one_name_for_one_place() -> None:
    found = read(content_of(*(Told(f"c{n}") for n in range(3))))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert "case/bo/a.suite.yaml::c1" in ids


def test_adapters_beside_each_other_have_links_of_their_own() -> None:
    content = content_of(Told("a", "+++"))
    other = AdapterCases("base", (Told("a", "---").evidence(),))
    found = read(replace(content, adapters=(content.adapters[0], other)))
    assert found.anchors == ["case/bo/a.suite.yaml::a@bo", "case/bo/a.suite.yaml::a@base"]
    assert "bo against base" in found.text
    assert "+100 pts" in found.text


def test_what_could_not_be_judged_is_neither_passed_nor_failed() -> None:
    errors = (Unstored("bo/a.suite.yaml::lost", "bo", "the engine broke off"),)
    content = content_of(Told("a", "+!+"), Told("b"), run=run_of(exit_status=7, gates={}))
    found = read(replace(content, errors=errors))
    assert "Could not be judged bo/a.suite.yaml::a `odd` crashed" in found.text
    assert "bo/a.suite.yaml::lost the engine broke off" in found.text
    assert "1 of 1 cases pass" in found.text


def test_a_run_without_a_case_says_so() -> None:
    run = run_of(
        number=0, about={}, gates={"": {"passed": False, "reasons": ["no case was judged"]}}
    )
    found = read(Content(run, (), NOTHING))
    assert "no case was judged" in found.text
    assert found.count("table") == 0


def test_the_same_run_gives_the_same_page() -> None:
    assert page(content_of(BROKEN, FIXED)) == page(content_of(BROKEN, FIXED))


def test_the_file_is_whole_or_not_there(tmp_path: Path) -> None:
    write_page(content_of(BROKEN), tmp_path / "run.html")
    assert [path.name for path in tmp_path.iterdir()] == ["run.html"]
    (tmp_path / "taken").mkdir()
    with pytest.raises(PersonaEvalError, match="cannot be written"):
        write_page(content_of(BROKEN), tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.html", "taken"]
