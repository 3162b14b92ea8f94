"""From cases as written to cases: defaults, templates and variables resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from persona_eval.suite.coherence import View, case_problems
from persona_eval.suite.expand import expansions
from persona_eval.suite.expectations import ExpectationReader, Located, leaves
from persona_eval.suite.findings import Findings
from persona_eval.suite.layers import (
    Layer,
    layer,
    use_card,
    use_defaults,
    use_template,
)
from persona_eval.suite.models import Case, Expectation, Settings, Source, Turn
from persona_eval.suite.scripts import drift_of, has_turns, turns_of
from persona_eval.suite.suggest import did_you_mean
from persona_eval.suite.vocabulary import Vocabulary
from persona_eval.suite.yaml import KeyPath

_PLAIN = (*Settings.model_fields, "category", "control", "good", "bad", "paraphrases")


class Resolver:
    """Resolves the cases of one file, and notes all that is wrong with them.

    ``tainted`` holds the key paths of what is wrong already and of all that contains it: such
    keys are left out, so that the rest of their case can still be looked at. ``generation`` is
    what the character card says of it.
    """

    def __init__(
        self,
        findings: Findings,
        vocabulary: Vocabulary,
        tainted: Iterable[KeyPath],
        generation: Mapping[str, Any] | None = None,
    ) -> None:
        self.findings = findings
        self.vocabulary = vocabulary
        self.tainted = frozenset(tainted)
        self.reader = ExpectationReader(findings, tuple(vocabulary.names()))
        self.data: dict[str, Any] = findings.document.data
        self.defaults = self._layer(("defaults",), self.data.get("defaults"))
        self.defaults = use_card(generation or {}, self.defaults)
        self.default_expect = self._expect(self.defaults, "defaults")
        self.ids: dict[str, KeyPath] = {}
        self.misuses: dict[tuple[KeyPath, str], list[str]] = {}

    def cases(self) -> tuple[Case, ...]:
        """All cases in order. Those that something is wrong with may be missing."""
        raw = self.data.get("cases")
        written = raw if isinstance(raw, list) else []
        self._read_all_expectations(written)
        cases = tuple(case for index in range(len(written)) for case in self._case(index))
        self._report_misuses()
        return cases

    def _layer(self, keys: KeyPath, raw: Any) -> Layer:
        return layer(raw, keys, self.tainted)

    def _read_all_expectations(self, cases: list[Any]) -> None:
        """Look also at what resolving passes over: unused templates, cases with errors."""
        templates = self.data.get("templates")
        named = templates.items() if isinstance(templates, dict) else ()
        for keys, raw in [
            *((("templates", name), raw) for name, raw in named),
            *((("cases", index), raw) for index, raw in enumerate(cases)),
        ]:
            if isinstance(raw, dict):
                self._read_expectations_of(keys, raw)

    def _read_expectations_of(self, keys: KeyPath, raw: dict[str, Any]) -> None:
        self.reader.read(raw.get("expect"), (*keys, "expect"))
        drift = raw.get("drift")
        probes = drift.get("probes") if isinstance(drift, dict) else None
        for place, turns in (("turns",), raw.get("turns")), (("drift", "probes"), probes):
            for index, turn in enumerate(turns if isinstance(turns, list) else ()):
                if isinstance(turn, dict):
                    self.reader.read(turn.get("expect"), (*keys, *place, index, "expect"))

    def _case(self, index: int) -> Iterator[Case]:
        """The cases that a written case stands for."""
        keys = ("cases", index)
        own = self._layer(keys, self.data["cases"][index])
        template = self._template(own)
        written = use_template(template or {}, own)
        if template is not None and isinstance(self.data["cases"][index], dict):
            self._check_coherence(keys, own, written)
        yield from self._expanded(keys, written)

    def _check_coherence(self, keys: KeyPath, own: Layer, written: Layer) -> None:
        layers = [keys, ("defaults",)]
        if "use" in own:
            layers.append(("templates", own["use"].value))

        def intact(names: frozenset[str]) -> bool:
            looked_at = names | {"use"}
            return self.tainted.isdisjoint((*base, name) for base in layers for name in looked_at)

        settings = use_defaults(self.defaults, written)
        for place, message in case_problems(View(keys, written, settings, self.defaults), intact):
            self.findings.add(place, message)

    def _template(self, own: Layer) -> Layer | None:
        """Keys of the template that a case uses, none of them if it uses none; None when it
        isn't to be had."""
        if "use" not in own:
            return {}
        templates, name = self.data.get("templates", {}), own["use"].value
        if not isinstance(templates, dict):
            return None
        if name in templates:
            raw = templates[name]
            return self._layer(("templates", name), raw) if isinstance(raw, dict) else None
        mend = did_you_mean(name, list(templates)) if templates else ": the file has none"
        self.findings.add(own["use"].keys, f"`{name}` is not in `templates`{mend}")
        return None

    def _expanded(self, keys: KeyPath, written: Layer) -> Iterator[Case]:
        base = written["id"].value if "id" in written else "unnamed"
        for case_id, filled in expansions(base, written):
            if "id" in written:
                self._claim(case_id, written["id"].keys)
            if "category" in filled and has_turns(filled):
                yield self._made(case_id, keys, filled)

    def _claim(self, case_id: str, keys: KeyPath) -> None:
        first = self.ids.setdefault(case_id, keys)
        if first != keys:
            lines = [self.findings.document.place(place)[0] for place in (first, keys)]
            message = f"`{case_id}` stands in line {lines[0]} and in line {lines[1]}"
            self.findings.add(keys, f"{message}: an id is unique in its file")

    def _made(self, case_id: str, keys: KeyPath, filled: Layer) -> Case:
        settings = use_defaults(self.defaults, filled)
        plain = {key: settings[key].value for key in _PLAIN if key in settings}
        if plain["category"] == "boundary":
            plain.setdefault("pass_rate", Settings.BOUNDARY_PASS_RATE)
        turns, of_turns = self._turns(filled)
        of_case = [*self._expect(filled, "case"), *self.default_expect]
        case = Case(
            id=case_id,
            turns=turns,
            expect=_bare(of_case),
            pack="pack" not in settings,
            drift=drift_of(filled),
            line=self.findings.document.place(keys)[0],
            **plain,
        )
        self._look_for_misuse(case, [*of_case, *of_turns])
        return case

    def _turns(self, filled: Layer) -> tuple[tuple[Turn, ...], list[Located]]:
        """Turns of a conversation, and all their expectations."""
        if "prompt" in filled:
            return (Turn(user=filled["prompt"].value),), []
        written = turns_of(filled)
        expects = {
            keys: self.reader.read(turn.get("expect"), (*keys, "expect")) for keys, turn in written
        }
        turns = tuple(Turn(**(turn | {"expect": _bare(expects[keys])})) for keys, turn in written)
        return turns, [located for expect in expects.values() for located in expect]

    def _expect(self, written: Layer, source: Source) -> list[Located]:
        if "expect" not in written:
            return []
        return self.reader.read(written["expect"].value, written["expect"].keys, source)

    def _look_for_misuse(self, case: Case, located: list[Located]) -> None:
        for keys, tree in located:
            for place, expectation in leaves(tree, keys):
                for message in self.vocabulary.problems(expectation, case):
                    self.misuses.setdefault((place, message), []).append(case.id)

    def _report_misuses(self) -> None:
        """Name the cases where an expectation is not written in the case itself."""
        for (keys, message), ids in self.misuses.items():
            shared = keys[0] != "cases"
            self.findings.add(keys, message + (f" (in {_listed(ids)})" if shared else ""))


def _bare(located: Iterable[Located]) -> tuple[Expectation, ...]:
    return tuple(expectation for _, expectation in located)


def _listed(ids: list[str]) -> str:
    shown = ", ".join(f"`{case_id}`" for case_id in ids[:3])
    return f"{shown} and {len(ids) - 3} more" if len(ids) > 3 else shown
