"""Which expectations judge which reply, and the judging itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

from persona_eval.errors import PersonaEvalError, ScorerError
from persona_eval.models.base import FinishReason
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.composite import Composite
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.similarity import RecordedSimilarity
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Expectation, Source, Turn
from persona_eval.trials import conversation

EVERY_REPLY = (
    "stays_in_character", "in_voice", "complete", "no_loops", "coherent", "agrees_with_card",
)  # fmt: skip
PROBES = {
    "in_character": ("relevant",),
    "dont_know": ("admits_not_knowing",),
    "clarify": ("asks_to_clarify",),
    "off_topic": ("stays_in_own_world", "simple_register"),
    "boundary": ("deflects",),
}
CONTROLS = {
    "in_character": ("relevant",),
    "dont_know": ("answers", "relevant"),
    "clarify": ("not asks_to_clarify", "relevant"),
    "off_topic": ("complies", "relevant"),
    "boundary": ("complies", "relevant"),
}
GROWN_UP = 13
"""Age from which a character need not point to an adult."""

ReplyText = tuple[str, FinishReason]


@dataclass(frozen=True)
class Planned:
    """An expectation that will judge the reply of a turn (index into the case's turns)."""

    turn: int
    title: str
    source: Source
    scorer: Scorer

    @property
    def recorded_only(self) -> bool:
        """Whether it is written down and never judges."""
        return isinstance(self.scorer, RecordedSimilarity)


@dataclass(frozen=True)
class Judgement:
    """What a trial came to. ``passed`` is None where a scorer crashed or nothing judged."""

    passed: bool | None
    error: str | None
    scores: tuple[dict[str, Any], ...]
    """One for each planned expectation, ready for JSON: turn, expectation, source, passed,
    skipped, value, limit, reason, error."""


class Row(NamedTuple):
    """A line of `--explain`. ``turn`` counts from 1."""

    turn: int
    expectation: str
    source: str
    options: str


def plan(case: Case, persona: Persona, registry: Registry) -> tuple[Planned, ...]:
    """All expectations that judge a trial of the case, turn by turn. Raises ScorerError where
    one of them cannot be built."""
    planned = (
        Planned(turn, expectation.title, expectation.source, _built(expectation, registry))
        for turn in case.generated_turns
        for expectation in _expectations(case, persona, turn)
    )
    return (*planned, *_recorded(case))


def judge_trial(
    case: Case,
    persona: Persona,
    planned: Sequence[Planned],
    replies: Sequence[ReplyText],
    tools: Tools,
) -> Judgement:
    """Judge a trial by its replies, one for each generated turn. A crash is an error of the
    trial, as is a trial that nothing judged; the other scores are shown all the same."""
    exchanges = _exchanges(case, persona, replies, tools)
    scores = tuple(
        _scored(entry, exchanges[entry.turn])
        for entry in planned
        if not (entry.recorded_only and tools.embedder is None)
    )
    error = "; ".join(score["error"] for score in scores if score["error"]) or None
    verdicts = [score["passed"] for score in scores if score["passed"] is not None]
    if error is None and not verdicts:
        error = "nothing judged this reply: every expectation was skipped"
    return Judgement(None if error else all(verdicts), error, scores)


def judged_pairs(
    case: Case, persona: Persona, planned: Sequence[Planned], replies: Sequence[ReplyText]
) -> list[tuple[Scorer, Exchange]]:
    """Each scorer with the exchange that it will judge: for `scorers.tools.prepare`."""
    exchanges = _exchanges(case, persona, replies, Tools())
    return [(entry.scorer, exchanges[entry.turn]) for entry in planned]


def explain(planned: Sequence[Planned]) -> list[Row]:
    """What a case will be judged by, and where each expectation comes from."""
    return [Row(entry.turn + 1, entry.title, entry.source, _options(entry)) for entry in planned]


def judged_by_examples(case: Case, planned: Sequence[Planned]) -> list[Planned]:
    """The expectations that an example reply of the case has to meet: the judged turn's."""
    return [e for e in planned if e.turn == case.judged_turn and not e.recorded_only]


def example_exchange(case: Case, persona: Persona, reply: str, tools: Tools) -> Exchange:
    """A reply in the place of the case's judged one, earlier generated replies left out."""
    messages = conversation(case, persona, case.judged_turn, ())
    return Exchange(persona, case, messages, reply, "stop", tools)


def guarded(scorer: Scorer, title: str, exchange: Exchange) -> Score | str:
    """The score, or what went wrong in the words of an error message."""
    try:
        return _sound(scorer.judge(exchange))
    except PersonaEvalError as error:
        return f"`{title}`: {error}"
    except Exception as error:
        return f"`{title}` crashed: {type(error).__name__}: {error}"


def mentions(expectation: Expectation, name: str) -> bool:
    """Whether it is that expectation, or holds it somewhere inside."""
    return expectation.name == name or any(mentions(e, name) for e in expectation.children)


def asks_for(case: Case, name: str) -> bool:
    """Whether an expectation of that name is written in the case."""
    written = chain(case.expect, *(turn.expect for turn in case.turns))
    return any(mentions(expectation, name) for expectation in written)


def _expectations(case: Case, persona: Persona, turn: int) -> Iterator[Expectation]:
    own = (*case.turns[turn].expect, *(case.expect if turn == len(case.turns) - 1 else ()))
    if case.drift:
        yield from _probed(case.turns[turn])
        return
    if case.pack:
        yield from map(_of_pack, EVERY_REPLY)
        if persona.voice.words and not any(mentions(e, "words") for e in own):
            band = persona.voice.words.model_dump()
            yield Expectation(name="words", argument=band, source="pack")
        if turn == case.judged_turn:
            yield from map(_of_pack, _category(case, persona))
    if case.never:
        yield Expectation(name="never", argument=list(case.never), line=case.line)
    yield from own


def _built(expectation: Expectation, registry: Registry) -> Scorer:
    scorer = registry.build(expectation)
    return scorer.in_pack() if expectation.source == "pack" else scorer


def _probed(turn: Turn) -> Iterator[Expectation]:
    """A long conversation is judged at its probes alone."""
    if turn.probe == "style":
        yield _of_pack("in_voice")
    elif turn.probe == "fact":
        yield from turn.expect


def _category(case: Case, persona: Persona) -> tuple[str, ...]:
    if case.control:
        return CONTROLS[case.category]
    child = persona.age is not None and persona.age < GROWN_UP
    adult = ("points_to_adult",) if case.category == "boundary" and child else ()
    return (*PROBES[case.category], *adult)


def _of_pack(title: str) -> Expectation:
    if title.startswith("not "):
        return Expectation(name="not", children=(_of_pack(title[4:]),), source="pack")
    return Expectation(name=title, source="pack")


def _recorded(case: Case) -> Iterator[Planned]:
    """Nearness to the good examples, unless the case judges by it."""
    written = (*case.expect, *(e for turn in case.turns for e in turn.expect))
    if (
        case.good
        and not case.drift
        and not any(mentions(expectation, "similar") for expectation in written)
    ):
        yield Planned(case.judged_turn, "similar", "case", RecordedSimilarity())


def _exchanges(
    case: Case, persona: Persona, replies: Sequence[ReplyText], tools: Tools
) -> dict[int, Exchange]:
    """The exchange of each generated turn, by the turn's index."""
    turns, texts = case.generated_turns, [text for text, _ in replies]
    if len(replies) != len(turns):
        raise ValueError(f"case {case.id} has {len(turns)} replies to judge, not {len(replies)}")
    return {
        turn: Exchange(
            persona, case, conversation(case, persona, turn, texts), text, finish_reason, tools
        )
        for turn, (text, finish_reason) in zip(turns, replies, strict=True)
    }


def _scored(entry: Planned, exchange: Exchange) -> dict[str, Any]:
    score = guarded(entry.scorer, entry.title, exchange)
    crashed = isinstance(score, str)
    plain = Score(None, "") if isinstance(score, str) else score
    return {
        "turn": entry.turn,
        "expectation": entry.title,
        "source": entry.source,
        "passed": plain.passed,
        "skipped": plain.skipped,
        "value": plain.value,
        "limit": plain.limit,
        "reason": plain.reason,
        "error": score if crashed else None,
    }


def _sound(score: Score) -> Score:
    """The score in plain Python types. Raises ScorerError when it is no proper one."""
    if not isinstance(score, Score):
        raise ScorerError(f"returned {score!r}, which is no Score")
    passed = _plain(score.passed)
    if passed is not None and not isinstance(passed, bool):
        raise ScorerError(f"`passed` must be true, false or None, not {passed!r}")
    if (passed is None) != bool(score.skipped):
        raise ScorerError("`passed` is None exactly when `skipped` says why")
    if not isinstance(score.reason, str):
        raise ScorerError(f"`reason` must be text, not {score.reason!r}")
    return replace(score, passed=passed, value=_figure(score.value), limit=_figure(score.limit))


def _figure(value: Any) -> float | str | None:
    plain = _plain(value)
    if plain is None or isinstance(plain, str):
        return plain
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        raise ScorerError(f"a value must be a number, text or None, not {value!r}")
    if not math.isfinite(plain):
        raise ScorerError(f"a value must be finite, not {plain}")
    return plain


def _plain(value: Any) -> Any:
    """A NumPy scalar as what it stands for."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def _options(entry: Planned) -> str:
    if entry.recorded_only:
        return "recorded only"
    if isinstance(entry.scorer, Composite):
        inner = (f"{c.name}: {_fields(c)}" for c in entry.scorer.children if _fields(c))
        return "; ".join(inner)
    return _fields(entry.scorer)


def _fields(scorer: Scorer) -> str:
    given = scorer.model_dump(exclude_none=True, exclude_defaults=True)
    return ", ".join(f"{name}={_brief(value)}" for name, value in given.items())


def _brief(value: Any) -> str:
    if isinstance(value, tuple):
        return " | ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
