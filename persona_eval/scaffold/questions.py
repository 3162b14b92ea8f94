"""The questions about a new character, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from persona_eval.errors import PersonaEvalError
from persona_eval.scaffold.answers import Answers, age_of, character, clean

NONE = "-"
INTRODUCTION = (
    "An empty line ends a list, or passes a question over: a placeholder stands there then, marked\n"
    f"TODO. `{NONE}` says that there is nothing to name."
)
QUESTIONS = {
    "age": "How old is {name}? (years; an empty line: grown-up) ",
    "about": "Who is {name}, in a sentence? ",
    "home": "Where does {name} live? {name} lives … ",
    "people": "People whom {name} trusts (two or more):",
    "catchphrases": "Things that {name} says all the time (three or more):",
    "knows": "Questions that {name} can answer (three or more):",
    "unknown": "Fields that {name} knows nothing about (three or more: stock markets, computers, …):",
    "samples": "Sentences in {name}'s own voice (five or more):",
}
LISTS = ("people", "catchphrases", "knows", "unknown", "samples")
Ask = Callable[[str], str | None]
"""Shows a prompt and returns what was typed; None at the end of input."""
Tell = Callable[[str], None]


def ask_name(ask: Ask, tell: Tell) -> str:
    """The character's name. Raises PersonaEvalError at the end of input."""
    while (typed := ask("What is the character called? ")) is not None:
        try:
            return character(Answers(typed)).name
        except PersonaEvalError as error:
            tell(str(error))
    raise PersonaEvalError("a character needs a name: persona-eval new NAME")


def ask_for(known: Answers, keys: Collection[str], ask: Ask, tell: Tell) -> Answers:
    """The answers, with these ones asked for. At the end of input the rest is passed over."""
    if keys:
        tell(INTRODUCTION)
    for key in QUESTIONS:
        if key in keys:
            known = _answered(known, key, ask, tell)
    return known


def _answered(known: Answers, key: str, ask: Ask, tell: Tell) -> Answers:
    question = QUESTIONS[key].format(name=clean(known.name))
    if key in LISTS:
        tell(question)
        return _with(known, key, _listed(known, key, ask, tell))
    while True:
        try:
            typed = ask(question) or ""
            return _with(known, key, age_of(typed) if key == "age" else _text(typed))
        except PersonaEvalError as error:
            tell(str(error))


def _text(typed: str) -> str | None:
    return "" if clean(typed) == NONE else clean(typed) or None


def _listed(known: Answers, key: str, ask: Ask, tell: Tell) -> tuple[Any, ...] | None:
    """What was typed up to the first empty line; None where that is nothing."""
    found: tuple[Any, ...] = ()
    while True:
        typed = clean(ask(f"  {len(found) + 1}. ") or "")
        if not typed:
            return found or None
        if typed == NONE:
            return found
        item = (typed, ask("     and the answer: ") or "") if key == "knows" else typed
        try:
            character(_with(known, key, (*found, item)))
        except PersonaEvalError as error:
            tell(str(error))
        else:
            found = (*found, item)


def _with(known: Answers, key: str, value: Any) -> Answers:
    changes: dict[str, Any] = {key: value}
    return replace(known, **changes)
