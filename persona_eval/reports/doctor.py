"""What the doctor found: figures as tables, findings in sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from statistics import fmean

from tabulate import tabulate

from persona_eval.doctor.evidence import count
from persona_eval.doctor.examining import COOL, FREE, LONG, PENALTIES, SET, Examined, penalised
from persona_eval.doctor.findings import CAUSES, Finding, of
from persona_eval.doctor.layouts import OWN, means
from persona_eval.doctor.lengths import Words, replied, trained
from persona_eval.doctor.places import places
from persona_eval.doctor.stopping import chance_at_end
from persona_eval.reports.plain import printable
from persona_eval.runner import Work

SHOWN_LAYOUTS = 2
WIDTH = 100
NOTHING = "Nothing is wrong with lengths, ends and sampling, as far as this can see."
COLUMNS = {"ended": "ended", "cut": "cut", "breaks_off": "open end", "loops": "loop",
           "falls_apart": "fall apart"}  # fmt: skip


def doctor_lines(
    found: Examined, findings: Sequence[Finding], model: str, engine: str, work: Work
) -> Iterator[str]:
    """The whole report."""
    yield heading(found, model, engine, work)
    yield ""
    yield from _ends(found)
    yield from _settings(found)
    yield from _lengths(found)
    yield from _layouts(found)
    yield ""
    yield from finding_lines(findings)


def heading(found: Examined, model: str, engine: str, work: Work) -> str:
    """What was examined, on what, and how much of it was new."""
    who = "base model" if found.subject.is_base else f"adapter {found.subject.adapter.name}"
    number, origin = len(found.prompts.asked), found.prompts.origin
    asked = origin.replace("built-in", f"{number} built-in") if "built-in" in origin else ""
    return (
        f"Doctor · {who} · {model} ({engine}) · {asked or f'{number} prompts of the {origin}'} · "
        f"{work.generated} replies in {work.seconds:.0f} s, {work.stored} from the store"
    )


def finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Each finding in a few lines, or that there is none."""
    if not findings:
        yield NOTHING
        return
    for number, finding in enumerate(findings, 1):
        yield f"{number}. {finding.severity}: {printable(finding.title)}"
        yield from _indented("measured", finding.measured)
        yield from _indented("means", finding.means)
        yield from _indented("change", f"{finding.change} ({finding.where})")
        yield ""
    if len(findings) > 1 and findings[0].name in CAUSES:
        yield "Mend the first one first, and look again: others may have come from it."


def _indented(label: str, text: str) -> Iterator[str]:
    """A paragraph under its label, within the width of the page."""
    yield from textwrap.wrap(
        printable(text), WIDTH, initial_indent=f"   {label + ':':<10}", subsequent_indent=" " * 13,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _ends(found: Examined) -> Iterator[str]:
    ends = found.ends
    if ends is None:
        yield "This model does not tell its probabilities: stop tokens and templates are not looked at."
        yield ""
        return
    listed = ", ".join(f"{text} ({token})" for token, text in ends.stops.items()) or "none"
    texts = f" or with {', '.join(map(repr, ends.stop_texts))}" if ends.stop_texts else ""
    closing = ends.names.get(ends.closing, "?") if ends.closing is not None else "no special token"
    yield f"Replies end with {listed}{texts}. The chat template closes them with {closing}."
    chance = chance_at_end(found)
    if chance is not None:
        yield f"After whole replies of the data a stop token has a probability of {chance:.0%}."
    yield ""
    yield from _stops(found)


def _stops(found: Examined) -> Iterator[str]:
    """Mean probability of each token by place, at the end of sentences and within."""
    table = places(found)
    if not table:
        return
    shown = [printable(name) for name in table[0].names]
    rows = [
        [row.label, str(row.closed.places), *map(_percent, row.closed.chances),
         str(row.within.places), *map(_percent, row.within.chances)]
        for row in table
    ]  # fmt: skip
    yield "Probability of each stop token, by the model alone"
    yield _table(["tokens before", "sentence ends", *shown, "places within", *shown], rows)
    yield ""


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    align = ("left", *["right"] * (len(headers) - 1))
    return tabulate(rows, headers=headers, disable_numparse=True, colalign=align)


def _percent(chance: float | None) -> str:
    if chance is None:
        return "–"
    return "<0.1%" if 0 < chance < 0.001 else f"{chance:.1%}"


def _settings(found: Examined) -> Iterator[str]:
    """Every setting that was tried, with the same draws."""
    order = (SET, FREE, LONG, COOL, *map(penalised, PENALTIES))
    rows = []
    for label in order:
        replies = found.drawn.get(label)
        if replies:
            reads = found.reads.get(label, {})
            excess = f"{fmean(read.excess for read in reads.values()):+.2f}" if reads else "–"
            numbers = (str(count(replies.values(), column)) for column in COLUMNS)
            rows.append([label, str(len(replies)), *numbers, excess])
    headers = ["settings", "replies", *COLUMNS.values(), "surprise"]
    yield _table(headers, rows)
    yield "surprise: nats per token above what the model expects; above 0 a setting forces odd words"
    yield ""


def _lengths(found: Examined) -> Iterator[str]:
    known, told = trained(found), replied(found)
    if told:
        yield f"Words of replies that end by themselves: {_words(told)}"
    if known:
        yield f"Words of training replies: {_words(known)}"
        if told:
            low, high = known.band
            inside = [low <= each.words <= high for each in found.set.values() if each.ended]
            yield f"Within the middle 80 % of the training lengths: {of(sum(inside), len(inside))}"
    elif not found.subject.is_base:
        yield "No recipe.yaml beside the adapter: its training data are not known."


def _words(words: Words) -> str:
    names = ("shortest", "tenth", "median", "ninetieth", "longest")
    told = ", ".join(f"{n} {q}" for n, q in zip(names, words.quantiles, strict=True))
    return f"{told} ({words.count})"


def _layouts(found: Examined) -> Iterator[str]:
    if found.layouts is None:
        return
    ordered = list(means({name: list(nats) for name, nats in found.layouts.nats.items()}))
    own = dict(ordered)[OWN]
    others = [pair for pair in ordered if pair[0] != OWN][:SHOWN_LAYOUTS]
    told = ", ".join(f"{nats:.2f} as {name}" for name, nats in others)
    yield f"Known replies cost {own:.2f} nats per token after the chat template; {told}"
