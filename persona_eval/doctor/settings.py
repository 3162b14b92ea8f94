"""Whether sampling pushes the model off what it learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from persona_eval.doctor.drawing import Replies
from persona_eval.doctor.evidence import count, off_course, surely, worse
from persona_eval.doctor.examining import COOL, PENALTIES, USUAL, Examined, penalised
from persona_eval.doctor.findings import Finding, of


@dataclass(frozen=True)
class Neutral:
    """A setting, and the replies without it."""

    name: str
    value: float
    label: str


@dataclass(frozen=True)
class Blame:
    """What a setting does to the replies that are drawn without it too."""

    neutral: Neutral
    replies: int
    excess: float
    without: float | None
    """Mean excess in nats per token; None where it was not read."""
    mends: bool
    """Whether words are no longer too surprising without it."""
    apart: tuple[int, int, bool]
    """Replies that fall apart with it alone, without it alone, and whether that is no luck."""

    @property
    def drop(self) -> float:
        """By how much the excess falls without the setting."""
        return self.excess - self.without if self.without is not None else 0.0


def pushed(found: Examined) -> Iterator[Finding]:
    """The settings to blame where words are chosen that the model finds unlikely."""
    excesses = [read.excess for read in found.natural_reads.values()]
    blames = [_blame(found, neutral) for neutral in _neutrals(found)]
    guilty = [blame for blame in blames if blame.apart[2]]
    if off_course(excesses):
        mending = [blame for blame in blames if blame.mends]
        best = max(mending or blames, key=lambda blame: blame.drop, default=None)
        guilty += [best] if best and best.drop > 0 and best not in guilty else []
    for blame in guilty:
        hot = blame.neutral.name == "temperature"
        yield _too_hot(blame) if hot else _too_harsh(found, blame)


def _neutrals(found: Examined) -> Iterator[Neutral]:
    generations = [each.generation for each in found.set.values()]
    if found.drawn.get(COOL):
        yield Neutral("temperature", max(g.temperature for g in generations), COOL)
    if (penalty := max(g.repetition_penalty for g in generations)) > 1:
        yield Neutral("repetition_penalty", penalty, penalised(1.0))


def _blame(found: Examined, neutral: Neutral) -> Blame:
    without = found.drawn[neutral.label]
    reads = found.reads.get(neutral.label, {})
    mine = [found.natural_reads[name].excess for name in reads if name in found.natural_reads]
    theirs = [read.excess for read in reads.values()]
    return Blame(
        neutral, len(without), fmean(mine) if mine else 0.0, fmean(theirs) if theirs else None,
        bool(theirs) and not off_course(theirs), worse(without, _those(found, without), "falls_apart"),
    )  # fmt: skip


def _those(found: Examined, others: Replies) -> Replies:
    return {name: each for name, each in found.natural.items() if name in others}


def _too_hot(blame: Blame) -> Finding:
    return Finding(
        "temperature", "error", "setting", f"`temperature: {blame.neutral.value:g}` is too high",
        _compared(blame, f"at {USUAL:g}"),
        "The draws leave what the model learnt, and each odd word makes the next one odder.",
        f"Set `temperature: {USUAL:g}` in `generation:`, or lower.",
        _figures(blame) | {"recommended": USUAL},
    )  # fmt: skip


def _too_harsh(found: Examined, blame: Blame) -> Finding:
    best = gentlest(found, blame.neutral.value)
    loops = count(found.drawn[penalised(best)].values(), "loops")
    return Finding(
        "repetition_penalty", "error", "setting",
        f"`repetition_penalty: {blame.neutral.value:g}` is too high",
        f"{_compared(blame, 'at 1')} Replies that loop at {best:g}: {loops} of {blame.replies}.",
        "Words that are needed again, such as “the” and “.”, may not come again, and others take "
        "their place. Stop tokens of earlier turns are held back as well.",
        f"Set `repetition_penalty: {best:g}` in `generation:`.",
        _figures(blame) | {"recommended": best, "loops": loops},
    )  # fmt: skip


def _compared(blame: Blame, label: str) -> str:
    here, there, _ = blame.apart
    surprise = (
        f"Words are {blame.excess:+.2f} nats a token more surprising to the model than it expects; "
        f"{label}, with the same draws, {blame.without:+.2f} ({blame.replies} replies). "
        if blame.without is not None
        else ""
    )
    return f"{surprise}{here} replies fall apart only as set, {there} only {label}."


def _figures(blame: Blame) -> dict[str, float]:
    figures = {"excess": blame.excess, "replies": blame.replies, "apart_with": blame.apart[0],
               "apart_without": blame.apart[1]}  # fmt: skip
    return figures if blame.without is None else {**figures, "excess_without": blame.without}


def gentlest(found: Examined, below: float) -> float:
    """Of the values that were tried below this one, the lowest with the fewest loops."""
    tried = [value for value in PENALTIES if value < below and found.drawn.get(penalised(value))]
    loops = {value: count(found.drawn[penalised(value)].values(), "loops") for value in tried}
    return min(loops, key=lambda value: (loops[value], value), default=1.0)


def loops(found: Examined) -> Iterator[Finding]:
    """Replies that go round in circles, and whether another penalty keeps them from it."""
    looping = count(found.set.values(), "loops")
    if not surely(looping, len(found.set)):
        return
    tried = {
        value: found.drawn[penalised(value)]
        for value in PENALTIES
        if found.drawn.get(penalised(value))
    }
    now = max(each.generation.repetition_penalty for each in found.set.values())
    helps = [
        value for value, replies in tried.items()
        if value > now and worse(replies, _those(found, replies), "loops")[2]
    ]  # fmt: skip
    told = ", ".join(
        f"{count(replies.values(), 'loops')} at {value:g}" for value, replies in tried.items()
    )
    yield Finding(
        "loops", "note" if found.subject.is_base else "warning", "setting" if helps else "recipe",
        "replies go round in circles",
        f"{of(looping, len(found.set))} loop at `repetition_penalty: {now:g}`; with the same draws "
        f"{told}.",
        "A higher penalty keeps the model from it." if helps
        else "No penalty that was tried changes that surely: the model loops by itself.",
        f"Set `repetition_penalty: {helps[0]:g}`." if helps else _teach(found),
        {"loops": looping, "replies": len(found.set)},
    )  # fmt: skip


def _teach(found: Examined) -> str:
    if found.subject.is_base:
        return "Train an adapter: base models loop where nothing tells them how to answer."
    return (
        "Look for replies in the training data that say things twice, and for overfitting: try "
        "fewer epochs, or a checkpoint with a lower validation loss."
    )
