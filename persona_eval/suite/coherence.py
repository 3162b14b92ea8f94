"""What is wrong with a case although each of its keys is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from persona_eval.suite.card import Generation
from persona_eval.suite.expand import FILLED, variable_problems
from persona_eval.suite.layers import CONVERSATION, Layer
from persona_eval.suite.scripts import drift_problems, paraphrase_problems
from persona_eval.suite.yaml import KeyPath

Found = Iterator[tuple[KeyPath, str]]

_UNJUDGED = (
    "nothing judges this case, so it cannot fail: `pack: none` needs an `expect` or a `never`"
)
_LAST_SCRIPTED = (
    "the last reply is always generated: remove `assistant`, or add the user's next turn"
)


@dataclass(frozen=True)
class View:
    """A written case: ``case`` has the keys of its template too, ``settings`` also those of the
    file's ``defaults``."""

    keys: KeyPath
    case: Layer
    settings: Layer
    defaults: Layer

    def at(self, key: str) -> KeyPath:
        """Where a setting is written, or the case itself if that is elsewhere."""
        place = self.settings[key].keys
        return place if place[: len(self.keys)] == self.keys else self.keys


def case_problems(view: View, intact: Callable[[frozenset[str]], bool]) -> Found:
    """Problems of a case. A check is left out where ``intact`` says that something is wrong
    already with one of the keys that it looks at."""
    checks: list[tuple[frozenset[str], Callable[[View], Found]]] = [
        (frozenset({"category"}), _category_problems),
        (CONVERSATION, _conversation_problems),
        (frozenset({"paraphrases", "drift"}) | CONVERSATION, _script_of),
        (frozenset({"generation"}), _generation_problems),
        (frozenset({"must_pass", "skip", "xfail"}), _must_pass_problems),
        (frozenset({"pack", "never", "expect", "turns"}), _vacuity_problems),
        (frozenset({"vars", *FILLED}), lambda view: variable_problems(view.case)),
    ]
    for looks_at, check in checks:
        if intact(looks_at):
            yield from check(view)


def _category_problems(view: View) -> Found:
    if "category" not in view.case:
        yield (*view.keys, "category"), "is missing: it says which behaviour is tested"


def _conversation_problems(view: View) -> Found:
    if "prompt" in view.case and "turns" in view.case:
        yield view.at("turns"), "give `prompt` or `turns`, not both: `prompt` is short for one"
    elif "turns" in view.case:
        yield from _turn_problems(view.case["turns"].keys, view.case["turns"].value)
    elif "prompt" not in view.case and "drift" not in view.case:
        yield view.keys, "has neither `prompt` nor `turns`: `prompt: …` is what the user says"


def _script_of(view: View) -> Found:
    yield from paraphrase_problems(view.case)
    yield from drift_problems(view.case)


def _turn_problems(keys: KeyPath, turns: list[dict[str, Any]]) -> Found:
    judges = [index for index, turn in enumerate(turns) if turn.get("judge")]
    for index in judges[1:]:
        yield (*keys, index, "judge"), f"turn {judges[0] + 1} has it already: mark one turn"
    for index, turn in enumerate(turns):
        if turn.get("assistant") is not None:
            yield from _script_problems(turn, (*keys, index), index == len(turns) - 1)


def _script_problems(turn: dict[str, Any], keys: KeyPath, last: bool) -> Found:
    if last:
        yield (*keys, "assistant"), _LAST_SCRIPTED
        return
    for key in ("judge", "expect"):
        if turn.get(key):
            yield (*keys, key), "a scripted reply isn't judged: move this to a generated turn"


def _generation_problems(view: View) -> Found:
    if "generation" not in view.settings:
        return
    merged = Generation.model_validate(view.settings["generation"].value)
    if merged.min_tokens > merged.max_tokens:
        message = f"`min_tokens` {merged.min_tokens} is above `max_tokens` {merged.max_tokens}"
        yield view.settings["generation"].keys, message


def _must_pass_problems(view: View) -> Found:
    if "must_pass" not in view.settings or not view.settings["must_pass"].value:
        return
    for key in ("skip", "xfail"):
        if key in view.settings:
            yield view.at(key), f"a case that must pass cannot have `{key}`: take one of them out"


def _vacuity_problems(view: View) -> Found:
    settings = view.settings
    turns = settings["turns"].value if "turns" in settings else ()
    never = settings["never"].value if "never" in settings else ()
    asked = "expect" in settings or "expect" in view.defaults
    judged = asked or never or any(turn.get("expect") for turn in turns)
    if "pack" in settings and not judged:
        yield view.at("pack"), _UNJUDGED
