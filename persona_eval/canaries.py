"""Canaries: how much likelier a model finds the good replies of a case than the bad ones.

Nothing is sampled: each reply is read once, and kept. The margin is that of `prefers`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Any

from persona_eval.damage.adapters import BASE, base_of, ready_adapters
from persona_eval.errors import AdapterError, EngineError, PersonaEvalError
from persona_eval.identity import place_of
from persona_eval.judging import example_exchange
from persona_eval.likelihoods import LikelihoodStore, StoredLikelihood
from persona_eval.models.base import Message, Model
from persona_eval.models.locate import BaseFiles
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.base import Exchange, Likelihood, Tools
from persona_eval.scorers.likelihood import Prefers
from persona_eval.statistics.paired import PairedTest, sign_flip
from persona_eval.statistics.student import student_interval
from persona_eval.suite.models import CATEGORIES, Case, Suite
from persona_eval.training.adapter import CHECKPOINTS, expand_adapters, resolve_adapter

ALL = "all"
GRAIN = 10_000
"""Margins are compared to the fourth digit, so that the test on them stays exact."""


@dataclass(frozen=True)
class Canary:
    """A case with good and bad replies."""

    suite: Suite
    case: Case

    @property
    def key(self) -> str:
        """Folder, file and id: as results call the case."""
        return f"{place_of(self.suite.path)}::{self.case.id}"

    @property
    def replies(self) -> tuple[str, ...]:
        """The good ones, then the bad ones."""
        return (*self.case.good, *self.case.bad)

    def exchange(self, likelihood: Likelihood) -> Exchange:
        """What `prefers` judges: the conversation up to the judged turn."""
        tools = Tools(likelihood=likelihood)
        return example_exchange(self.case, self.suite.persona, self.case.good[0], tools)


@dataclass(frozen=True)
class Canaries:
    """The cases that can be read, and how many of the others there are."""

    cases: tuple[Canary, ...]
    without_examples: int = 0
    """Cases that have no good replies, or no bad ones."""
    generated: int = 0
    """Cases with an earlier turn that a model would have to write first."""
    skipped: int = 0
    """Cases that suites skip."""

    @classmethod
    def of(cls, suites: Sequence[Suite]) -> Canaries:
        """Those of these suites. Raises PersonaEvalError where there is none."""
        found: dict[str, list[Canary]] = {}
        for suite in suites:
            for case in suite.cases:
                found.setdefault(_kind(case), []).append(Canary(suite, case))
        count = {kind: len(cases) for kind, cases in found.items()}
        left = [count.get(kind, 0) for kind in ("without examples", "generated", "skipped")]
        if "canary" not in found:
            raise PersonaEvalError(
                f"no case to read: of {sum(left)} cases {left[0]} have no `good` or no `bad` "
                f"replies, {left[1]} have earlier turns that are generated, {left[2]} are skipped. "
                "Give cases `good: [...]` and `bad: [...]`"
            )
        return cls(tuple(found["canary"]), *left)


@dataclass(frozen=True)
class Reading:
    """What one adapter makes of a case's replies, in nats per token."""

    good: tuple[float, ...]
    """Mean log-probability of each good reply."""
    bad: tuple[float, ...]
    margin: float
    """Mean of the good ones minus mean of the bad ones."""
    prefers: bool
    """Whether the margin is positive."""


@dataclass(frozen=True)
class Side:
    """All readings with one adapter, in the order of the cases."""

    adapter: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Summary:
    """The cases of one category, or all, with one adapter."""

    category: str
    cases: int
    prefers: float
    """Share of the cases in which the good replies are likelier."""
    margin: float
    """Mean of the cases' margins."""
    interval: tuple[float, float] | None
    """95 % of the mean, the case as the unit; None for a single case."""


@dataclass(frozen=True)
class Shift:
    """The last adapter against the first, case by case."""

    first: str
    last: str
    before: Summary
    after: Summary
    difference: float
    """Mean change of the margin."""
    interval: tuple[float, float] | None
    test: PairedTest
    """Exact, on the changes of the margins."""
    won: int
    """Cases whose good replies became the likelier ones."""
    lost: int

    @classmethod
    def of(cls, canaries: Canaries, first: Side, last: Side) -> Shift:
        moved = movements(first, last)
        turned = [a.prefers - b.prefers for b, a in _pairs(first, last)]
        before, after = (summaries(canaries, side)[-1] for side in (first, last))
        test = sign_flip([Fraction(round(each * GRAIN), GRAIN) for each in moved])
        return cls(first.adapter, last.adapter, before, after, fmean(moved),
                   student_interval(moved), test, turned.count(1), turned.count(-1))  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


