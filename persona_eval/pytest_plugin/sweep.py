"""``--persona-sweep``: settings tried on the selected cases, in place of the cases themselves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.errors import PersonaEvalError
from persona_eval.pytest_plugin import adapters, options
from persona_eval.pytest_plugin.collect import CaseItem, registry
from persona_eval.pytest_plugin.folders import FOLDERS, Folder, require_same_model
from persona_eval.pytest_plugin.progress import progress_line
from persona_eval.pytest_plugin.recorder import ENGINE_OR_SCORER_ERROR
from persona_eval.reports.html.shell import write_whole
from persona_eval.suite.models import CATEGORIES
from persona_eval.sweeps import checks
from persona_eval.sweeps.characters import Character
from persona_eval.sweeps.grid import Grid
from persona_eval.sweeps.written import read_grid

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.runner import WornAdapter
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store
    from persona_eval.sweeps.outcome import SweepOutcome

OPTION = "--persona-sweep"
ALLOW = "--persona-yes"
OUTCOMES = pytest.StashKey["list[SweepOutcome]"]()
PREPARED = pytest.StashKey[tuple[Grid, list[Character]]]()


def prepare(config: pytest.Config, items: list[pytest.Item], cases: Sequence[CaseItem]) -> None:
    """Put one item for the whole sweep in the place of all others. Raises UsageError for
    settings that cannot be swept."""
    try:
        grid = read_grid(config.getoption("persona_sweep"), OPTION)
        checks.refuse_countless(grid)
    except PersonaEvalError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[PREPARED] = grid, list(_characters(config, cases))
    parent = cases[0].parent
    assert parent is not None
    config.pluginmanager.register(Told(), "persona-sweep")
    items[:] = [pytest.Function.from_parent(parent, name="sweep", callobj=_run)]


def _run(
    request: pytest.FixtureRequest,
    persona_model: Model,
    persona_adapters: Mapping[str, WornAdapter],
    persona_store: Store,
    persona_tools: Tools,
) -> None:
    """The test function of a sweep."""
    from persona_eval.pytest_plugin.defaults import ending_on_error

    with ending_on_error(request.config):
        outcomes = _swept(
            request.config, persona_model, persona_adapters, persona_store, persona_tools
        )
    request.config.stash[OUTCOMES] = outcomes


def _swept(
    config: pytest.Config,
    model: Model,
    worn: Mapping[str, WornAdapter],
    store: Store,
    tools: Tools,
) -> list[SweepOutcome]:
    from persona_eval.judge import Judge
    from persona_eval.runner import Runner
    from persona_eval.sweeps.record import keep, record_of
    from persona_eval.sweeps.running import Sweeper

    grid, characters = config.stash[PREPARED]
    require_same_model(config.stash[FOLDERS].values(), model)
    checks.refuse_impossible(grid, characters, model)
    progress = progress_line(config)
    runner = Runner(
        model,
        store,
        fresh=bool(config.getoption("persona_fresh")),
        on_work=progress.show,
        before_wearing=adapters.Unchanged(worn.values()).require,
    )
    estimate = checks.estimated(grid, characters, list(worn.values()), runner, store)
    if not config.getoption("persona_yes"):
        checks.refuse_long(estimate, ALLOW)
    judge = Judge(registry(config), store)
    sweeper = Sweeper(runner, lambda _folder: judge, store, tools)
    try:
        outcomes = [sweeper.sweep(grid, characters, adapter) for adapter in worn.values()]
    finally:
        progress.wipe()
    keep(options.store_folder(config), record_of(outcomes[0], characters))
    return outcomes


def _characters(config: pytest.Config, cases: Sequence[CaseItem]) -> Iterator[Character]:
    """The folders of the selected cases, each case once however many adapters there are."""
    chosen = {(item.path, item.case.id) for item in cases if not item.get_closest_marker("skip")}
    for folder in config.stash[FOLDERS].values():
        picked = tuple((s, c) for s, c in folder.cases if (s.path, c.id) in chosen)
        if picked:
            left_out = _left_out(folder, {(s.path, c.id) for s, c in picked})
            yield Character(folder.path, folder.policy, folder.baseline, picked, left_out)


def _left_out(folder: Folder, chosen: set[tuple[Path, str]]) -> frozenset[str]:
    missing = {c.category for s, c in folder.cases if (s.path, c.id) not in chosen}
    return frozenset(missing | {*(CATEGORIES if folder.others else ())})


class Told:
    """Says what came out, on the terminal and in the files that were asked for."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        outcomes = session.config.stash.get(OUTCOMES, [])
        for option, text in FILES.items():
            if outcomes and (path := session.config.getoption(option)):
                write_whole(Path(path), text(outcomes))
        if any(outcome.unjudged for outcome in outcomes):
            session.exitstatus = ENGINE_OR_SCORER_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        from persona_eval.reports.sweep import sweep_lines
        from persona_eval.reports.tones import tone

        for outcome in config.stash.get(OUTCOMES, []):
            terminalreporter.section("persona-eval sweep", sep="=")
            for line in sweep_lines(outcome):
                terminalreporter.line(line, **tone(line))


def _json(outcomes: Iterable[SweepOutcome]) -> str:
    from persona_eval.reports.sweep import sweep_json

    return json.dumps([*map(sweep_json, outcomes)], indent=2, ensure_ascii=False) + "\n"


def _html(outcomes: Iterable[SweepOutcome]) -> str:
    from persona_eval.reports.html.sweep import sweep_page

    return sweep_page(list(outcomes))


def _markdown(outcomes: Iterable[SweepOutcome]) -> str:
    from persona_eval.reports.gfm import block
    from persona_eval.reports.sweep import sweep_lines

    return "\n".join(block(sweep_lines(outcome)) for outcome in outcomes) + "\n"


FILES: Mapping[str, Callable[[Iterable[SweepOutcome]], str]] = {
    "persona_json": _json, "persona_html": _html, "persona_markdown": _markdown,
}  # fmt: skip
"""What each option writes after a sweep."""
