"""What a case will be judged by, and where each expectation comes from."""

from __future__ import annotations

from tabulate import tabulate

from persona_eval.judging import explain, plan
from persona_eval.scorers.registry import Registry
from persona_eval.suite.models import Case, Suite


def explain_case(suite: Suite, case: Case, registry: Registry) -> str:
    """A table for one case, with a heading."""
    rows = explain(plan(case, suite.persona, registry))
    kind = f"{case.category}, control" if case.control else case.category
    heading = f"{suite.path.name}::{case.id} ({kind}; {case.trials} trials, {case.pass_rate:.0%} must pass)"
    return f"{heading}\n{tabulate(rows, headers=['turn', 'expectation', 'from', 'options'])}\n"
