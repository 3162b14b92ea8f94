"""Prompts for the author to answer: from the bank, near what fails, and never near a suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from persona_eval.gaps.apart import asked_by, asked_in, leaked, spoken
from persona_eval.gaps.bank import Prompt
from persona_eval.gaps.find import Failure, Gaps, Group, Turns
from persona_eval.gaps.hints import hint
from persona_eval.gaps.tried import Tried
from persona_eval.gaps.wishes import Wish, wishes
from persona_eval.lint.coverage import Label
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken
from persona_eval.scorers.base import Embedder
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite

AWAY = 0.7
"""From here on two prompts ask much the same. Of the bank's prompts the nearest to one of the
example character's suites is at .36 in the median; the sixteen at .70 and above ask much the same,
those below something else. The lint speaks up at .85."""
TOPIC = 0.4
"""From here on a prompt is on a case's topic. Of the bank's prompts one pair in a hundred comes to
.37."""
MOST = 20
"""Stubs of a category or its controls at a time."""
Kept = Counter[tuple[Label, int]]
"""Stubs that wait already, by what they are a case of and by user turns."""


@dataclass(frozen=True)
class Stub:
    """A conversation whose replies are to be written."""

    label: Label
    turns: tuple[str, ...]
    """What the user says; empty where the author has to write that too."""
    wish: Wish
    cases: tuple[str, ...]
    """Ids of the failing cases that it is for."""
    topic: str | None = None
    """What to write about, where the user's words are left to the author."""

    def row(self, system: str | None = None) -> dict[str, Any]:
        """A line of training data with the replies left empty."""
        messages = [{"role": "system", "content": system}] if system else []
        for said in self.turns:
            messages += [{"role": "user", "content": said}, {"role": "assistant", "content": ""}]
        return {
            "messages": messages,
            "category": self.label[0],
            "control": self.label[1],
            "words": self.wish,
            "for": list(self.cases),
            **({"topic": self.topic} if self.topic else {}),
            "train_safe": None,
        }


