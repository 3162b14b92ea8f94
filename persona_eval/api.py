"""The Python API: the same functions that the plugin and the command call."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from persona_eval.judging import Judgement, judge_trial, plan
from persona_eval.models.base import FinishReason
from persona_eval.scorers.base import Scorer, Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.suite import load
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite


def load_suite(path: Path | str, scorers: Iterable[type[Scorer]] = ()) -> Suite:
    """Read a suite with its card. ``scorers`` are classes of your own that it may name.

    Raises SuiteError with all problems of both files.
    """
    return load.load_suite(Path(path), default_registry(scorers))


def score_reply(
    case: Case,
    persona: Persona,
    reply: str,
    finish_reason: FinishReason = "stop",
    tools: Tools | None = None,
    scorers: Iterable[type[Scorer]] = (),
) -> Judgement:
    """Judge a reply to a case of one generated turn exactly as a run does, without a language
    model. Without ``tools`` the packaged embedder is used, and nothing is stored."""
    from persona_eval.scorers.tools import default_tools

    planned = plan(case, persona, default_registry(scorers))
    tools = tools or default_tools()
    return judge_trial(case, persona, planned, [(reply, finish_reason)], tools)
