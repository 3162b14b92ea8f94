"""Names → scorers, and kind words where that fails."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import ClassVar

import jsonschema
import pytest
from exchanges import case, expectation
from pydantic import Field, field_validator

from persona_eval.errors import ScorerError
from persona_eval.scorers import registry as registry_module
from persona_eval.scorers import rules
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.suite.models import Case


class Shouts(Scorer):
    """Passes when enough of the
    letters are capitals."""

    name: ClassVar[str] = "shouts"
    short: ClassVar[str | None] = "at_least"

    at_least: float = Field(gt=0, le=1)
    """Share of capital letters."""

    def judge(self, exchange: Exchange) -> Score:
        return Score(exchange.reply.isupper(), "capitals")


class OtherShouts(Shouts):
    """The same name again."""


class Broken(Shouts):
    """Crashes when it is set up."""

    name: ClassVar[str] = "broken"

    @field_validator("at_least")
    @classmethod
    def _crash(cls, value: float) -> float:
        raise RuntimeError("boom")


class Nameless(Scorer):
    """Has no name."""

    def judge(self, exchange: Exchange) -> Score:
        return Score(True, "")


class Idle(Scorer):
    """Judges nothing."""

    name: ClassVar[str] = "idle"


class Nots(Shouts):
    """Takes the name of a composite."""

    name: ClassVar[str] = "not"


class Picky(Shouts):
    """Crashes when it is asked about a case."""

    name: ClassVar[str] = "picky"

    def applies_to(self, case: Case) -> str | None:
        raise KeyError("no such thing")


REGISTRY = Registry([*rules.SCORERS, Shouts, Broken, Picky])


def problems(name: str, argument: object = None) -> list[str]:
    return list(REGISTRY.problems(expectation(name, argument), case()))


def test_names_are_sorted_and_hold_no_composites() -> None:
    assert REGISTRY.names() == sorted(REGISTRY.names())
    assert {"shouts", "contains"} <= set(REGISTRY.names())
    assert "not" not in REGISTRY.names()


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        ("contians", "x", "did you mean `contains`?"),
        (
            "shouts",
            {"at_leats": 1},
            "`at_leats` is no option of `shouts`: did you mean `at_least`?",
        ),
        ("shouts", None, "`shouts` needs `at_least` (Share of capital letters)"),
        ("shouts", 2, "`shouts` must be less than or equal to 1, not the number 2"),
        ("shouts", {"at_least": "much"}, "`shouts`: `at_least` must be a valid number"),
        ("complete", {"when": 1}, "`complete` has no options"),
        ("complete", 3, "`complete` takes no argument"),
        ("complete", True, "write `complete` instead of true or false"),
        ("complete", False, "write `not: complete` instead of true or false"),
        ("contains", True, "put it in quotes"),
        ("broken", 1, "`broken` cannot be set up: RuntimeError: boom"),
        ("picky", 1, "KeyError"),
    ],
)
def test_problems_say_what_is_allowed(name: str, argument: object, said: str) -> None:
    (sentence,) = problems(name, argument)

    assert said in sentence


def test_all_problems_of_an_argument_are_told_at_once() -> None:
    assert len(problems("words", {"min": "a", "max": "b", "mean": 3})) == 3


def test_a_sound_expectation_has_no_problems() -> None:
    assert problems("contains", "x") == []
    assert list(REGISTRY.problems(expectation("not", None, expectation("complete")), case())) == []


def test_building_refuses_what_has_problems() -> None:
    with pytest.raises(ScorerError, match="did you mean"):
        REGISTRY.build(expectation("contians", "x"))
    with pytest.raises(ScorerError, match="needs `at_least`"):
        REGISTRY.build(expectation("not", None, expectation("shouts")))


def test_two_classes_of_one_name_clash_and_one_class_twice_does_not() -> None:
    assert Registry([Shouts, Shouts]).names() == ["shouts"]
    with pytest.raises(ScorerError, match=r"two scorers are called `shouts`.*OtherShouts"):
        Registry([Shouts, OtherShouts])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (str, "is no scorer"),
        ("shouts", "is no scorer"),
        (Nameless, "needs a `name`"),
        (Idle, "no `judge"),
        (Nots, "cannot be called `not`"),
    ],
)
def test_unusable_classes_are_refused(wrong: type[Scorer], said: str) -> None:
    with pytest.raises(ScorerError, match=said):
        Registry([wrong])


def _entry_points(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("mine", value, registry_module.ENTRY_POINTS)
    monkeypatch.setattr(registry_module, "entry_points", lambda group: [point])


def test_installed_packages_and_extra_classes_join_the_built_in_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _entry_points(monkeypatch, "persona_eval.scorers.rules_form:SCORERS")
    monkeypatch.setattr(registry_module, "_built_in", lambda: ())

    assert default_registry([Shouts]).names() == ["complete", "no_loops", "shouts"]


def test_one_class_may_stand_behind_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    _entry_points(monkeypatch, "persona_eval.scorers.rules_form:Complete")
    monkeypatch.setattr(registry_module, "_built_in", lambda: ())

    assert default_registry().names() == ["complete"]


def test_a_package_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _entry_points(monkeypatch, "no_such_package:Thing")

    with pytest.raises(ScorerError, match=r"the scorer `mine`.*no_such_package"):
        default_registry()


def test_the_whole_vocabulary_needs_no_heavy_library() -> None:
    code = (
        "import sys; from persona_eval.scorers.registry import default_registry as d; "
        "assert {'similar', 'in_voice', 'relevant', 'prefers', 'words'} <= set(d().names()); "
        "assert not {'torch', 'numpy', 'scipy', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "argument", "fits"),
    [
        ("shouts", 0.5, True),
        ("shouts", {"at_least": 0.5}, True),
        ("shouts", {"at_leats": 0.5}, False),
        ("shouts", None, False),
        ("complete", None, True),
        ("complete", 3, False),
        ("contains", "x", True),
        ("contains", ["x", "y"], True),
        ("contains", [], False),
        ("words", 3, True),
        ("words", {"max": 3}, True),
        ("words", {}, False),
    ],
)
def test_the_schema_allows_what_may_be_written(name: str, argument: object, fits: bool) -> None:
    schema = REGISTRY.schema()[name]

    assert jsonschema.Draft7Validator(schema).is_valid(argument) is fits


def test_the_schema_explains_in_one_line() -> None:
    assert (
        REGISTRY.schema()["shouts"]["description"]
        == "Passes when enough of the letters are capitals."
    )
