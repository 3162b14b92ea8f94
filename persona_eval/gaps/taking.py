"""Answered stubs become training data, as far as they are fit for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from persona_eval.gaps.apart import leaked
from persona_eval.gaps.stub_file import MARK, StubLine, append_rows, replace_whole
from persona_eval.gaps.wishes import Wish, as_said, granted
from persona_eval.lint import coverage
from persona_eval.lint.coverage import Label
from persona_eval.lint.duplicates import copies
from persona_eval.lint.grams import GramIndex
from persona_eval.lint.leakage import Leak, texts_of
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, said_by
from persona_eval.lint.template import marked
from persona_eval.scorers.base import Embedder, Tools
from persona_eval.scorers.rules_form import Complete
from persona_eval.scorers.tools import prepare
from persona_eval.scorers.wording import quote
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation

KEYS = ("messages", "category", "control")
"""What a line keeps in the data; wishes and hints are done with."""
Places = dict[int, tuple[Path, int]]
"""File and line of what was read, by the line it was read from."""


@dataclass(frozen=True)
class Refused:
    """An answer that is not taken, with all the reasons."""

    line: StubLine
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Taking:
    """What becomes of the lines of a file of stubs."""

    lines: tuple[StubLine, ...]
    taken: tuple[StubLine, ...]
    known: tuple[StubLine, ...]
    """Conversations that the data hold already: taken before, or written twice."""
    refused: tuple[Refused, ...]
    notes: tuple[tuple[StubLine, str], ...]
    """What the author may want to look at again; no reason not to take a line."""

    @property
    def waiting(self) -> int:
        """Stubs without an answer."""
        return len(self.lines) - len(self.taken) - len(self.known) - len(self.refused)

    def write(self, stubs: Path, data: Path) -> Places:
        """Add what is taken to the data, and take it out of the stubs; where lines stand then.
        Broken off in between, the next time finds what the data hold already. Raises
        PersonaEvalError."""
        places = {line.line: (stubs, line.line) for line in self.lines}
        if self.taken:
            first = append_rows(data, [_row(line) for line in self.taken])
            places |= {line.line: (data, n) for n, line in enumerate(self.taken, start=first)}
        gone = {line.line for line in (*self.taken, *self.known)}
        if gone:
            left = [line for line in self.lines if line.line not in gone]
            replace_whole(stubs, b"".join(line.raw + b"\n" for line in left))
            places |= {line.line: (stubs, n) for n, line in enumerate(left, start=1)}
        return places


def sort_out(
    lines: Sequence[StubLine],
    data: Sequence[Conversation],
    suites: Sequence[Suite],
    card: Persona | None,
    tools: Tools,
    limits: Limits | None = None,
) -> Taking:
    """Look at all answers. ``data`` are the conversations to train on and to validate on."""
    limits = limits or Limits()
    begun = [line for line in lines if any(line.answers)]
    held = {each.messages for each in data}
    known = [line for line in begun if line.conversation.messages in held]
    rest = [line for line in begun if line not in known]
    reasons = _reasons(rest, data, suites, card, tools, limits)
    taken = tuple(line for line in rest if not reasons[line.line])
    refused = (Refused(line, tuple(reasons[line.line])) for line in rest if reasons[line.line])
    notes = [*_lengths(taken), *(_behaviour(taken, card, tools, limits) if card else ())]
    notes.sort(key=lambda note: note[0].line)
    return Taking(tuple(lines), taken, tuple(known), tuple(refused), tuple(notes))


def _row(line: StubLine) -> dict[str, Any]:
    return {**{key: line.row[key] for key in KEYS}, MARK: True}


def _reasons(
    lines: Sequence[StubLine],
    data: Sequence[Conversation],
    suites: Sequence[Suite],
    card: Persona | None,
    tools: Tools,
    limits: Limits,
) -> dict[int, list[str]]:
    """Why lines cannot be taken, by line. Those that are not whole are not looked at further."""
    found = {line.line: list(_unfinished(line)) for line in lines}
    whole = [line.conversation for line in lines if not found[line.line]]
    if whole:
        users, replies = said_by("user", whole), said_by("assistant", whole)
        wrong = (
            *_leaks(suites, users, replies, tools.embedder, limits),
            *_copied(said_by("assistant", data), replies, limits),
            *_cut(replies, card or Persona(name="?"), tools),
            *_marked(whole),
        )
        for said, reason in wrong:
            found[said.source.line].append(reason)
    return found


def _unfinished(line: StubLine) -> Iterator[str]:
    if not all(user.text.strip() for user in line.users):
        topic = f": write one about {quote(line.row['topic'])}" if line.row.get("topic") else ""
        yield f"the user's message is empty{topic}"
    empty = line.answers.count(False)
    if empty:
        yield f"{empty} of its {len(line.answers)} replies {'is' if empty == 1 else 'are'} empty"


def _leaks(
    suites: Sequence[Suite],
    users: Sequence[Spoken],
    replies: Sequence[Spoken],
    embedder: Embedder | None,
    limits: Limits,
) -> Iterator[tuple[Spoken, str]]:
    """Texts of the suites, by the limits of the lint."""
    texts = texts_of(suites)
    prompts = [each for each in texts if each.what == "prompt"]
    good = [each for each in texts if each.what == "good reply"]
    bad = [each for each in texts if each.what == "bad reply"]
    asked = leaked(prompts, users, embedder, limits.overlap, limits.prompt_cosine)
    said = leaked(good, replies, embedder, limits.overlap, limits.reply_cosine)
    called_bad = leaked(bad, replies, None, limits.overlap, limits.reply_cosine)
    for leak in (*asked.values(), *said.values(), *called_bad.values()):
        yield leak.said, _leak(leak)


def _leak(leak: Leak) -> str:
    return (
        f"{quote(leak.said.text)} is too near a {leak.tested.what} of the suites, "
        f"{leak.tested.place}: {leak.how}; say it otherwise"
    )


def _copied(
    data: Sequence[Spoken], replies: Sequence[Spoken], limits: Limits
) -> Iterator[tuple[Spoken, str]]:
    """Replies that repeat one of the data, or an answer before them."""
    every = [*data, *replies]
    words = [each.words for each in every]
    for number, other in copies(words, GramIndex(words), limits.overlap).items():
        if number >= len(data):
            of = every[other]
            where = of.example().place if other < len(data) else f"another answer, {quote(of.text)}"
            yield every[number], f"{quote(every[number].text)} repeats {where}; write another"


def _cut(replies: Iterable[Spoken], card: Persona, tools: Tools) -> Iterator[tuple[Spoken, str]]:
    whole = Complete()
    exchanges = [(reply, reply.exchange(card, tools)) for reply in replies]
    prepare(tools, ((whole, exchange) for _, exchange in exchanges))
    for reply, exchange in exchanges:
        score = whole.judge(exchange)
        if score.passed is False:
            yield reply, f"{quote(reply.text)} is not finished: {score.reason}; write its end"


def _marked(conversations: Sequence[Conversation]) -> Iterator[tuple[Spoken, str]]:
    for each in marked(conversations):
        yield (
            each,
            f"{quote(each.text)} holds tokens of a chat template or a speaker's label; take them out",
        )


def _lengths(lines: Iterable[StubLine]) -> Iterator[tuple[StubLine, str]]:
    """Replies of another length than was wished."""
    for line in lines:
        wish = cast(Wish, line.row.get("words", {}))
        counts = [len(reply.words) for reply in said_by("assistant", [line.conversation])]
        if not all(granted(count, wish) for count in counts):
            yield line, f"{', '.join(map(str, counts))} words, where {as_said(wish)} were wished"


def _behaviour(
    lines: Sequence[StubLine], card: Persona, tools: Tools, limits: Limits
) -> Iterator[tuple[StubLine, str]]:
    """Replies in which the scorers do not see what their category is for."""
    probes = [line for line in lines if not line.label[1] and line.label[0] != "in_character"]
    last = [said_by("assistant", [line.conversation])[-1] for line in probes]
    read = coverage.read(last, card, tools, _all(limits, len(last)))
    for line, found in zip(probes, read.labels, strict=True):
        label: Label = line.label
        if label not in found:
            yield line, f"its reply is not seen as one of {coverage.WHAT[label]}"


def _all(limits: Limits, count: int) -> Limits:
    return Limits(**{**vars(limits), "sample": max(1, count)})
