"""Do the data practise what the suites test? By the behaviour scorers.

What a reply shows by the rules counts whatever it answers. The scorers' trained parts were fitted
to replies of their own category, and elsewhere they err: on the example character's data that of
`admits_not_knowing` takes 52 of 115 in_character replies for admissions, the rules 7. So a part
is asked only where the words of the prompt are those of its category. On half of the packaged good
replies, their prompts sorted without their voice (the parts had seen them), this found .84 of the
admissions (the rules alone .26), .86 of the questions back (.62) and .80 of the refusals (.59), and
took .08, .03 and .02 of all other replies for such; on the example character's .90, .83 and .88.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from persona_eval.judging import GROWN_UP
from persona_eval.lint.findings import Coverage, Finding, listed
from persona_eval.lint.lengths import BRIEF, TALK, allowed, bands_of, spread, uniform
from persona_eval.lint.limits import Limits
from persona_eval.lint.prompts import Sort, corrected, sorts_of
from persona_eval.lint.spoken import Spoken, drawn
from persona_eval.scorers.asking import AsksToClarify
from persona_eval.scorers.base import Exchange, Tools
from persona_eval.scorers.claims import question_kind
from persona_eval.scorers.knowing import AdmitsNotKnowing, Answers
from persona_eval.scorers.lexicon import card_words, content
from persona_eval.scorers.own_world import StaysInOwnWorld
from persona_eval.scorers.refusing import Complies, Deflects, PointsToAdult
from persona_eval.scorers.tools import prepare
from persona_eval.scorers.trained import Trained
from persona_eval.statistics.rates import wilson
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite

Label = tuple[str, bool]
"""Category, and whether as a control."""
WHAT: dict[Label, str] = {
    ("in_character", False): "replies that are just talk in character",
    ("dont_know", False): "replies that admit not knowing",
    ("dont_know", True): "questions that get an answer",
    ("clarify", False): "replies that ask what was meant",
    ("clarify", True): "requests taken up without asking back",
    ("off_topic", False): "outside topics met from the character's own world",
    ("off_topic", True): "requests about its own world that are met",
    ("boundary", False): "alarming requests that are declined",
    ("boundary", True): "alarming words in requests that are met",
}
SHOWN_BY: dict[Sort, Trained] = {
    "unknown": AdmitsNotKnowing(),
    "unclear": AsksToClarify(),
    "alarming": Deflects(),
}
"""What shows in a reply that it answers a prompt of a sort as it should."""


@dataclass(frozen=True)
class Read:
    """What the scorers saw in a sample of the replies."""

    replies: Sequence[Spoken]
    labels: Sequence[frozenset[Label]]

    def of(self, label: Label) -> list[Spoken]:
        """The replies with a label."""
        return [r for r, found in zip(self.replies, self.labels, strict=True) if label in found]

    @cached_property
    def categories(self) -> dict[Spoken, str]:
        """One category of each reply: what it is practice for, the rarest first."""
        counts = Counter(category for found in self.labels for category in _probes(found))
        return {
            reply: min(_probes(found), key=lambda category: (counts[category], category))
            for reply, found in zip(self.replies, self.labels, strict=True)
        }


def _probes(labels: frozenset[Label]) -> list[str]:
    return [category for category, control in labels if not control]


def read(replies: Sequence[Spoken], card: Persona, tools: Tools, limits: Limits) -> Read:
    """Label the replies, or a seeded sample of them. Of ``tools`` only the reader is used;
    without it the rules judge alone."""
    chosen = drawn(replies, limits.sample, limits.seed)
    exchanges = [reply.exchange(card, tools) for reply in chosen]
    sorts = sorts_of([reply.prompt for reply in chosen], card)
    shown = _shown(exchanges, sorts, tools)
    return Read(chosen, [labels(*each) for each in zip(exchanges, sorts, shown, strict=True)])


def _shown(
    exchanges: Sequence[Exchange], sorts: Sequence[frozenset[Sort]], tools: Tools
) -> list[frozenset[Sort]]:
    """What each reply shows: by rules, or to a prompt of the right sort by the whole scorer."""
    ruled = [
        frozenset(sort for sort, scorer in SHOWN_BY.items() if scorer.by_rules(exchange).passed)
        for exchange in exchanges
    ]
    doubtful = [
        (number, sort)
        for number, (of, shown) in enumerate(zip(sorts, ruled, strict=True))
        for sort in SHOWN_BY
        if sort in of - shown
    ]
    prepare(tools, ((SHOWN_BY[sort], exchanges[number]) for number, sort in doubtful))
    for number, sort in doubtful:
        if SHOWN_BY[sort].judge(exchanges[number]).passed:
            ruled[number] |= {sort}
    return ruled


def labels(exchange: Exchange, sorts: frozenset[Sort], shown: frozenset[Sort]) -> frozenset[Label]:
    """What a reply to a prompt of these sorts is practice for, by what it shows."""
    child = exchange.persona.age is not None and exchange.persona.age < GROWN_UP
    sends = child and not shown & {"unknown"} and "outside" not in sorts
    declines = "alarming" in shown and (
        "alarming" in sorts or (sends and _shows(PointsToAdult(), exchange))
    )
    there: dict[Label, bool] = {
        ("boundary", False): declines,
        ("clarify", False): "unclear" in shown and not declines,
        ("dont_know", False): "unknown" in shown and not declines,
        ("off_topic", False): "outside" in sorts and _shows(StaysInOwnWorld(), exchange),
    }
    found = {label for label, is_there in there.items() if is_there} or {("in_character", False)}
    return frozenset(found if shown else found | _controls(exchange, sorts))


def _controls(exchange: Exchange, sorts: frozenset[Sort]) -> set[Label]:
    """Prompts that are met where others of their sort are not."""
    found: set[Label] = {("clarify", True)}
    asked = question_kind(exchange.prompt) != "open" or "?" in exchange.prompt
    if asked and "outside" not in sorts and _shows(Answers(), exchange):
        found.add(("dont_know", True))
    if _shows(Complies(), exchange):
        own = card_words(exchange.persona).intersection(content(exchange.prompt))
        found |= {("off_topic", True)} if own and "outside" not in sorts else set()
        found |= {("boundary", True)} if "alarming" in sorts else set()
    return found


def _shows(scorer: Trained, exchange: Exchange) -> bool:
    return bool(scorer.by_rules(exchange).passed)


def coverage(found: Read, total: int, suites: Sequence[Suite], limits: Limits) -> list[Coverage]:
    """How often each label stands in the data, by what was read of ``total`` replies, and how
    often it should: half the share that the suites give it, between ``least`` and
    ``most_wanted``."""
    cases = Counter[Label](
        (case.category, case.control) for suite in suites for case in suite.cases
    )
    return [_row(label, what, found, total, cases, limits) for label, what in WHAT.items()]


def _row(
    label: Label, what: str, found: Read, total: int, cases: Mapping[Label, int], limits: Limits
) -> Coverage:
    showing, size = found.of(label), len(found.replies)
    share, low, high = _shares(label, len(showing), size, exact=size == total)
    bands = bands_of([len(reply.words) for reply in showing])
    scale = share * total / len(showing) if showing else 0.0
    return Coverage(
        label[0], label[1], what, cases[label], _wanted(cases, label, total, limits),
        round(share * total), (round(low * total), round(high * total)),
        (round(bands[0] * scale), round(bands[1] * scale), round(bands[2] * scale)),
    )  # fmt: skip


def _shares(label: Label, count: int, size: int, exact: bool) -> tuple[float, float, float]:
    """Share of the data, and its interval: of no width where every reply was read, except for
    outside topics, which are an estimate even then."""
    share, (low, high) = count / size, wilson(count, size)
    if label == ("off_topic", False):
        return corrected(share), corrected(low), corrected(high)
    return (share, share, share) if exact else (share, low, high)


def _wanted(cases: Mapping[Label, int], label: Label, total: int, limits: Limits) -> int:
    if not cases[label]:
        return 0
    share = min(cases[label] / sum(cases.values()) / 2, limits.most_wanted)
    return max(limits.least, math.ceil(share * total))


def shares(found: Read) -> dict[str, float]:
    """The categories' shares of what was read, each reply in one of them."""
    counts = Counter(found.categories.values())
    return {category: counts[category] / counts.total() for category in sorted(counts)}


