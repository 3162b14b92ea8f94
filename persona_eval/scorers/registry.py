"""Names → scorer classes, and arguments → scorers or kind sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

import regex
from pydantic import ValidationError

from persona_eval.errors import ScorerError
from persona_eval.scorers.base import Scorer
from persona_eval.scorers.complaints import sentences_of
from persona_eval.scorers.composite import COMPOSITES, AllOf, AnyOf, Composite, Not
from persona_eval.scorers.schemas import argument_schema, may_be_bare
from persona_eval.suite.models import Case, Expectation
from persona_eval.suite.suggest import did_you_mean

ENTRY_POINTS = "persona_eval.scorers"
_NAME = regex.compile(r"[a-z][a-z0-9_]*")
_COMPOSITES: dict[str, type[Composite]] = {"not": Not, "any_of": AnyOf, "all_of": AllOf}


class Registry:
    """The expectations that may be written: the scorers' side of `suite.vocabulary`.

    Raises ScorerError when a class is unusable or two classes have one name.
    """

    def __init__(self, classes: Iterable[type[Scorer]]):
        self._classes: dict[str, type[Scorer]] = {}
        for found in classes:
            _check(found)
            known = self._classes.setdefault(found.name, found)
            if known is not found:
                raise ScorerError(
                    f"two scorers are called `{found.name}`: {_path(known)} and {_path(found)}; "
                    "give one of them another `name`"
                )

    def names(self) -> Sequence[str]:
        """Names of all expectations, sorted; the composites are not among them."""
        return sorted(self._classes)

    def problems(self, expectation: Expectation, case: Case) -> Sequence[str]:
        """What is wrong with an argument, or with using it in this case: one sentence each.
        Of `not`, `any_of` and `all_of` only the number of nested expectations is looked at."""
        if expectation.name in _COMPOSITES:
            return _composite_problems(expectation)
        if expectation.name not in self._classes:
            return [self._unknown(expectation.name)]
        try:
            scorer = self._leaf(expectation)
            reason = scorer.applies_to(case)
        except Exception as error:
            return self._complaints(expectation, error)
        return [reason] if reason else []

    def schema(self) -> Mapping[str, Any]:
        """JSON Schema of each expectation's argument, by name."""
        return {name: argument_schema(self._classes[name]) for name in self.names()}

    def build(self, expectation: Expectation) -> Scorer:
        """The scorer that an expectation asks for. Raises ScorerError where ``problems`` would
        have something to say about its name or argument."""
        composite = _COMPOSITES.get(expectation.name)
        try:
            if composite is not None:
                children = tuple(self.build(child) for child in expectation.children)
                return composite(children=children)
            if expectation.name not in self._classes:
                raise ScorerError(self._unknown(expectation.name))
            return self._leaf(expectation)
        except ScorerError:
            raise
        except Exception as error:
            raise ScorerError(" ".join(self._complaints(expectation, error))) from error

    def _leaf(self, expectation: Expectation) -> Scorer:
        found, argument = self._classes[expectation.name], expectation.argument
        if isinstance(argument, bool):
            raise TypeError(_no_switch(found, argument))
        return found.from_argument(argument)

    def _unknown(self, name: str) -> str:
        allowed = sorted([*self._classes, *COMPOSITES])
        return f"`{name}` is no expectation{did_you_mean(name, allowed)}"

    def _complaints(self, expectation: Expectation, error: Exception) -> list[str]:
        if expectation.name in _COMPOSITES:
            return list(_composite_problems(expectation))
        found = self._classes[expectation.name]
        if isinstance(error, ValidationError):
            return sentences_of(error, found, expectation.argument)
        if isinstance(error, (TypeError, ValueError)):
            return [str(error)]
        return [f"`{found.name}` cannot be set up: {type(error).__name__}: {error}"]


def default_registry(extra: Iterable[type[Scorer]] = ()) -> Registry:
    """Built-in scorers, those that installed packages register under the entry-point group
    `persona_eval.scorers`, and ``extra`` ones."""
    return Registry([*_built_in(), *_installed(), *extra])


def _built_in() -> Iterable[type[Scorer]]:
    from persona_eval.scorers import behaviour, likelihood, rules, similarity, voice

    rooms = (rules, similarity, voice, behaviour, likelihood)
    return [found for room in rooms for found in room.SCORERS]


def _installed() -> Iterable[type[Scorer]]:
    """An entry point names one class, or a list of classes."""
    for point in entry_points(group=ENTRY_POINTS):
        try:
            loaded = point.load()
        except Exception as error:
            raise ScorerError(
                f"the scorer `{point.name}` ({point.value}) cannot be imported: "
                f"{type(error).__name__}: {error}"
            ) from error
        yield from loaded if isinstance(loaded, (list, tuple)) else (loaded,)


def _check(found: type[Scorer]) -> None:
    if not (isinstance(found, type) and issubclass(found, Scorer)):
        raise ScorerError(f"{found!r} is no scorer: subclass `persona_eval.scorers.base.Scorer`")
    name = getattr(found, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ScorerError(f"{_path(found)} needs a `name` of a-z, 0-9 and _; it has {name!r}")
    if name in COMPOSITES:
        raise ScorerError(f"{_path(found)} cannot be called `{name}`: the name is taken")
    if found.judge is Scorer.judge:
        raise ScorerError(f"{_path(found)} has no `judge(self, exchange)` of its own")


def _composite_problems(expectation: Expectation) -> Sequence[str]:
    count = len(expectation.children)
    if expectation.name == "not" and count != 1:
        return [f"`not` turns exactly one expectation round; it has {count} (see `any_of`)"]
    if count == 0:
        return [f"`{expectation.name}` needs a list of at least one expectation"]
    return []


def _no_switch(found: type[Scorer], argument: bool) -> str:
    if not may_be_bare(found):
        word = str(argument).lower()
        return f"`{found.name}` cannot use {word}: if it is meant as text, put it in quotes"
    written = f"`{found.name}`" if argument else f"`not: {found.name}`"
    return f"`{found.name}` is no switch: write {written} instead of true or false"


def _path(found: type[Scorer]) -> str:
    return f"{found.__module__}.{found.__qualname__}"
