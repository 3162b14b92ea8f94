"""Runs for pages, made in memory: cases in a line each, with what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from persona_eval.compare import Comparison, Standing
from persona_eval.evidence import Attempt, Evidence
from persona_eval.history import CaseFacts, Run
from persona_eval.judging import Judgement, ReplyText
from persona_eval.reports.html.content import AdapterCases, Against, Content
from persona_eval.reports.runs import Point
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite, Turn

STARTED = 1_790_000_000.0
CARD = Persona(name="Bo")
NOTHING = Against(None, "no comparison was asked for")


@dataclass(frozen=True)
class Told:
    """A case with its trials: marks (``+`` passed, ``-`` failed, ``!`` not judged), and what was
    answered in each, turn by turn."""

    name: str
    marks: str = "+++"
    said: Sequence[Sequence[str]] = ()
    before: str = ""
    """Marks of the older side; empty where it has no such case."""
    said_before: Sequence[Sequence[str]] = ()
    prompt: str = "What do you drink?"
    turns: tuple[Turn, ...] = ()
    category: str = "in_character"
    control: bool = False
    tags: tuple[str, ...] = ()
    extra: str = ""
    scores: Sequence[Mapping[str, Any]] = ()
    """Of each trial; one of its own where there are none."""
    gone: bool = False
    """Whether the suites do not ask this any more."""
    cut: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    """More keys of the case."""

    @property
    def case(self) -> Case:
        turns = self.turns or (Turn(user=self.prompt),)
        fields = {"control": self.control, "tags": self.tags, "trials": 3, **self.fields}
        return Case(id=self.name, category=self.category, turns=turns, **fields)  # type: ignore[arg-type]

    @property
    def facts(self) -> CaseFacts:
        trials = len(self.marks) or 3
        return CaseFacts(
            "bo/a.suite.yaml", self.name, self.category, self.control, 0.66, trials, trials, False,
            "asked", "same", "rules", ("contains",),
        )  # fmt: skip

    def evidence(self) -> Evidence:
        """The case as a run holds it."""
        marks = [*((mark, False) for mark in self.marks), *((mark, True) for mark in self.extra)]
        attempts = tuple(self._attempt(n, *each) for n, each in enumerate(marks))
        suite = Suite(
            path=Path("a.suite.yaml"), persona=CARD, persona_path=Path("b.yaml"), cases=()
        )
        if self.gone:
            return Evidence(self.facts, None, None, attempts, "gone")
        return Evidence(self.facts, suite, self.case, attempts)

    def standing(self) -> Standing | None:
        """The case on the older side."""
        if not self.before:
            return None
        older = replace(self, marks=self.before, said=self.said_before, extra="")
        return older.evidence().standing

    def _attempt(self, number: int, mark: str, extra: bool) -> Attempt:
        passed = {"+": True, "-": False, "!": None}[mark]
        said = self.said[number] if number < len(self.said) else [f"Reply {number + 1}."]
        error = "`odd` crashed: ZeroDivisionError: nought" if passed is None else None
        scores = tuple(dict(each) for each in self.scores) or (score(passed),)
        replies: tuple[ReplyText, ...] = tuple(
            (text, "length" if self.cut else "stop") for text in said
        )
        return Attempt(number, replies, Judgement(passed, error, scores), extra)


def score(passed: bool | None, **more: Any) -> dict[str, Any]:
    """One score, as it is stored."""
    plain = {
        "turn": 0, "expectation": "contains", "source": "case", "passed": passed, "skipped": None,
        "value": 1.25, "limit": "tea", "reason": "holds “tea”" if passed else "lacks “tea”",
        "error": None,
    }  # fmt: skip
    return {**plain, **more}


def run_of(**more: Any) -> Run:
    """A run that came to its end."""
    about = {
        "model": {"name": "gemma3-270m", "fingerprint": "e69bcfee8a0f"}, "engine": "cpu-float32",
        "adapters": {"bo": {"fingerprint": "95b19afae99a", "folder": "adapters/bo", "examples": 423}},
        "suites": {"bo/a.suite.yaml": {"path": "a.suite.yaml", "card": "b.yaml", "digest": "d"}},
        "arguments": ["suites/"], "versions": {"mlx": "0.32.4"}, "python": "3.11.7",
        "host": {"name": "h", "system": "Linux x86_64", "cores": 2},
        "git": {"commit": "5790c0e8039e", "changed": True},
    }  # fmt: skip
    gates = {
        "bo": {"passed": False, "reasons": ["1 case fails (a)"], "notes": [], "next": "mend it"}
    }
    plain = {"number": 7, "started": STARTED, "finished": STARTED + 90, "exit_status": 1}
    return Run(**{**plain, "about": about, "gates": gates, **more})


def content_of(*cases: Told, run: Run | None = None, trend: Sequence[Point] = ()) -> Content:
    """A page's content: one adapter, compared with the older side where a case has one."""
    adapter = AdapterCases("bo", tuple(case.evidence() for case in cases))
    return Content(run or run_of(), (adapter,), against(adapter, cases), tuple(trend))


def against(adapter: AdapterCases, cases: Iterable[Told]) -> Against:
    """What the cases say of the older side."""
    before = {told.facts.key: found for told in cases if (found := told.standing())}
    if not before:
        return NOTHING
    compared = Comparison.of(before, adapter.standings, ("baseline", "bo"))
    return Against(compared, "the baseline of 2026-11-23 (bo)")


def points(*cases: Sequence[Told]) -> list[Point]:
    """Iterations, each with its cases."""
    adapters = (AdapterCases("bo", tuple(c.evidence() for c in each)) for each in cases)
    return [Point(f"{n}", STARTED + n, each.results) for n, each in enumerate(adapters, 1)]


def beside(**adapters: Sequence[Told]) -> Content:
    """A page's content of several adapters, the candidate first, compared with nothing."""
    cases = {name: tuple(c.evidence() for c in told) for name, told in adapters.items()}
    known = {name: {"fingerprint": f"{name}-0123"} for name in adapters}
    run = run_of()
    run = replace(run, about={**run.about, "adapters": known})
    found = tuple(AdapterCases(name, each) for name, each in cases.items())
    return Content(run, found, NOTHING)
