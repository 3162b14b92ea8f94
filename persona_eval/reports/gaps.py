"""What the data lack for failing cases, and what became of stubs, as lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tabulate import tabulate

from persona_eval.gaps.find import Failure, Gaps, Group, Kind, Turns
from persona_eval.gaps.lengths import LengthFigures, Rare, Spread
from persona_eval.gaps.stub_file import StubLine
from persona_eval.gaps.taking import Places, Taking
from persona_eval.gaps.topics import Nearest, shows
from persona_eval.lint.coverage import WHAT
from persona_eval.lint.findings import Coverage, listed, plural
from persona_eval.reports.plain import printable
from persona_eval.scorers.wording import quote

SHOWN = 2
"""Cases of a kind."""
KINDS: tuple[tuple[Kind, str], ...] = (("absent", "nothing near"), ("thin", "too few near ones"))
WIDTH = 60
"""Characters of a quotation."""
EVEN = 0.65
"""Share of pairs from which on nearness tells passing from failing cases."""


def gap_lines(gaps: Gaps, data: str, every: bool = False) -> Iterator[str]:
    """All findings, those with most to add first; ``every`` case with its reply, or a few."""
    looked = gaps.looked
    yield (
        f"{looked.adapter} (run {looked.run.number}): {len(looked.failing)} of "
        f"{plural(len(looked.cases), 'case')} {_verb(looked.failing, 'fail')}; {data}: "
        f"{plural(gaps.conversations, 'conversation')}, {gaps.replies} replies"
    )
    yield from _summary(gaps)
    yield from ("", _table(gaps), "")
    yield from _near(gaps)
    for group in gaps.groups:
        if group.add:
            yield ""
            yield from _group(group, every)
    if gaps.turns:
        yield ""
        yield from map(_turns, gaps.turns)
    yield from _there(gaps, every)


def note_lines(gaps: Gaps, changed: bool, missing: int) -> Iterator[str]:
    """What is to be known about the run; ``changed`` says that the data are others now, and
    ``missing`` counts cases of the suites that it did not have."""
    looked = gaps.looked
    if looked.rejudged:
        yield f"{looked.rejudged} trials judged anew, as rules have changed since"
    if looked.left_out:
        yield (
            f"{plural(looked.left_out, 'case')} left out: gone, changed since, or of another "
            "character"
        )
    if missing:
        yield f"{plural(missing, 'case')} of the suites were not in this run"
    if changed:
        yield (
            "the data are not those that this adapter was trained on: train, and run the suites "
            "again, before you add more"
        )


def taking_lines(taking: Taking, places: Places, data: str) -> Iterator[str]:
    """What was taken and what was not, and why; each line by its place now."""
    for refused in taking.refused:
        place = _place(refused.line, places)
        yield from (f"{place}: {printable(why)}" for why in refused.reasons)
    for line, note in taking.notes:
        yield f"{_place(line, places)}: note: {printable(note)}"
    known = f", {len(taking.known)} were in the data already" if taking.known else ""
    yield (
        f"{len(taking.taken)} taken into {data}{known}, {len(taking.refused)} refused, "
        f"{taking.waiting} not answered yet"
    )


def _place(line: StubLine, places: Places) -> str:
    path, number = places[line.line]
    return f"{path}:{number}"


def _summary(gaps: Gaps) -> Iterator[str]:
    """What is to be done, in a line or two."""
    there = [failure for group in gaps.groups for failure in group.of("there")]
    lacking = [failure for group in gaps.groups for failure in group.failures if failure.missing]
    if lacking:
        yield (
            f"{len(lacking)} of them {_have(lacking)} too little near them in the data: add "
            f"{gaps.add} examples"
        )
    elif gaps.add:
        yield f"add {gaps.add} examples"
    if there:
        yield (
            f"{len(there)} of them {_have(there)} as much near them as passing cases, and "
            f"{_verb(there, 'fail')} all the same (below)"
        )


def _have(things: Sequence[object]) -> str:
    return "has" if len(things) == 1 else "have"


def _table(gaps: Gaps) -> str:
    rows = [
        [
            group.title, f"{len(group.failures)} of {group.cases}", _found(group.coverage),
            str(group.coverage.wanted), *(str(len(group.of(kind))) for kind, _ in KINDS),
            str(len(group.of("there"))), str(group.add or "–"),
        ]
        for group in gaps.groups
    ]  # fmt: skip
    headers = [
        "category", "failing", "in the data", "wanted", "nothing near", "too few near",
        "enough near", "add",
    ]  # fmt: skip
    return tabulate(rows, headers=headers, disable_numparse=True, colalign=("left", *["right"] * 7))


def _found(row: Coverage) -> str:
    low, high = row.interval
    return str(row.found) if low == high else f"{row.found} [{low}–{high}]"


def _near(gaps: Gaps) -> Iterator[str]:
    yield (
        f"near: prompts with a cosine of {gaps.reach.cosine:.2f} and more; enough: "
        f"{gaps.reach.aim} of them whose replies show what the case wants"
    )
    if gaps.nearer is None:
        return
    share = f"a passing case is nearer to the data than a failing one in {gaps.nearer:.0%} of pairs"
    if gaps.nearer >= EVEN:
        yield f"{share}: prompts near the failing ones are likely to help"
    else:
        yield f"{share}: nearness alone does not tell them apart, and more prompts may not be enough"


def _group(group: Group, every: bool) -> Iterator[str]:
    yield f"{group.title}: add {group.add}, {_wanted(group)}"
    if group.thin:
        what = WHAT[group.label]
        yield f"  category  {group.thin} more {what} are wanted in any case (persona-eval lint)"
    yield f"  words     {_words(group.lengths)}"
    yield from (f"  {'':<9} {_rare(rare)}" for rare in group.lengths.rare)
    for kind, title in KINDS:
        if found := group.of(kind):
            yield f"  {title}, {plural(len(found), 'case')}"
            yield from _cases(found, SHOWN, every)


def _wanted(group: Group) -> str:
    return ", ".join(f"{each.count} of {each.words} words" for each in group.wanted)


def _words(lengths: LengthFigures) -> str:
    parts = [
        f"asked {_limits(lengths.asked)}" if lengths.asked else "",
        _spread("replies like that in the data", lengths.practice),
        _spread("near ones", lengths.near),
        _spread("failing ones", lengths.said),
        f"{lengths.outside} of these outside `words`" if lengths.outside else "",
    ]
    return ", ".join(filter(None, parts))


def _limits(limits: tuple[float, float]) -> str:
    low, high = limits
    return f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"


def _spread(what: str, spread: Spread | None) -> str:
    return f"{what} {spread.tenth} to {spread.ninetieth}" if spread else ""


def _rare(rare: Rare) -> str:
    return (
        f"{', '.join(rare.cases)}: only {rare.found} of {rare.of} such replies have "
        f"{_limits(rare.asked)} words; add {listed(rare.wanted)}"
    )


def _cases(failures: Sequence[Failure], most: int, every: bool) -> Iterator[str]:
    for failure in failures if every else failures[:most]:
        yield from _case(failure, every)
    if not every and len(failures) > most:
        yield f"    … {len(failures) - most} more (--all)"


def _case(failure: Failure, every: bool) -> Iterator[str]:
    tried = failure.tried
    missed = ", ".join(title for title, _ in tried.missed)
    yield f"    {tried.case.id} ({missed})"
    if every and tried.replies:
        yield f"      said {printable(quote(tried.replies[0], 100))}"
    if failure.nearest:
        yield f"      {_nearest(failure, failure.nearest[0])}"


def _nearest(failure: Failure, near: Nearest) -> str:
    said = near.said
    prompt, reply = printable(quote(said.prompt, WIDTH)), printable(quote(said.text, WIDTH))
    other = "" if shows(failure.tried.label, near.labels) else " (other behaviour)"
    place = f"{said.source.path.name}:{said.source.line}"
    return f"{near.cosine:.2f} {place} {prompt} → {reply}{other}"


def _turns(turns: Turns) -> str:
    share = turns.found / max(1, turns.conversations)
    advice = f"add {turns.add}" if turns.add else f"{turns.wanted} are wanted, which is met"
    return (
        f"conversations of {turns.turns} turns or more: {len(turns.failing)} of {turns.cases} "
        f"{_verb(turns.failing, 'fail')}; the data hold {turns.found} of {turns.conversations} "
        f"({share:.0%}); {advice}"
    )


def _there(gaps: Gaps, every: bool) -> Iterator[str]:
    found = [failure for group in gaps.groups for failure in group.of("there")]
    if not found:
        return
    nearest = sorted(found, key=lambda failure: -failure.nearest[0].cosine)
    yield ""
    yield (
        f"{plural(len(found), 'case')} with enough near {_verb(found, 'fail')} all the same: more "
        "of it will hardly help. Read the nearest reply; if it is what you want, try another recipe"
    )
    yield from _cases(nearest, SHOWN, every)


def _verb(things: Sequence[object], verb: str) -> str:
    return f"{verb}s" if len(things) == 1 else verb
