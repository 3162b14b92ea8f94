"""What ends replies, and what keeps them from ending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean

from persona_eval.doctor.drawing import Drawn, is_open
from persona_eval.doctor.ends import Ends
from persona_eval.doctor.evidence import SELDOM, count, surely
from persona_eval.doctor.examining import LONG, LONGER, Examined
from persona_eval.doctor.findings import Finding, of
from persona_eval.doctor.reading import Read
from persona_eval.lint.lengths import quantile
from persona_eval.lint.template import tokens
from persona_eval.statistics.rates import wilson
from persona_eval.training.stops import MOST_LOOKALIKES

ROOM = 1.2
STEP = 20
"""A limit that is recommended leaves a fifth of room, in steps of 20 tokens."""


def stop_tokens(found: Examined) -> Iterator[Finding]:
    """A token with which the model ends replies, but which ends none."""
    if found.ends is None:
        return
    reads = list(found.natural_reads.values())
    for token, name in found.ends.others.items():
        said = fmean(read.says(token) for read in reads) if reads else 0.0
        closes = token == found.ends.closing
        if closes or (said > SELDOM and _at_ends(reads, token)):
            yield _unlisted(found, found.ends, token, name, said)


def _at_ends(reads: Sequence[Read], token: int) -> bool:
    """Whether a token is at least twice as likely where sentences end: one that is as likely
    anywhere ends nothing."""
    chances: dict[bool, list[float]] = {True: [0.0], False: [0.0]}
    for read in reads:
        for closed, chance in zip(read.closed, read.seen.stops[token], strict=True):
            chances[closed].append(chance)
    return fmean(chances[True]) >= 2 * fmean(chances[False])


def unclosed(found: Examined) -> Iterator[Finding]:
    """A chat template from which nothing can be learnt about stopping."""
    ends = found.ends
    if ends is None or not ends.unclosed or ends.stop_texts:
        return
    stop = next(iter(ends.stops.values()), "a stop token")
    yield Finding(
        "stop_tokens", "error", "model", "the chat template puts no stop token after a reply",
        "It writes a conversation whose replies end in plain words.",
        "Training learns to stop from the token behind each reply: there is none, and training "
        "refuses such a template.",
        f"Let the chat_template.jinja of the base model write {stop} after each reply.",
    )  # fmt: skip


def _unlisted(found: Examined, ends: Ends, token: int, name: str, said: float) -> Finding:
    listed = ", ".join(f"{text} ({number})" for number, text in ends.stops.items()) or "none"
    ids = ", ".join(map(str, (*ends.stops, token)))
    forced = any(each.generation.min_tokens for each in found.set.values())
    again = (
        "" if found.subject.is_base else ", and train the adapter again: the base has changed then"
    )
    closing = f"The chat template closes replies with {name}. " if token == ends.closing else ""
    ban = (
        " `min_tokens` does not hold it back either: it bans the listed ones alone."
        if forced
        else ""
    )
    return Finding(
        "stop_tokens", "error", "model",
        f"{name} ends replies for this model, but is not among its stop tokens",
        f"{closing}Stop tokens: {listed}. The model comes upon {name} in {said:.0%} of its replies "
        f"({len(found.natural_reads)} read), by its own probabilities.",
        f"Where it says {name}, the reply goes on behind its own end until another stop or "
        f"`max_tokens`.{ban}",
        f"Write `\"eos_token_id\": [{ids}]` into generation_config.json of the base model{again}.",
        {"token": token, "says": said},
    )  # fmt: skip


def lookalike_tokens(found: Examined) -> Iterator[Finding]:
    """A closing token that nothing can teach the model to say."""
    ends = found.ends
    if ends is None or ends.closing is None:
        return
    alike = ends.alike.get(ends.closing, 0)
    if alike > MOST_LOOKALIKES:
        name = ends.names[ends.closing]
        yield Finding(
            "lookalikes", "error", "model",
            f"the model cannot learn to end replies with {name}",
            f"{alike:,} other tokens have nearly the same weights (cosine above .99).",
            f"{name} was never trained. LoRA leaves these weights as they are: what makes the model "
            "say it makes it say the others just as readily, and run on.",
            "Use the instruction-tuned model, or a chat template of plain words that ends replies "
            "with a trained token.",
            {"alike": alike},
        )  # fmt: skip


def max_tokens(found: Examined) -> Iterator[Finding]:
    """Replies that would have come to their end."""
    cut = [name for name, each in found.set.items() if each.cut]
    ended = {n: each for n, each in found.drawn.get(LONG, {}).items() if not each.cut}
    if not surely(len(cut), len(found.set)) or 2 * len(ended) < len(cut):
        return
    lengths = sorted(
        each.reply.tokens for each in ({**found.set, **ended}).values() if not each.cut
    )
    wanted = int(quantile(lengths, 0.95) * ROOM // STEP + 1) * STEP
    now = max(found.set[name].generation.max_tokens for name in cut)
    wanted = max(wanted, int(now * ROOM // STEP + 1) * STEP)
    yield Finding(
        "max_tokens", "error", "setting", f"`max_tokens: {now}` cuts replies",
        f"{of(len(cut), len(found.set))} are cut. With {LONGER} times the room {len(ended)} of "
        f"these {len(cut)} end by themselves; 95 % of whole replies have at most "
        f"{quantile(lengths, 0.95)} tokens.",
        "The model knows how to end: the limit comes too early for it.",
        f"Set `max_tokens: {wanted}` in `generation:`, or train on shorter replies.",
        {"cut": len(cut), "replies": len(found.set), "ended": len(ended), "recommended": wanted},
    )  # fmt: skip


def runs_on(found: Examined) -> Iterator[Finding]:
    """Replies that do not come to an end with more room either."""
    cut = [name for name, each in found.set.items() if each.cut]
    ended = count(found.drawn.get(LONG, {}).values(), "ended")
    if not surely(len(cut), len(found.set)) or 2 * ended >= len(cut):
        return
    learnt = (
        "Train longer, or on more replies that end; look at the suites' prompts too: the further "
        "from the data, the less the model knows where to stop."
        if not found.subject.is_base
        else "Train an adapter; that is what teaches a base model to end a reply."
    )
    yield Finding(
        "runs_on", "note" if found.subject.is_base else "warning", "recipe",
        "replies do not come to an end",
        f"{of(len(cut), len(found.set))} are cut by `max_tokens`; with {LONGER} times the room "
        f"{ended} of them end.{_end_chance(found)}",
        "More room does not help: the model has not learnt where to stop.",
        learnt,
        {"cut": len(cut), "replies": len(found.set), "ended": ended},
    )  # fmt: skip


def _end_chance(found: Examined) -> str:
    chance = chance_at_end(found)
    return "" if chance is None else f" After whole replies of the data it stops with {chance:.0%}."


def chance_at_end(found: Examined) -> float | None:
    """How likely a stop token is where replies of the data end; None without data."""
    if not found.taught or found.ends is None:
        return None
    stops = found.ends.stops
    return fmean(sum(read.seen.stops[token][-1] for token in stops) for read in found.taught)


def min_tokens(found: Examined) -> Iterator[Finding]:
    """Replies that are forced on behind the point where the model wanted to stop."""
    forced = {name: each for name, each in found.set.items() if each.generation.min_tokens}
    early = [name for name in forced if _ends_early(found.natural[name], forced[name])]
    if not surely(len(early), len(forced)):
        return
    least = max(forced[name].generation.min_tokens for name in early)
    after = sum(forced[name].poor for name in early)
    before = sum(found.natural[name].poor for name in early)
    yield Finding(
        "min_tokens", "warning" if after > before else "note", "setting",
        f"`min_tokens: {least}` keeps replies from ending",
        f"Without it {of(len(early), len(forced))} end earlier, with the same draws. Of these "
        f"{len(early)}, {after} loop, break off, fall apart or are cut when they are forced on, and "
        f"{before} when they may end.{_shorter_data(found, least)}",
        "A ban on stopping does not tell the model what else to say: what comes after the point "
        + ("where it wanted to stop is worse." if after > before
           else "where it wanted to stop is no worse here, but was not learnt."),
        "Set `min_tokens: 0`. For longer replies put longer ones into the training data.",
        {"early": len(early), "replies": len(forced), "poor_forced": after, "poor_free": before},
    )  # fmt: skip


def _ends_early(free: Drawn, forced: Drawn) -> bool:
    """The stop token is among the tokens of a reply."""
    return not free.cut and free.reply.tokens - 1 < forced.generation.min_tokens


def _shorter_data(found: Examined, least: int) -> str:
    replies = found.trained_on
    short = sum(tokens(each.text) < least for each in replies)
    return f" {of(short, len(replies), 'training replies')} are about as short." if replies else ""


def stop_texts(found: Examined) -> Iterator[Finding]:
    """Stop texts cut whatever `min_tokens` says."""
    forced = [each for each in found.set.values() if each.generation.min_tokens]
    short = [
        each for each in forced if not each.cut and each.reply.tokens < each.generation.min_tokens
    ]
    if not surely(len(short), len(forced)):
        return
    texts = {*(found.ends.stop_texts if found.ends else ())}
    texts |= {text for each in short for text in each.generation.stop}
    shown = ", ".join(map(repr, sorted(texts))) or "`stop`"
    yield Finding(
        "stop_texts", "warning", "setting", "`min_tokens` does not keep replies from ending",
        f"{of(len(short), len(forced))} are shorter than `min_tokens` all the same.",
        f"Stop tokens are banned, stop texts ({shown}) are not: the model writes one instead.",
        "Set `min_tokens: 0`: the model ends its reply in one way or the other.",
        {"short": len(short), "replies": len(forced)},
    )  # fmt: skip


def mid_sentence(found: Examined) -> Iterator[Finding]:
    """Replies that stop by themselves, but within a sentence."""
    ended = [each for each in found.set.values() if not each.cut and not each.empty]
    open_ = count(ended, "breaks_off")
    usual = usual_open_share(found)
    if not ended or wilson(open_, len(ended))[0] <= max(SELDOM, usual):
        return
    data = [is_open(each.text) for each in found.trained_on]
    known = f" In the training data {of(sum(data), len(data))} do." if data else ""
    yield Finding(
        "mid_sentence", "note" if found.subject.is_base else "warning", "data",
        "replies stop within a sentence",
        f"{of(open_, len(ended), 'replies that stop by themselves')} end within a sentence or "
        f"without a closing mark.{known}",
        "No setting explains it: it is what the model does by itself.",
        "Train an adapter first." if found.subject.is_base
        else "Look for replies without an end in the training data (`persona-eval lint`); else try "
        "fewer epochs, or a checkpoint with a lower validation loss.",
        {"open": open_, "ended": len(ended), "usual": usual},
    )  # fmt: skip


def usual_open_share(found: Examined) -> float:
    """How often the voice itself leaves an end open: in the card's samples or in the data."""
    samples = found.card.voice.samples if found.card else ()
    shares = [
        sum(map(is_open, texts)) / len(texts)
        for texts in (samples, [each.text for each in found.trained_on])
        if texts
    ]
    return max(shares, default=0.0)


def empty(found: Examined) -> Iterator[Finding]:
    """Nothing is said at all."""
    said = count(found.set.values(), "empty")
    if surely(said, len(found.set)):
        yield Finding(
            "empty", "error", "model", "replies are empty",
            f"{of(said, len(found.set))} hold no words.",
            "The model stops at once, or writes a stop text at once.",
            "Read some: persona-eval chat. Look whether the chat template ends where the reply "
            "begins, and whether `stop` holds a text that every reply begins with.",
            {"empty": said, "replies": len(found.set)},
        )  # fmt: skip
