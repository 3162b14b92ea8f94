"""Everything that is measured, in the order in which the model is needed for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from persona_eval.doctor.drawing import Drawn, Replies, draw
from persona_eval.doctor.ends import Ends
from persona_eval.doctor.evidence import off_course
from persona_eval.doctor.layouts import Exchanged
from persona_eval.doctor.prompts import Asked, Prompts, built_in, spread
from persona_eval.doctor.reading import LayoutsRead, Read, Reader, TextStore
from persona_eval.doctor.subject import Subject
from persona_eval.lint.spoken import Spoken, said_by
from persona_eval.runner import Runner
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation

SET, FREE, LONG, COOL = "as set", "without min_tokens", "with a longer max_tokens", "cooler"
PENALTIES = (1.0, 1.1, 1.3)
"""Values at which loops are counted, besides the one that is set."""
USUAL = Generation().temperature
"""A temperature above the package's own default is compared with that default."""
LONGER = 4
"""How many times `max_tokens` a cut reply may have to come to its end."""
TAUGHT = 16
"""Replies of the data that are read for how they end."""
EXCHANGES = 8
"""Exchanges that are read in each layout: eleven layouts cost eleven readings."""


@dataclass(frozen=True)
class Examined:
    """All that findings rest on."""

    subject: Subject
    prompts: Prompts
    card: Persona | None
    drawn: Mapping[str, Replies]
    """Replies by the setting that was changed; ``SET`` for none."""
    ends: Ends | None = None
    """None, as all that is read, for a model without weights."""
    reads: Mapping[str, Mapping[str, Read]] = field(default_factory=dict)
    """Readings of these replies, but of empty ones."""
    taught: Sequence[Read] = ()
    """Readings of replies of the data."""
    layouts: LayoutsRead | None = None

    @property
    def set(self) -> Replies:
        """Replies under the settings as they are."""
        return self.drawn[SET]

    @property
    def natural(self) -> Replies:
        """The same, but without `min_tokens`: what the model says by itself."""
        return {**self.set, **self.drawn.get(FREE, {})}

    @property
    def natural_reads(self) -> Mapping[str, Read]:
        """Readings of the natural replies."""
        free = self.drawn.get(FREE, {})
        kept = {n: read for n, read in self.reads.get(SET, {}).items() if n not in free}
        return {**kept, **self.reads.get(FREE, {})}

    @property
    def trained_on(self) -> list[Spoken]:
        """Replies of the training data."""
        return said_by("assistant", self.subject.sources.train) if self.subject.sources else []


def penalised(value: float) -> str:
    """What replies at a repetition penalty are called."""
    return f"repetition_penalty {value:g}"


def examine(
    subject: Subject, asked: Prompts, suites: Sequence[Suite], runner: Runner, store: TextStore
) -> Examined:
    """Draw and read. What is stored is not asked for again. Raises EngineError."""
    reader = Reader(runner, store, subject.adapter)
    card = suites[0].persona if suites else None
    try:
        drawn = draw(runner, subject.adapter, dict(_wanted(asked.asked)))
        ends = reader.ends() if reader.can_read else None
        longer = {LONG: list(_longer(drawn[SET].values(), ends))}
        drawn |= {k: v for k, v in draw(runner, subject.adapter, longer).items() if v}
        found = Examined(subject, asked, card, drawn, ends)
        return _read(found, reader, suites) if ends else found
    finally:
        runner.close()


def _wanted(asked: Sequence[Asked]) -> Iterator[tuple[str, list[Asked]]]:
    yield SET, list(asked)
    free = [each.changed(min_tokens=0) for each in asked]
    yield FREE, [new for new, old in zip(free, asked, strict=True) if new != old]
    for value in PENALTIES:
        yield (
            penalised(value),
            [
                each.changed(repetition_penalty=value)
                for each in free
                if each.case.generation.repetition_penalty != value
            ],
        )
    hot = [each for each in free if each.case.generation.temperature > USUAL]
    yield COOL, [each.changed(temperature=USUAL) for each in hot]


def _longer(drawn: Iterable[Drawn], ends: Ends | None) -> Iterator[Asked]:
    """Cut replies once more, with room to come to their end."""
    for each in drawn:
        most = LONGER * each.generation.max_tokens
        if ends:
            most = min(most, ends.context - each.reply.prompt_tokens)
        if each.cut and most > each.generation.max_tokens:
            yield each.asked.changed(max_tokens=most)


def _read(found: Examined, reader: Reader, suites: Sequence[Suite]) -> Examined:
    assert found.ends is not None, "the model can be read"
    watched = sorted(found.ends.names)
    reads = {
        label: _of(found.drawn[label], reader, watched)
        for label in (SET, FREE, COOL)
        if found.drawn.get(label)
    }
    natural = {**reads[SET], **reads.get(FREE, {})}
    neutral = penalised(1.0)
    if found.drawn[neutral] and off_course([read.excess for read in natural.values()]):
        reads[neutral] = _of(found.drawn[neutral], reader, watched)
    known = _known(found.subject)
    taught = [(each.source.messages[: each.index], each.text) for each in _some(known, TAUGHT)]
    exchanges = list(_exchanges(known, suites))
    return Examined(
        found.subject, found.prompts, found.card, found.drawn, found.ends, reads,
        reader.replies(taught, watched), reader.layouts(exchanges),
    )  # fmt: skip


def _of(replies: Replies, reader: Reader, watched: Sequence[int]) -> dict[str, Read]:
    said = {
        name: (each.messages, each.reply.text) for name, each in replies.items() if not each.empty
    }
    return dict(zip(said, reader.replies(list(said.values()), watched), strict=True))


def _known(subject: Subject) -> list[Conversation]:
    """Conversations that the adapter should find likely: those it did not learn by heart first."""
    sources = subject.sources
    return (sources.valid or sources.train) if sources else []


def _some(conversations: Sequence[Conversation], count: int) -> list[Spoken]:
    return said_by("assistant", spread(conversations, count))[:count]


def _exchanges(known: Sequence[Conversation], suites: Sequence[Suite]) -> Iterator[Exchanged]:
    """First exchanges of the data, else good replies of the suites, else built-in ones."""
    written = known or ([] if _good(suites) else built_in())
    for each in spread(written, EXCHANGES):
        said = {message.role: message.content for message in reversed(each.messages)}
        yield Exchanged(said.get("system"), said["user"], said["assistant"])
    if not written:
        yield from _good(suites)[:EXCHANGES]


def _good(suites: Sequence[Suite]) -> list[Exchanged]:
    """Good replies to a first message, one a case."""
    return [
        Exchanged(suite.persona.system_prompt, case.turns[0].user, case.good[0])
        for suite in suites
        for case in suite.cases
        if case.good and len(case.turns) == 1
    ]
