"""When two cases are the same, and what a suite is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchanges import case

from persona_eval.fingerprint import digest_json
from persona_eval.identity import asked_of, digest_of, fingerprint_of, judged_by, place_of
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Case, Drift, Expectation, Turn

NED = Persona(name="Ned")
ONE = case()


def changed(**changes: object) -> Case:
    return ONE.model_copy(update=changes)


@pytest.mark.parametrize(
    "other",
    [
        changed(turns=(Turn(user="Something else?"),)),
        changed(turns=(*ONE.turns, Turn(user="And then?"))),
        changed(paraphrases=("Something else?",)),
        changed(generation=Generation(seed=1)),
        changed(generation=Generation(temperature=0.1)),
    ],
)
def test_what_is_asked_makes_another_case(other: Case) -> None:
    assert asked_of(other, NED) != asked_of(ONE, NED)
    assert fingerprint_of(other, NED) != fingerprint_of(ONE, NED)


@pytest.mark.parametrize(
    "other",
    [
        changed(expect=(Expectation(name="contains", argument="tea"),)),
        changed(pack=not ONE.pack),
        changed(never=("tea",)),
        changed(pass_rate=0.1),
        changed(trials=7),
        changed(drift=Drift()),
        changed(drift=Drift(max_drop=0.2)),
        changed(
            drift=Drift(), turns=tuple(t.model_copy(update={"probe": "style"}) for t in ONE.turns)
        ),
        changed(control=not ONE.control),
        changed(turns=tuple(t.model_copy(update={"judge": True}) for t in ONE.turns)),
    ],
)
def test_so_does_what_is_expected_though_the_same_is_asked(other: Case) -> None:
    assert asked_of(other, NED) == asked_of(ONE, NED)
    assert fingerprint_of(other, NED) != fingerprint_of(ONE, NED)


@pytest.mark.parametrize(
    "other",
    [
        changed(line=99),
        changed(tags=("smoke",)),
        changed(good=("Yes!",)),
    ],
)
def test_what_changes_no_reply_and_no_demand_does_not(other: Case) -> None:
    assert fingerprint_of(other, NED) == fingerprint_of(ONE, NED)


def test_a_case_without_paraphrases_is_what_it_was_before_there_were_any() -> None:
    """Else no stored reply, judgement or baseline would be found again."""
    said = {"system": None, "said": [["Hello!", None]], "generation": Generation().model_dump()}
    assert asked_of(ONE, NED) == digest_json(said)
    rest = {
        "category": ["in_character", False], "expect": [], "turns": [[False]], "pack": True,
        "never": (), "pass_rate": 0.66, "trials": {"min": 3, "max": 3},
    }  # fmt: skip
    assert fingerprint_of(ONE, NED) == digest_json(said | rest)
    assert not {"paraphrases", "drift", "probe"} & judged_by(ONE)["case"].keys()


def test_a_system_prompt_is_asked_and_a_voice_is_not() -> None:
    assert asked_of(ONE, Persona(name="Ned", system_prompt="Be Ned.")) != asked_of(ONE, NED)
    assert fingerprint_of(ONE, Persona(name="Ned", age=6)) == fingerprint_of(ONE, NED)


def test_a_suite_has_the_same_place_from_everywhere(tmp_path: Path) -> None:
    assert place_of(tmp_path / "ned" / "a.suite.yaml") == "ned/a.suite.yaml"
    assert place_of(tmp_path / "x" / ".." / "ned" / "a.suite.yaml") == "ned/a.suite.yaml"


def test_the_digest_of_a_suite_holds_its_card(tmp_path: Path) -> None:
    path = tmp_path / "a.suite.yaml"
    path.write_text("cases: []")
    assert digest_of(path, NED) == digest_of(path, Persona(name="Ned"))
    assert digest_of(path, NED) != digest_of(path, Persona(name="Ned", facts=("Ned swims.",)))
