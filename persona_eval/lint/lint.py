"""The lint of training data as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from persona_eval.lint import coverage, duplicates, leakage, lengths, template
from persona_eval.lint.card import card_findings
from persona_eval.lint.findings import Finding, LintReport
from persona_eval.lint.grams import GramIndex
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, drawn, said_by
from persona_eval.scorers.base import Tools
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation


def lint(
    conversations: Sequence[Conversation],
    card: Persona | None,
    suites: Sequence[Suite],
    tools: Tools,
    limits: Limits | None = None,
    valid: Sequence[Conversation] = (),
) -> LintReport:
    """Hold conversations to train on against the card, the suites and each other.

    Of ``tools`` the embedder compares texts by meaning and the reader helps to count what the
    data practise; each is left out where there is none. ``valid`` are those to validate on.
    Raises ValueError where there is no reply at all.
    """
    limits = limits or Limits()
    replies = said_by("assistant", conversations)
    if not replies:
        raise ValueError("there is no reply to look at")
    users = said_by("user", conversations)
    index = GramIndex(reply.words for reply in replies)
    leaks = leakage.leaks(suites, users, replies, index, tools.embedder, limits)
    read = coverage.read(replies, card, tools, limits) if card and suites else None
    rows = coverage.coverage(read, len(replies), suites, limits) if read else []
    judged = drawn(_unmarked(conversations, replies), limits.judged, limits.seed)
    findings = [
        *template.template_findings(conversations, card, suites, limits),
        *leakage.leakage_findings(leaks),
        *(card_findings(judged, card) if card else ()),
        *(coverage.coverage_findings(rows, card) if card else ()),
        *_of_form(replies, card, read, limits, index),
        *duplicates.validation_findings(replies, index, said_by("assistant", valid), limits),
    ]
    return LintReport(
        len(conversations), lengths.figures(replies), tuple(rows),
        len(read.replies) if read and len(read.replies) < len(replies) else None,
        len(judged) if card and len(replies) > limits.judged else None,
        leaks.messages, leaks.compared,
        tuple(sorted(findings, key=lambda finding: finding.kind)),
    )  # fmt: skip


def _unmarked(conversations: Sequence[Conversation], replies: Sequence[Spoken]) -> list[Spoken]:
    """The replies without template tokens: those have a finding of their own."""
    marked = {(id(each.source), each.index) for each in template.marked(conversations)}
    return [reply for reply in replies if (id(reply.source), reply.index) not in marked]


def _of_form(
    replies: Sequence[Spoken],
    card: Persona | None,
    read: coverage.Read | None,
    limits: Limits,
    index: GramIndex,
) -> Iterator[Finding]:
    """Lengths, endings, copies and openings, with what to write by category where that is known."""
    shares = coverage.shares(read) if read else {}
    categories = read.categories if read else {}
    yield from lengths.length_findings(replies, card, limits, shares)
    if read and card:
        yield from coverage.uniform_findings(read, card, limits)
    yield from lengths.ending_findings(replies, card, limits)
    yield from duplicates.duplicate_findings(replies, index, limits, categories)
    yield from duplicates.opening_findings(replies, limits)