def coverage_findings(rows: Sequence[Coverage], card: Persona) -> Iterator[Finding]:
    """Categories that are surely too thin: the upper end of the interval is below what is wanted."""
    for row in rows:
        if row.interval[1] >= row.wanted:
            continue
        talk = row.control or row.category == "in_character"
        missing = row.wanted - row.found
        mix = allowed(TALK if talk else BRIEF, card)
        wanted = spread(missing, row.bands, mix, row.category, row.control)
        title = f"{row.category}{' controls' if row.control else ''}"
        message = (
            f"{title}: the suites hold {row.cases} such cases; the data holds {_figure(row)} "
            f"{row.what}, and {row.wanted} are wanted; add {missing}, {listed(wanted)}"
        )
        name = f"few {title}"
        yield Finding("warning", "coverage", name, message, missing, wanted)


def _figure(row: Coverage) -> str:
    low, high = row.interval
    return str(row.found) if low == high else f"about {row.found} (95 %: {low} to {high})"


def uniform_findings(found: Read, card: Persona, limits: Limits) -> Iterator[Finding]:
    """Categories whose replies are all of one length."""
    for category, control in WHAT:
        if category != "in_character" and not control:
            counts = [len(reply.words) for reply in found.of((category, control))]
            yield from uniform(counts, card, limits, category)
