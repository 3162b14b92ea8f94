"""Judging by today's rules, each judgement made once and kept.

A judgement depends on the code and data of the scorers, the card, the case, the tools and the
replies, and on nothing else. Two digests hold that: that of the *rules* says whether an old
judgement still stands, and together with the replies' it finds one again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Protocol

from persona_eval.fingerprint import digest_file, digest_json, digest_text
from persona_eval.identity import judged_by
from persona_eval.judging import Judgement, Planned, ReplyText, judge_trial, judged_pairs, plan
from persona_eval.models.base import ENGINE_VERSION
from persona_eval.models.likelihood import LIKELIHOOD_VERSION
from persona_eval.scorers.base import ASKS, Scorer, Tools
from persona_eval.scorers.composite import Composite
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case

CODE = (
    "judging.py", "text.py", "trials.py", "overlap/index.py", "scorers/**/*.py", "scorers/data/*.*",
)  # fmt: skip
LIBRARIES = ("numpy", "rapidfuzz", "regex", "textstat")


class JudgementStore(Protocol):
    """Where judgements survive the process."""

    def get_judgements(self, keys: Sequence[str]) -> dict[str, str]:
        """Those that are known, as JSON by key."""

    def put_judgements(self, judgements: Mapping[str, str]) -> None:
        """Keep judgements by key."""


@dataclass(frozen=True)
class Rules:
    """What one case is judged by, with one adapter."""

    case: Case
    persona: Persona
    planned: tuple[Planned, ...]
    tools: Tools
    digest: str | None
    """None where a scorer from elsewhere judges: nobody knows what that depends on."""

    @property
    def answerable(self) -> bool:
        """Whether the tools have all that is needed: outside a run no model says how likely a
        reply is, and what skips for that reason is no judgement to remember."""
        at_hand = self.tools.likelihood is not None and self.tools.base_likelihood is not None
        leaves = (leaf for entry in self.planned for leaf in _leaves(entry.scorer))
        return at_hand or not any(leaf.asks_model for leaf in leaves)

    @property
    def embeds(self) -> bool:
        """Whether something here looks at vectors of texts."""
        scorers = [leaf for entry in self.planned for leaf in _leaves(entry.scorer)]
        return any(_asks(scorers, method) for method in ASKS)

    def worded(self, trial: int) -> Rules:
        """The rules of a trial, counted from 0: those of the wording that it asks."""
        wording = trial % len(self.case.wordings)
        if wording == 0:
            return self
        digest = worded_digest(self.digest, self.case.wordings, trial)
        return replace(self, case=self.case.worded(trial), digest=digest)


class Judge:
    """Judges replies, and remembers."""

    def __init__(self, registry: Registry, kept: JudgementStore | None = None):
        self._registry, self._kept = registry, kept
        self._cards: dict[int, tuple[Persona, str]] = {}
        """Digests of cards by identity: to hash a card takes as long as to digest it."""

    def rules(self, case: Case, persona: Persona, tools: Tools, model: str | None = None) -> Rules:
        """The rules of a case. ``model`` is a digest of base and adapter, for scorers that ask
        them how likely a reply is. Raises ScorerError."""
        planned = plan(case, persona, self._registry)
        digest = _digest(case, self._card(persona), planned, tools, model)
        return Rules(case, persona, planned, tools, digest)

    def judge(
        self,
        rules: Rules,
        trials: Sequence[Sequence[ReplyText]],
        numbers: Iterable[int] | None = None,
    ) -> list[Judgement]:
        """Judge trials by their replies. ``numbers`` tells which trials these are, counted from
        0; by default the first ones. Crashes are not remembered."""
        worded = [rules.worded(n) for n in (range(len(trials)) if numbers is None else numbers)]
        keys = [judgement_key(r.digest, t) for r, t in zip(worded, trials, strict=True)]
        known = self._known([key for key in keys if key])
        pairs = zip(worded, trials, keys, strict=True)
        made = iter(_judged(rules.tools, [(r, t) for r, t, key in pairs if key not in known]))
        judgements = [known[key] if key in known else next(made) for key in keys]
        if rules.answerable:
            self._keep(keys, known, judgements)
        return judgements

    def _card(self, persona: Persona) -> str:
        if id(persona) not in self._cards:
            self._cards[id(persona)] = persona, digest_text(persona.model_dump_json())
        return self._cards[id(persona)][1]

    def _known(self, keys: Sequence[str]) -> dict[str | None, Judgement]:
        found = {} if self._kept is None else self._kept.get_judgements(keys)
        return {key: _from_json(text) for key, text in found.items()}

    def _keep(
        self,
        keys: Sequence[str | None],
        known: Mapping[str | None, Judgement],
        judgements: Sequence[Judgement],
    ) -> None:
        fresh = {
            key: json.dumps(asdict(judgement), ensure_ascii=False)
            for key, judgement in zip(keys, judgements, strict=True)
            if key and key not in known and judgement.error is None
        }
        if self._kept is not None and fresh:
            self._kept.put_judgements(fresh)


def worded_digest(rules: str | None, wordings: Sequence[str], trial: int) -> str | None:
    """Digest of a trial's rules, from that of the case's own wording."""
    wording = trial % len(wordings) if wordings else 0
    return rules if rules is None or wording == 0 else digest_json([rules, wordings[wording]])


def judgement_key(rules: str | None, replies: Sequence[ReplyText]) -> str | None:
    """Finds a judgement again; None where it cannot be kept."""
    return None if rules is None else digest_json([rules, *map(list, replies)])


def _judged(
    tools: Tools, trials: Sequence[tuple[Rules, Sequence[ReplyText]]]
) -> Iterator[Judgement]:
    """All embeddings in one batch, then trial by trial."""
    pairs = (judged_pairs(r.case, r.persona, r.planned, replies) for r, replies in trials)
    prepare(tools, chain.from_iterable(pairs))
    for rules, replies in trials:
        yield judge_trial(rules.case, rules.persona, rules.planned, replies, tools)


def _from_json(text: str) -> Judgement:
    data = json.loads(text)
    return Judgement(data["passed"], data["error"], tuple(data["scores"]))


def _digest(
    case: Case, card: str, planned: Sequence[Planned], tools: Tools, model: str | None
) -> str | None:
    scorers = [leaf for entry in planned for leaf in _leaves(entry.scorer)]
    if not all(type(scorer).__module__.startswith("persona_eval.") for scorer in scorers):
        return None
    return digest_json(
        {
            "code": code_digest(),
            "card": card,
            **judged_by(case),
            "plan": [
                [e.turn, e.title, e.source, e.scorer.model_dump(mode="json")] for e in planned
            ],
            "vectors": [
                name if _asks(scorers, method) else ""
                for name, method in zip(tools.vectors, ASKS, strict=True)
            ],
            "training": _texts(tools.training_replies),
            "model": model if any(scorer.asks_model for scorer in scorers) else None,
        }
    )


def _leaves(scorer: Scorer) -> Iterator[Scorer]:
    if isinstance(scorer, Composite):
        for child in scorer.children:
            yield from _leaves(child)
    else:
        yield scorer


def _asks(scorers: Sequence[Scorer], method: str) -> bool:
    """Whether one of them has texts that it wants vectors of."""
    return any(getattr(type(s), method) is not getattr(Scorer, method) for s in scorers)


def _texts(texts: Sequence[str] | None) -> str | None:
    return None if texts is None else digest_text(*texts)


def model_digest(base: str, engine: str, adapter: str) -> str:
    """Digest of what says how likely a reply is: fingerprints of base and adapter, and the engine."""
    return digest_json([base, engine, ENGINE_VERSION, LIKELIHOOD_VERSION, adapter])


@cache
def code_digest() -> str:
    """Digest of the scorers' code and data and of the libraries they judge with."""
    root = Path(__file__).parent
    files = sorted(path for pattern in CODE for path in root.glob(pattern) if path.is_file())
    digests = (f"{path.relative_to(root).as_posix()}={digest_file(path)}" for path in files)
    return digest_text(*digests, *(f"{name}={version(name)}" for name in LIBRARIES))
