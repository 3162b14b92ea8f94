"""`expect:` lists, from plain data to trees of expectations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from persona_eval.suite.complaints import shown
from persona_eval.suite.findings import Findings
from persona_eval.suite.models import Expectation, Source
from persona_eval.suite.suggest import did_you_mean
from persona_eval.suite.yaml import KeyPath

COMBINATORS = ("all_of", "any_of", "not")

Located = tuple[KeyPath, Expectation]


def leaves(expectation: Expectation, keys: KeyPath) -> Iterator[Located]:
    """The expectations at the ends of a tree, each with the key path of its argument."""
    if not expectation.children:
        yield (keys if expectation.argument is None else (*keys, expectation.name)), expectation
    for index, child in enumerate(expectation.children):
        within = ("not",) if expectation.name == "not" else (expectation.name, index)
        yield from leaves(child, (*keys, *within))


@dataclass(frozen=True)
class ExpectationReader:
    """Reads expectations, and notes what is wrong with their names and nesting."""

    findings: Findings
    names: Sequence[str]

    def read(self, raw: Any, keys: KeyPath, source: Source = "case") -> list[Located]:
        """The sound expectations of a list, with their key paths. What is no list is left to
        the check of the whole file."""
        items = enumerate(raw) if isinstance(raw, list) else ()
        located = (
            (path, self._one(item, path, source)) for i, item in items if (path := (*keys, i))
        )
        return [(path, expectation) for path, expectation in located if expectation]

    def _one(self, raw: Any, keys: KeyPath, source: Source) -> Expectation | None:
        named = self._named(raw, keys)
        if named is None:
            return None
        name, argument, at = named
        if name in COMBINATORS:
            return self._combined(name, argument, at, source)
        if name not in self.names:
            allowed = [*self.names, *COMBINATORS]
            self.findings.add(at, f"`{name}` is no expectation" + did_you_mean(name, allowed))
            return None
        return self._made(name, argument, (), at, source)

    def _named(self, raw: Any, keys: KeyPath) -> tuple[str, Any, KeyPath] | None:
        """Name, argument and key path of a bare name or a one-key mapping."""
        if isinstance(raw, str) and raw.strip():
            return raw, None, keys
        if isinstance(raw, dict) and len(raw) == 1:
            name, argument = next(iter(raw.items()))
            return name, argument, (*keys, name)
        self.findings.add(keys, _no_expectation(raw))
        return None

    def _combined(self, name: str, raw: Any, keys: KeyPath, source: Source) -> Expectation | None:
        if name == "not":
            return self._negated(raw, keys, source)
        if not isinstance(raw, list) or not raw:
            self.findings.add(keys, f"`{name}` takes a list of expectations, one or more")
            return None
        children = [self._one(item, (*keys, index), source) for index, item in enumerate(raw)]
        return self._made(name, None, children, keys, source)

    def _negated(self, raw: Any, keys: KeyPath, source: Source) -> Expectation | None:
        if isinstance(raw, list) or not raw:
            message = "`not` takes one expectation, such as `not: asks_question`; for several "
            self.findings.add(keys, message + "write one `not` each, or `not: {any_of: [...]}`")
            return None
        return self._made("not", None, [self._one(raw, keys, source)], keys, source)

    def _made(
        self,
        name: str,
        argument: Any,
        children: Sequence[Expectation | None],
        keys: KeyPath,
        source: Source,
    ) -> Expectation | None:
        sound = tuple(child for child in children if child)
        if len(sound) < len(children):
            return None
        line, column = self.findings.document.place(keys)
        return Expectation(
            name=name, argument=argument, children=sound, source=source, line=line, column=column
        )


def _no_expectation(raw: Any) -> str:
    if isinstance(raw, dict) and raw:
        names = " and ".join(f"`{name}`" for name in raw)
        first = next(iter(raw))
        return (
            f"holds {names}: an item is one expectation, and its options go below its name, "
            f"such as `{first}: {{option: value}}`"
        )
    found = "an empty item" if not raw and raw != 0 else shown(raw)
    return f"an item is a name, or `name: argument`, not {found}"