class ReadingRunner(Runner):
    """Generates nothing, so that an adapter stays on from case to case: to put it on takes longer
    than to read one."""

    _on: WornAdapter | None = None

    @contextmanager
    def wearing(self, adapter: WornAdapter) -> Iterator[Model]:
        if adapter == self._on:
            yield self.model
            return
        self._on = None
        with super().wearing(adapter) as model:
            self._on = adapter
            yield model


class Counted:
    """A store that counts what is new."""

    def __init__(self, store: LikelihoodStore):
        self._store = store
        self.computed = 0

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        return self._store.get_likelihoods(keys)

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        self._store.put_likelihoods(values)
        self.computed += len(values)


def read_all(
    canaries: Canaries,
    adapters: Sequence[WornAdapter],
    runner: Runner,
    store: LikelihoodStore,
    on_case: Callable[[], None] = lambda: None,
) -> list[Side]:
    """Read every case with every adapter; ``on_case`` hears of each. What is stored is not read
    again. Raises EngineError that names the case."""
    sides = []
    for adapter in adapters:
        likelihood, readings = StoredLikelihood(runner, store, adapter), list[Reading]()
        for canary in canaries.cases:
            readings.append(read(canary, likelihood))
            on_case()
        sides.append(Side(adapter.name, tuple(readings)))
    return sides


def read(canary: Canary, likelihood: Likelihood) -> Reading:
    """Read one case. Raises EngineError that names it."""
    try:
        found = likelihood.mean_logprob(canary.exchange(likelihood).messages, canary.replies)
    except EngineError as error:
        raise EngineError(f"{canary.key}: {error}") from error
    known = _Known(dict(zip(canary.replies, found, strict=True)))
    score = Prefers().judge(canary.exchange(known))
    assert isinstance(score.value, float)
    good = len(canary.case.good)
    return Reading(tuple(found[:good]), tuple(found[good:]), score.value, bool(score.passed))


@dataclass(frozen=True)
class _Known:
    """Figures that were read already."""

    figures: Mapping[str, float]

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:  # noqa: ARG002
        return [self.figures[reply] for reply in replies]


def summaries(canaries: Canaries, side: Side) -> list[Summary]:
    """One for each category that has cases, in the order of the language, then all."""
    read = list(zip(canaries.cases, side.readings, strict=True))
    groups = [(name, [r for c, r in read if c.case.category == name]) for name in CATEGORIES]
    return [_summary(n, group) for n, group in (*groups, (ALL, side.readings)) if group]


def movements(first: Side, last: Side) -> list[float]:
    """How the margin of each case changed."""
    return [after.margin - before.margin for before, after in _pairs(first, last)]


def asked_base(specs: Sequence[str], root: Path) -> str:
    """The base that the recipes of these adapters name first, those of checkpoints included.
    Raises AdapterError for what does not exist."""
    named = [spec for spec in expand_adapters(specs, root) if spec != BASE.name]
    return base_of([str(_trained_in(resolve_adapter(spec, root))) for spec in named], root)


def asked_adapters(specs: Sequence[str], root: Path, base: BaseFiles) -> list[WornAdapter]:
    """Adapters as `--persona-adapter` names them: names, folders, checkpoints, `base`. Raises
    AdapterError for one that is missing, stale or of another base, and for two of one name."""
    expanded = dict.fromkeys(expand_adapters(specs, root))
    adapters = [_adapter(spec, root, base) for spec in expanded]
    names = [adapter.name for adapter in adapters]
    if len(set(names)) < len(names):
        raise AdapterError(f"two adapters have the same name: {', '.join(expanded)}")
    return adapters


def _adapter(spec: str, root: Path, base: BaseFiles) -> WornAdapter:
    if spec == BASE.name:
        return BASE
    (adapter,) = ready_adapters([spec], root, base)
    return replace(adapter, name=Path(spec).name) if "@" in spec else adapter


def _trained_in(folder: Path) -> Path:
    """The folder with the recipe, which a checkpoint lies below."""
    return folder.parent.parent if folder.parent.name == CHECKPOINTS else folder


def _kind(case: Case) -> str:
    if case.skip:
        return "skipped"
    if not case.good or not case.bad:
        return "without examples"
    earlier = case.turns[: case.judged_turn]
    return "generated" if any(turn.assistant is None for turn in earlier) else "canary"


def _summary(category: str, readings: Sequence[Reading]) -> Summary:
    margins = [reading.margin for reading in readings]
    prefers = fmean(reading.prefers for reading in readings)
    return Summary(category, len(margins), prefers, fmean(margins), student_interval(margins))


def _pairs(first: Side, last: Side) -> list[tuple[Reading, Reading]]:
    return list(zip(first.readings, last.readings, strict=True))
