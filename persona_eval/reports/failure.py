"""A failing case, in words that its author understands."""

from __future__ import annotations

from collections.abc import Sequence

from persona_eval.reports.steady import steady_lines
from persona_eval.reports.transcript import Told, conversation_lines
from persona_eval.results import CaseResult, Design


def failure_text(
    result: CaseResult, trials: Sequence[Told], why: str = "", full: bool = False
) -> str:
    """How many trials passed, then each as a conversation: who says what, which expectations a
    reply did not meet, and why; with ``full`` also why it met the others. ``why`` is what the case
    means for the gate; trials beyond those that count confirm a flip."""
    role = f"{result.category}, control" if result.control else result.category
    counts = f"{result.passes} of {result.trials} trials passed, {_bar(result.design)} ({role})"
    if result.drift:
        counts = f"{result.trials} long conversations, judged together ({role})"
    heading = f"{counts}; {why}" if why not in ("", "fails") else counts
    return "\n".join([heading, *steady_lines(result), *conversation_lines(trials, full)])


def _bar(design: Design) -> str:
    """How many trials must pass."""
    return "all must" if design.needed == design.most else f"{design.needed} of {design.most} must"


def transcript_text(trials: Sequence[Told]) -> str:
    """All trials of a case, whatever they came to, with every expectation."""
    return "\n".join(conversation_lines(trials, full=True)).strip() + "\n"
