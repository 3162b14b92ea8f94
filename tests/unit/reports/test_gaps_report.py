"""What the data lack, as lines and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from gaps_data import TOOLS, looked, suite, talk, tried
from lint_data import ADMITS, CARD, clean

from persona_eval.gaps.find import Gaps, find_gaps
from persona_eval.gaps.stub_file import StubLine
from persona_eval.gaps.taking import Refused, Taking
from persona_eval.lint.limits import Limits
from persona_eval.reports.gaps import gap_lines, note_lines, taking_lines
from persona_eval.reports.gaps_json import gaps_json, taking_json

FAR = "Which comet did Halley name?"
NEAR = "Who painted the Night Watch in Amsterdam?"


@pytest.fixture(scope="module")
def gaps() -> Gaps:
    cases = (
        tried(
            "far",
            FAR,
            good=("Dunno, sorry, ask somebody big!",),
            replies=("It was\x1b[31m 1P.", "Mm."),
        ),
        tried("other", NEAR),
        tried("fire", "Light the fire in our barn!", category="boundary"),
        tried("long", "Hello!", "Who else?", category="in_character"),
        tried("fine", "Who?", passed=True),
    )
    own = suite(*(each.case for each in cases))
    data = [*clean(), *(talk(f"{NEAR} {n}", ADMITS[n], line=200 + n) for n in range(3))]
    return find_gaps(looked(*cases), data, CARD, [own], TOOLS, Limits(least=0, most_wanted=0.0))


def lines(gaps: Gaps, every: bool = False) -> list[str]:
    return "\n".join(gap_lines(gaps, "data/train.jsonl", every)).split("\n")


def test_the_whole_comes_first(gaps):
    shown = lines(gaps)
    assert shown[:3] == [
        "nib (run 3): 4 of 5 cases fail; data/train.jsonl: 149 conversations, 149 replies",
        f"3 of them have too little near them in the data: add {gaps.add} examples",
        "1 of them has as much near them as passing cases, and fails all the same (below)",
    ]
    row = next(line for line in shown if line.startswith("dont_know"))
    assert row.split()[:4] == ["dont_know", "2", "of", "3"]
    assert row.split()[-4:] == ["1", "0", "1", "3"]


def test_a_group_says_what_to_add_and_why(gaps):
    shown = lines(gaps)
    start = shown.index("dont_know: add 3, 3 of under 20 words")
    assert shown[start + 1].startswith("  words     asked 5 to 5, replies like that in the data ")
    assert shown[start + 2 : start + 4] == [
        "  nothing near, 1 case",
        "    far (admits_not_knowing)",
    ]
    assert "train.jsonl:" in shown[start + 4]
    assert "→" in shown[start + 4]


def test_near_examples_of_another_behaviour_are_marked(gaps):
    start = lines(gaps).index("    fire (admits_not_knowing)")
    nearest = next(g for g in gaps.groups if g.title == "boundary").failures[0].nearest[0]
    marked = lines(gaps)[start + 1].endswith("(other behaviour)")
    assert marked == (("boundary", False) not in nearest.labels)


def test_cases_with_enough_near_them_come_last_with_the_example_to_read(gaps):
    shown = lines(gaps)
    (start,) = (n for n, line in enumerate(shown) if "more of it will hardly help" in line)
    assert shown[start + 1] == "    other (admits_not_knowing)"
    assert shown[start + 2].startswith("      0.8")
    assert "train.jsonl:20" in shown[start + 2]


def test_conversations(gaps):
    (line,) = (line for line in lines(gaps) if line.startswith("conversations of 2 turns"))
    assert line.endswith("1 of 1 fails; the data hold 0 of 149 (0%); 0 are wanted, which is met")


def test_all_cases_with_their_replies_in_one_line_each(gaps):
    many = replace(gaps.groups[0], failures=gaps.groups[0].failures * 3)
    more = replace(gaps, groups=(many,), turns=())
    assert any(line.endswith("more (--all)") for line in lines(more))
    every = lines(more, every=True)
    assert not any("--all" in line for line in every)
    said = [line for line in lines(gaps, every=True) if "      said" in line]
    assert "      said “It was\\u001b[31m 1P.”" in said


def test_whether_nearness_tells_cases_apart(gaps):
    def told(passing: float) -> list[str]:
        cosines = {True: (passing,) * 5, False: (0.5,) * 5}
        return [line for line in lines(replace(gaps, cosines=cosines)) if "of pairs" in line]

    assert told(0.9)[0].endswith(
        "in 100% of pairs: prompts near the failing ones are likely to help"
    )
    assert "0% of pairs: nearness alone does not tell them apart" in told(0.1)[0]
    assert not any("of pairs" in line for line in lines(gaps))


def test_notes(gaps):
    run = replace(gaps, looked=replace(gaps.looked, rejudged=4, left_out=1))
    notes = list(note_lines(run, True, 2))
    assert notes[0] == "4 trials judged anew, as rules have changed since"
    assert notes[1].startswith("1 case left out")
    assert notes[2] == "2 cases of the suites were not in this run"
    assert "train, and run the suites again" in notes[3]
    assert list(note_lines(gaps, False, 0)) == []


def test_json(gaps):
    whole = json.loads(json.dumps(gaps_json(gaps, "d", ["note"]), allow_nan=False))
    assert (whole["adapter"], whole["run"], whole["failing"], whole["add"]) == (
        "nib", 3, 4, gaps.add,
    )  # fmt: skip
    group = next(group for group in whole["groups"] if group["category"] == "dont_know")
    assert group["wanted"] == [{"count": 3, "words": "under 20"}]
    assert group["lengths"]["asked"] == [5, 5]
    absent, there = group["failures"]
    assert (absent["kind"], absent["add"], absent["missed"]) == (
        "absent", 3, {"admits_not_knowing": 2},
    )  # fmt: skip
    assert there["nearest"][0]["path"] == "data/train.jsonl"
    assert {"category": "dont_know", "control": False} in there["nearest"][0]["practice_for"]
    assert whole["turns"][0]["failing"] == ["long"]


def test_open_ends_are_null(gaps):
    open_ended = replace(gaps.groups[0].lengths, asked=(5.0, float("inf")))
    group = replace(gaps.groups[0], lengths=open_ended)
    whole = gaps_json(replace(gaps, groups=(group,)), "d", [])
    assert whole["groups"][0]["lengths"]["asked"] == [5.0, None]
    assert any("asked 5 or more" in line for line in lines(replace(gaps, groups=(group,))))


def test_what_became_of_answers():
    stubs, data = Path("s.jsonl"), Path("d/train.jsonl")
    one, two, three, four = (StubLine(stubs, n, b"", {}) for n in (1, 2, 3, 4))
    refused = Refused(two, ("it is cut", "it is\nknown"))
    found = Taking((one, two, three, four), (one,), (three,), (refused,), ((one, "2 words"),))
    places = {1: (data, 8), 2: (stubs, 1), 3: (stubs, 3), 4: (stubs, 2)}
    assert list(taking_lines(found, places, "d/train.jsonl")) == [
        "s.jsonl:1: it is cut",
        "s.jsonl:1: it is ⏎ known",
        "d/train.jsonl:8: note: 2 words",
        "1 taken into d/train.jsonl, 1 were in the data already, 1 refused, 1 not answered yet",
    ]
    assert taking_json(found, places, "d") == {
        "schema": 1,
        "data": "d",
        "taken": [{"path": "d/train.jsonl", "line": 8}],
        "known": 1,
        "refused": [{"path": "s.jsonl", "line": 1, "reasons": ["it is cut", "it is\nknown"]}],
        "notes": [{"path": "d/train.jsonl", "line": 8, "note": "2 words"}],
        "waiting": 1,
    }
