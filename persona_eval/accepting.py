"""Making a run the baseline: only a whole one, judged by today's rules."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from persona_eval.baseline import (
    AcceptedCase,
    Baseline,
    Named,
    Section,
    Trials,
    read_baseline,
    write_baseline,
)
from persona_eval.compare import Comparison, Standing
from persona_eval.errors import BaselineError, PersonaEvalError, Problem
from persona_eval.history import CaseFacts, Run
from persona_eval.identity import asked_of, place_of
from persona_eval.sides import BASELINE, Project, Reference, Side
from persona_eval.suite.models import Case, Suite

STATUSES = (0, 1)
"""Of runs that came to their end: the gate was open, or closed."""


@dataclass(frozen=True)
class Acceptance:
    """A baseline that may be written."""

    folder: Path
    persona: str
    engine: str
    section: Section
    replies: dict[str, Trials]
    old: Baseline | None
    comparison: Comparison | None
    """With what was accepted before on this kind of engine."""

    def write(self) -> None:
        """Replace the files of the folder."""
        write_baseline(self.folder, self.persona, self.engine, self.section, self.replies, self.old)


def acceptances(
    project: Project, reference: Reference, suites: dict[Path, list[Suite]], force: bool
) -> list[Acceptance]:
    """What the run would become, a baseline for each folder of suites that it had cases of.

    Raises PersonaEvalError with all the reasons why it may not: it was broken off, something could
    not be judged, cases are missing or were changed since. ``force`` allows to replace a baseline
    of another model, or one that cannot be read.
    """
    run = reference.run
    if run is None:
        raise PersonaEvalError("the baseline is accepted already: name a run")
    if why := _unfit(run):
        raise PersonaEvalError(f"{reference.text} cannot become the baseline: {why}")
    facts = {f.key: f for f in project.runs.cases(run.number, reference.adapter)}
    chosen = {folder: found for folder, found in suites.items() if _touched(found, facts)}
    if not chosen:
        raise PersonaEvalError(f"{reference.text} holds no case of these suites")
    if problems := [p for found in chosen.values() for p in _missing(found, facts)]:
        shown = "\n  ".join([*problems[:10], *(["…"] if len(problems) > 10 else [])])
        raise PersonaEvalError(
            f"{reference.text} cannot become the baseline: it does not hold all cases as they are "
            f"today ({len(problems)}):\n  {shown}\nRun the suites whole, then accept that run"
        )
    side = project.side(reference)
    if side.kept:
        raise PersonaEvalError(
            f"{reference.text} cannot become the baseline: rules have changed since, and "
            f"{side.kept} of its cases need the model to be judged anew. Run the suites again "
            "(replies are stored), then accept that run"
        )
    return [
        _acceptance(project, reference, folder, found, facts, side, force)
        for folder, found in chosen.items()
    ]


def _unfit(run: Run) -> str | None:
    if run.finished is None:
        return "it was broken off. Run again: what was finished is kept"
    if run.exit_status == 7:
        return "some cases could not be judged. Mend that, and run again"
    if run.exit_status not in STATUSES:
        return f"it ended with status {run.exit_status}, before its end. Run again"
    return None


def _touched(suites: list[Suite], facts: dict[str, CaseFacts]) -> bool:
    places = {place_of(suite.path) for suite in suites}
    return any(fact.suite in places for fact in facts.values())


def _cases(suites: list[Suite]) -> Iterator[tuple[str, Suite, Case]]:
    for suite in suites:
        for case in suite.cases:
            if not case.skip:
                yield f"{place_of(suite.path)}::{case.id}", suite, case


def _missing(suites: list[Suite], facts: dict[str, CaseFacts]) -> Iterator[str]:
    for key, suite, case in _cases(suites):
        if key not in facts:
            yield f"{key} was not run"
        elif facts[key].asked != asked_of(case, suite.persona):
            yield f"{key} was changed after the run"
        elif (facts[key].least, facts[key].most) != (case.trial_range.min, case.trial_range.max):
            yield f"{key} has another number of trials now"


def _acceptance(
    project: Project,
    reference: Reference,
    folder: Path,
    suites: list[Suite],
    facts: dict[str, CaseFacts],
    side: Side,
    force: bool,
) -> Acceptance:
    run = reference.run
    assert run is not None
    engine = run.about["engine"]
    old = _old(folder, run, engine, force)
    keys = [key for key, _, _ in _cases(suites)]
    standings = {key: side.standings[key] for key in keys}
    section = _section(
        run, reference.adapter, {_name(k): _accepted(k, standings, facts) for k in keys}
    )
    replies = _replies(project, reference, set(keys))
    comparison = None
    if _comparable(old, engine, run):
        before = project.side(Reference(BASELINE, None), engine).standings
        mine = {key: s for key, s in before.items() if key.startswith(f"{folder.name}/")}
        comparison = Comparison.of(mine, standings, (BASELINE, reference.text))
    return Acceptance(folder, suites[0].persona.name, engine, section, replies, old, comparison)


def _old(folder: Path, run: Run, engine: str, force: bool) -> Baseline | None:
    """The baseline that is there. Without ``force`` it must be of the same model."""
    try:
        old = read_baseline(folder)
    except BaselineError:
        if force:
            return None
        raise
    section = old.section(engine) if old else None
    if section and not force and section.model.fingerprint != run.about["model"]["fingerprint"]:
        message = (
            f"is of {section.model.name} ({section.model.fingerprint[:8]}), run {run.number} used "
            f"{run.about['model']['name']} ({run.about['model']['fingerprint'][:8]}): add --force to "
            "replace it"
        )
        raise BaselineError([Problem(folder / "baseline.json", 0, 0, f"engines.{engine}", message)])
    return old


def _comparable(old: Baseline | None, engine: str, run: Run) -> bool:
    section = old.section(engine) if old else None
    return section is not None and section.model.fingerprint == run.about["model"]["fingerprint"]


def _section(run: Run, adapter: str, cases: dict[str, AcceptedCase]) -> Section:
    about = run.about
    return Section(
        model=Named(**about["model"]),
        adapter=Named(name=adapter, fingerprint=about["adapters"][adapter]["fingerprint"]),
        accepted=time.strftime("%Y-%m-%d"),
        run=run.number,
        commit=about["git"]["commit"] if about.get("git") else None,
        version=about["versions"].get("persona-eval", "unknown"),
        cases=cases,
    )


def _accepted(
    key: str, standings: dict[str, Standing], facts: dict[str, CaseFacts]
) -> AcceptedCase:
    standing, fact = standings[key], facts[key]
    return AcceptedCase.model_validate(
        {
            "category": fact.category,
            "control": fact.control,
            "expectations": standing.expectations,
            "fingerprint": standing.fingerprint,
            "pass_rate": standing.result.design.pass_rate,
            "least": fact.least,
            "most": fact.most,
            "passed": standing.result.outcomes,
        }
    )


def _replies(project: Project, reference: Reference, keys: set[str]) -> dict[str, Trials]:
    assert reference.run is not None
    trials = project.runs.trials(reference.run.number, reference.adapter)
    wanted = [trial for trial in trials if trial.key in keys and not trial.extra]
    found: dict[str, Trials] = {}
    texts = project.runs.replies(wanted)
    for trial in wanted:
        name = _name(trial.key)
        found[name] = (*found.get(name, ()), texts[trial.texts])
    return found


def _name(key: str) -> str:
    """A case in its folder: file and id."""
    return key.partition("/")[2]