class Chooser:
    """Chooses prompts of the bank, each at most once, far from each other."""

    def __init__(
        self,
        bank: Sequence[Prompt],
        suites: Sequence[Suite],
        users: Sequence[Spoken],
        embedder: Embedder,
    ):
        """``users`` are the user turns of the data and of stubs that wait."""
        self._embedder = embedder
        self._suites = asked_by(suites)
        barred = self._barred(bank, users)
        self._bank = [prompt for n, prompt in enumerate(bank) if n not in barred]
        self._vectors = embedder.embed([prompt.turns[-1] for prompt in self._bank])
        self._chosen: list[int] = []

    def _barred(self, bank: Sequence[Prompt], users: Sequence[Spoken]) -> set[int]:
        """Numbers of prompts with a turn near one of the suites or of the data."""
        said = [spoken(text) for prompt in bank for text in prompt.turns]
        owner = [n for n, prompt in enumerate(bank) for _ in prompt.turns]
        known = [*self._suites, *asked_in(users)]
        return {owner[n] for n in leaked(known, said, self._embedder, Limits().overlap, AWAY)}

    def near(self, case: Tried, label: Label, turns: int = 1) -> Prompt | None:
        """A prompt on the case's topic: the nearest, then those farthest from what is chosen."""
        if not self._bank:
            return None
        towards = self._vectors @ self._embedder.embed([case.prompt])[0]
        open_ones = [n for n in self._open(label, turns) if towards[n] >= TOPIC]
        first = not any(towards[n] >= TOPIC for n in self._of(label, turns, self._chosen))
        return self._take(open_ones, [float(t) for t in towards] if first else None)

    def any(self, label: Label, turns: int = 1) -> Prompt | None:
        """A prompt of the label that is far from what is chosen."""
        return self._take(self._open(label, turns), None)

    def about(self, prompt: Prompt, cases: Sequence[Tried]) -> tuple[str, ...]:
        """The cases whose topic a prompt is on; all where it is on none."""
        vectors = self._embedder.embed([prompt.turns[-1], *(case.prompt for case in cases)])
        found = [
            c for c, near in zip(cases, vectors[1:] @ vectors[0], strict=True) if near >= TOPIC
        ]
        return tuple(case.case.id for case in found or cases)

    def apart(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that are not near a prompt of the suites."""
        said = [spoken(text) for text in texts]
        found = leaked(self._suites, said, self._embedder, Limits().overlap, AWAY)
        return [text for number, text in enumerate(texts) if number not in found]

    def _open(self, label: Label, turns: int) -> list[int]:
        chosen = self._vectors[self._chosen]
        found = self._of(label, turns, range(len(self._bank)))
        return [n for n in found if not (chosen @ self._vectors[n] >= AWAY).any()]

    def _of(self, label: Label, turns: int, among: Sequence[int]) -> list[int]:
        def fits(prompt: Prompt) -> bool:
            return prompt.label == label and len(prompt.turns) == turns

        return [n for n in among if fits(self._bank[n])]

    def _take(self, open_ones: Sequence[int], towards: Sequence[float] | None) -> Prompt | None:
        if not open_ones:
            return None
        if towards is not None:
            best = max(open_ones, key=lambda n: (towards[n], -n))
        else:
            chosen = self._vectors[self._chosen]
            best = min(open_ones, key=lambda n: ((chosen @ self._vectors[n]).max(initial=-1.0), n))
        self._chosen.append(best)
        return self._bank[best]


def choose_stubs(
    gaps: Gaps, chooser: Chooser, card: Persona, embedder: Embedder, kept: Kept, most: int = MOST
) -> list[Stub]:
    """Stubs for what is to be added, up to ``most`` of each group, less those that wait."""
    found = []
    for group in gaps.groups:
        count = min(group.add, most) - kept[group.label, 1]
        found += _of_group(group, chooser, card, embedder, max(0, count))
    for turns in gaps.turns:
        waiting = sum(n for (_, length), n in kept.items() if length >= turns.turns)
        found += _of_turns(turns, chooser, card, max(0, min(turns.add, most) - waiting))
    return found


def _of_group(
    group: Group, chooser: Chooser, card: Persona, embedder: Embedder, count: int
) -> list[Stub]:
    wished = cycle(wishes(group.wanted, card))
    lacking = [each for each in group.failures if each.missing]
    about = [each.tried for each in lacking or group.failures]
    found = []
    bare: dict[str, Tried] = {}
    for tried in (failure.tried for failure in islice(_in_turn(lacking), count)):
        if prompt := chooser.near(tried, group.label):
            cases = chooser.about(prompt, about)
            found.append(Stub(group.label, prompt.turns, next(wished), cases))
        else:
            bare[tried.case.id] = tried
    found += _hinted(group.label, bare, chooser, card, embedder, wished)
    while len(found) < count and (prompt := chooser.any(group.label)):
        cases = chooser.about(prompt, about)
        found.append(Stub(group.label, prompt.turns, next(wished), cases))
    return found


def _hinted(
    label: Label,
    bare: dict[str, Tried],
    chooser: Chooser,
    card: Persona,
    embedder: Embedder,
    wished: Iterator[Wish],
) -> list[Stub]:
    """One for each case on whose topic the bank has too few prompts."""
    found: list[Stub] = []
    for name, tried in bare.items():
        used = [stub.topic for stub in found if stub.topic]
        topic = hint(tried, card, embedder, chooser.apart, used, TOPIC)
        if topic:
            found.append(Stub(label, ("",), next(wished), (name,), topic))
    return found


def _in_turn(lacking: Sequence[Failure]) -> Iterator[Failure]:
    """Each case once, then those again that need more."""
    for number in range(max((each.missing for each in lacking), default=0)):
        yield from (each for each in lacking if each.missing > number)


def _of_turns(turns: Turns, chooser: Chooser, card: Persona, count: int) -> Iterator[Stub]:
    """Conversations of the labels that fail as such, one of each in turn; what the bank does
    not hold is left to the author."""
    labels = list(dict.fromkeys(each.label for each in turns.failing))
    wish = wishes((), card)[0]
    for label in islice(cycle(labels), count):
        cases = [each for each in turns.failing if each.label == label]
        prompt = chooser.any(label, turns.turns)
        if prompt is None:
            ids = tuple(each.case.id for each in cases)
            topic = f"a conversation of {turns.turns} turns, each of which needs those before"
            yield Stub(label, ("",) * turns.turns, wish, ids, topic)
        else:
            yield Stub(label, prompt.turns, wish, chooser.about(prompt, cases))
