"""How much likelier good replies are than bad ones, by case and adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from adapter_folders import write_adapter
from batched import BASE, NED, Batched
from damage_sides import Kept
from flocks import Told, case, flock, side, suite
from scipy import stats

from persona_eval.canaries import (
    Canaries,
    Counted,
    ReadingRunner,
    Shift,
    asked_adapters,
    asked_base,
    movements,
    read,
    read_all,
    summaries,
)
from persona_eval.errors import AdapterError, EngineError, PersonaEvalError
from persona_eval.models.base import Message
from persona_eval.models.locate import BaseFiles
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Turn

FIGURES = {"Rum!": -1.0, "Ha, rum!": -2.0, "Tea.": -1.75}
TINY = BaseFiles("tiny", Path("tiny"), "f" * 64)


def turns(*said: str, judged: int | None = None) -> tuple[Turn, ...]:
    """`Hi` is a turn whose reply is generated, `Hi > Ho` one with a scripted reply."""
    parts = [each.partition(" > ") for each in said]
    return tuple(
        Turn(user=user, assistant=reply or None, judge=number == judged)
        for number, (user, _, reply) in enumerate(parts)
    )


def test_the_margin_is_that_of_prefers() -> None:
    (canary,) = flock(case("rum")).cases
    found = read(canary, Told(FIGURES))
    assert (found.good, found.bad) == ((-1.0, -2.0), (-1.75,))
    assert (found.margin, found.prefers) == (0.25, True)
    assert not read(canary, Told({**FIGURES, "Tea.": -1.5})).prefers, (
        "equally likely is not likelier"
    )


def test_the_conversation_goes_up_to_the_judged_turn() -> None:
    likelihood = Told(FIGURES)
    persona = Persona(name="Rosa", system_prompt="You are Rosa.")
    scripted = case("a", turns=turns("Hi > Ho", "Who?"))
    judged_first = case("b", turns=turns("What?", "And then?", judged=0))
    for canary in Canaries.of([suite(scripted, judged_first, persona=persona)]).cases:
        read(canary, likelihood)
    system = "system: You are Rosa."
    assert [messages for messages, _ in likelihood.asked] == [
        (system, "user: Hi", "assistant: Ho", "user: Who?"),
        (system, "user: What?"),
    ]
    assert likelihood.asked[0][1] == ("Rum!", "Ha, rum!", "Tea.")


def test_what_cannot_be_read_is_counted() -> None:
    found = flock(
        case("a"),
        case("b", good=()),
        case("c", bad=()),
        case("d", turns=turns("Hi", "Who?")),
        case("e", skip="later"),
    )
    assert [canary.key for canary in found.cases] == ["rosa/a.suite.yaml::a"]
    assert (found.without_examples, found.generated, found.skipped) == (2, 1, 1)


def test_nothing_to_read_is_an_error_that_says_why() -> None:
    with pytest.raises(PersonaEvalError, match=r"of 2 cases 1 have no `good` or .* 1 are skipped"):
        flock(case("a", good=()), case("b", skip="later"))


@dataclass
class Likely(Batched):
    """With an adapter it likes short replies, without one long ones."""

    computed: list[str] = field(default_factory=list)

    def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        if "" in replies:
            raise EngineError("the reply '' has no tokens")
        self.computed += replies
        sign = 1 if self.worn[-1] is None else -1
        return [sign * float(len(reply)) for reply in replies]


def test_an_adapter_is_put_on_once_and_what_is_known_not_read_again() -> None:
    cases = flock(case("a", turns=turns("Hi")), case("b", turns=turns("Bye")))
    model, store, told = Likely(), Counted(Kept()), list[None]()
    runner = ReadingRunner(model, {})  # type: ignore[arg-type]
    first, last = read_all(cases, [BASE, NED], runner, store, lambda: told.append(None))
    assert [reading.margin for reading in first.readings] == [2.0, 2.0]
    assert movements(first, last) == [-4.0, -4.0]
    assert model.worn == [None, NED.folder]
    assert (len(told), store.computed, len(model.computed)) == (4, 12, 12)
    assert read_all(cases, [BASE, NED], runner, store) == [first, last]
    assert (store.computed, model.worn) == (12, [None, NED.folder])


def test_trouble_names_the_case() -> None:
    runner = ReadingRunner(Likely(), {})  # type: ignore[arg-type]
    blank = Case.model_construct(**{**dict(case("blank")), "bad": ("",)})
    with pytest.raises(
        EngineError, match=r"rosa/a\.suite\.yaml::blank: the reply '' has no tokens"
    ):
        read_all(flock(blank), [BASE], runner, Kept())


def test_summaries_by_category_and_over_all() -> None:
    cases = flock(case("a"), case("b", "boundary"), case("c"))
    one, boundary, whole = summaries(cases, side("ned", 0.5, -0.25, 1.0))
    assert (one.category, one.cases, one.prefers, one.margin) == ("in_character", 2, 1.0, 0.75)
    assert (boundary.category, boundary.prefers, boundary.interval) == ("boundary", 0.0, None)
    assert (whole.category, whole.cases, whole.prefers) == ("all", 3, pytest.approx(2 / 3))
    expected = stats.ttest_1samp([0.5, -0.25, 1.0], 0).confidence_interval(0.95)
    assert whole.interval == pytest.approx((expected.low, expected.high))


def test_the_last_adapter_against_the_first() -> None:
    cases = flock(*(case(f"c{number}") for number in range(6)))
    before, after = side("base", *[-0.1] * 5, 0.3), side("ned", *[0.2] * 5, -0.1)
    shift = Shift.of(cases, before, after)
    assert (shift.won, shift.lost) == (5, 1)
    assert shift.difference == pytest.approx((5 * 0.3 - 0.4) / 6)
    assert shift.test.better == pytest.approx(7 / 64), "of 64 ways to give signs, 7 come this far"
    assert Shift.of(cases, before, before).test.different == 1.0


def test_names_as_for_a_run(tmp_path: Path) -> None:
    tully = write_adapter(tmp_path / "tully")
    for step in (10, 20):
        write_adapter(tully / "checkpoints" / str(step), selected_step=step, finished=False)
    found = asked_adapters(["base", "tully@all", "tully@best", "base"], tmp_path, TINY)
    assert [each.name for each in found] == ["base", "tully@10", "tully@20", "tully@best"]
    assert len({each.fingerprint for each in found}) == 4
    with pytest.raises(AdapterError, match=r"no adapter `tuly`.*Did you mean tully\?"):
        asked_adapters(["tuly"], tmp_path, TINY)
    other = write_adapter(tmp_path / "elsewhere" / "tully")
    with pytest.raises(AdapterError, match=r"the same name: tully, .*elsewhere/tully"):
        asked_adapters(["tully", str(other)], tmp_path, TINY)


def test_the_base_of_a_checkpoint_is_what_its_recipe_names(tmp_path: Path) -> None:
    tully = write_adapter(tmp_path / "tully")
    write_adapter(tully / "checkpoints" / "10", selected_step=10, finished=False)
    (tully / "recipe.yaml").write_text("base: tiny\ndata: {train: t.jsonl}\nselect: last\n")
    assert asked_base(["base", "tully@all"], tmp_path) == "tiny"
    assert asked_base(["base"], tmp_path) == "gemma3-270m"
