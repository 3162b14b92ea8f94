"""The cases as a page carries them."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Told, content_of, score

from persona_eval.reports.html.cases import case_views
from persona_eval.reports.html.payload import packed


def unpacked(*cases: Told) -> list[Any]:
    whole = gzip.decompress(base64.b64decode(packed(case_views(content_of(*cases)))))
    return [json.loads(line) for line in whole.decode().split("\n")]


def test_a_line_for_each_case() -> None:
    first, second = unpacked(Told("a", "+-"), Told("b", "!"))
    assert [trial["verdict"] for trial in first["trials"]] == ["passed", "failed"]
    assert first["turns"] == [["What do you drink?", None]]
    assert second["trials"][0]["error"] == "`odd` crashed: ZeroDivisionError: nought"


def test_what_trials_have_in_common_stands_once() -> None:
    rows = [score(True), score(False, expectation="words", limit=220.0, source="pack")]
    (case,) = unpacked(Told("a", "+-", scores=rows))
    assert case["kinds"] == [[0, "contains", "case", "tea"], [0, "words", "pack", "220"]]
    assert case["trials"][1]["scores"][1] == [1, "unmet", "1.25", "lacks “tea”"]


def test_the_reply_of_the_baseline_with_the_lengths_of_what_differs() -> None:
    told = Told(
        "a", "+--", [["I dig 👨‍👩‍👧"], ["No."], ["Yes."]], "+-", [["I dig"], ["Holes are deep"]]
    )
    (case,) = unpacked(told)
    one, two, three = (trial["replies"][0] for trial in case["trials"])
    assert (one["before"], one["parts"]) == ("I dig", [[5], [6, 5]])
    assert (two["before"], two["parts"]) == ("Holes are deep", None)
    assert (three["before"], three["parts"]) == (None, None)
    assert [trial["before"] for trial in case["trials"]] == ["passed", "failed", ""]


@settings(deadline=None)
@given(st.text())
def test_no_reply_can_end_the_element_that_carries_it(reply: str) -> None:
    text = packed(case_views(content_of(Told("a", "+", [[reply]]))))
    assert set("<>&\"'") & set(text) == set()


def test_the_same_cases_are_packed_alike() -> None:
    cases = case_views(content_of(Told("a", "+-")))
    assert packed(cases) == packed(cases)
