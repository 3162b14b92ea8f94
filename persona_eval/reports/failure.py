"""A failing case, in words that its author understands."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from persona_eval.judging import Judgement
from persona_eval.reports.plain import printable
from persona_eval.results import CaseResult
from persona_eval.trials import Trial

WIDTH = 96


def failure_text(
    result: CaseResult, trials: Sequence[Trial], judgements: Sequence[Judgement], why: str = ""
) -> str:
    """Conversation, each trial's replies, and every expectation with value, limit and reason.
    ``why`` is what the case means for the gate; trials beyond those that count confirm a flip."""
    role = f"{result.category}, control" if result.control else result.category
    bar = f"{result.design.pass_rate:.0%} must"
    counts = f"{result.passes} of {result.trials} trials passed, {bar} ({role})"
    lines = [f"{counts}; {why}" if why not in ("", "fails") else counts]
    for trial, judgement in zip(trials, judgements, strict=True):
        verdict = "passed" if judgement.passed else "failed"
        lines += ["", f"trial {trial.number + 1}: {verdict}", *_conversation(trial)]
        lines += [line for score in judgement.scores for line in _score(score, judgement)]
    return "\n".join(lines)


def _conversation(trial: Trial) -> Iterator[str]:
    for message in trial.transcript():
        name = "user" if message.role == "user" else trial.persona.name
        yield _wrapped(f"  {name}: ", printable(message.content) or "(empty)")
    if trial.replies and trial.replies[-1].finish_reason == "length":
        yield f"  (cut at {trial.replies[-1].tokens} tokens)"


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


def _score(score: dict[str, Any], judgement: Judgement) -> Iterator[str]:
    """Passing and skipped expectations only where the trial failed: there they are context."""
    if judgement.passed and score["passed"]:
        return
    mark = {True: "ok  ", False: "FAIL", None: "--  "}[score["passed"]]
    figures = [
        f"{name} {_figure(score[name])}" for name in ("value", "limit") if score[name] is not None
    ]
    shown = f" [{', '.join(figures)}]" if figures else ""
    source = "" if score["source"] == "case" else f" ({score['source']})"
    text = f"{score['expectation']}{source}{shown}: {printable(score['reason'])}"
    yield _wrapped(f"    {mark} ", text)


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else printable(str(value))
