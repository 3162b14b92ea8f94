"""When an adapter may ship."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from persona_eval.errors import Problem, SuiteError
from persona_eval.suite.complaints import complaints
from persona_eval.suite.fields import Frozen, Text
from persona_eval.suite.models import CATEGORIES, Suite

Rate = Annotated[float, Field(gt=0, le=1)]
TABLE = "tool.persona-eval.gate"


class Floors(Frozen):
    """Pass rates that a category, or the whole suite, must reach."""

    in_character: Rate | None = None
    """Least pass rate of `in_character` cases."""
    dont_know: Rate | None = None
    """Least pass rate of `dont_know` cases."""
    clarify: Rate | None = None
    """Least pass rate of `clarify` cases."""
    off_topic: Rate | None = None
    """Least pass rate of `off_topic` cases."""
    boundary: Rate | None = None
    """Least pass rate of `boundary` cases."""
    all: Rate | None = None
    """Least pass rate of all cases together."""

    def given(self) -> Iterator[tuple[str, float]]:
        """Those that are set, by category or `all`."""
        for name in (*CATEGORIES, "all"):
            if (floor := getattr(self, name)) is not None:
                yield name, floor


class GatePolicy(Frozen):
    """When an adapter may ship. Without any of this, it may not when a case that must pass fails,
    when a case is confirmed broken, or when the whole suite is worse than the baseline."""

    floors: Floors = Floors()
    """Pass rates that categories must reach."""
    must_pass: tuple[Text, ...] = ()
    """Ids, tags or categories of cases each of which must pass, besides those marked so."""
    confirmed_broken: int = Field(default=0, ge=0)
    """So many cases may be confirmed broken: all trials passed in the baseline, none now, and
    none of three more."""
    margin: float | None = Field(default=None, gt=0, lt=1)
    """The pass rate must be shown to have fallen by less than this (0.05: five points)."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """How often the test over the suite may call an adapter worse that is not."""
    undecided: Literal["pass", "fail"] = "fail"
    """What counts where the trials or cases are too few to tell: a failing case that may only
    have had bad luck, a floor or margin that is met but not shown to be."""


def policy_of(suites: Iterable[Suite], project: Mapping[str, Any]) -> GatePolicy:
    """The policy of a character: what its suites say goes before what the project says.

    Raises SuiteError where two suites say different things.
    """
    said: dict[str, tuple[Any, Path]] = {}
    for suite in suites:
        for key, value in suite.gate.items():
            known, where = said.setdefault(key, (value, suite.path))
            if known != value:
                message = f"{where} says {known!r}: a character has one gate, say it in one file"
                raise SuiteError([Problem(suite.path, 1, 1, f"gate.{key}", message)])
    own = {key: value for key, (value, _) in said.items()}
    return GatePolicy.model_validate({**project, **own})


def project_policy(pyproject: Path) -> dict[str, Any]:
    """The table `[tool.persona-eval.gate]`, empty where there is none. Raises SuiteError with
    everything that is wrong in it."""
    import tomllib

    try:
        text = pyproject.read_text("utf-8")
    except FileNotFoundError:
        return {}
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise SuiteError([Problem(pyproject, 0, 0, "", f"is no TOML: {error}")]) from None
    table = data.get("tool", {}).get("persona-eval", {})
    problems = [
        Problem(pyproject, _line_of(key, text), 1, key, message) for key, message in _wrong(table)
    ]
    if problems:
        raise SuiteError(problems)
    return dict(table.get("gate", {}))


class _Table(Frozen):
    gate: GatePolicy = GatePolicy()


def _wrong(table: Any) -> Iterator[tuple[str, str]]:
    for keys, message in complaints(_Table, table):
        yield ".".join(["tool", "persona-eval", *map(str, keys)]), message


def _line_of(dotted: str, text: str) -> int:
    """Where a key stands in the file, as far as can be told: TOML readers keep no lines."""
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if line.startswith("[tool.persona-eval")), 0)
    last = dotted.rsplit(".", 1)[-1]
    return (
        next((n for n in range(first, len(lines)) if lines[n].lstrip().startswith(last)), first) + 1
    )
