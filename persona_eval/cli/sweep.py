"""Try generation settings on the cases of suites, with the same draws for all: rates by setting and
category, the region in which every gate passes, its centre, and what each setting does. Replies are
stored, so that a sweep can grow. Exit status: 0, whatever is found; 1 where some cases could not be
judged; 2 where none could, and for bad input, before anything is generated."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from persona_eval.baseline import read_baseline
from persona_eval.canaries import asked_adapters, asked_base
from persona_eval.cli import project
from persona_eval.cli.linting import readable, suite_files
from persona_eval.cli.told import Told
from persona_eval.damage.adapters import require_unchanged
from persona_eval.errors import AdapterError, SuiteError, SweepError
from persona_eval.judge import Judge
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.html.shell import write_whole
from persona_eval.reports.html.sweep import sweep_page
from persona_eval.reports.sweep import sweep_json, sweep_lines
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.tools import default_tools
from persona_eval.settings import pytest_setting
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.models import CATEGORIES, Suite
from persona_eval.suite.policy import policy_of, project_policy
from persona_eval.sweeps import checks
from persona_eval.sweeps.characters import Character, require_same_model
from persona_eval.sweeps.grid import Grid
from persona_eval.sweeps.outcome import SweepOutcome
from persona_eval.sweeps.record import keep, record_of
from persona_eval.sweeps.running import Sweeper
from persona_eval.sweeps.written import read_grid
from persona_eval.training.adapter import find_adapters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "suites", nargs="*", type=Path, default=[Path("suites")], metavar="SUITES",
        help="suites, or folders of them (suites)",
    )  # fmt: skip
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument(
        "--set", dest="settings", action="append", metavar="KEY=V1,V2",
        help="values of a setting, as in temperature=0.6,0.8,1.0 or min_tokens=0..60:20; with "
        "several settings, every combination",
    )  # fmt: skip
    ways.add_argument("--file", metavar="FILE", help="a YAML file with `settings:` or `named:`")
    parser.add_argument(
        "--adapter", action="append", metavar="NAME|DIR",
        help="adapter below adapters/ or a folder; `base` for none; repeat to sweep several",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME",
        help="the base: a name, an MLX directory or a hub id (default: what the recipe names)",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument("--batch-size", type=project.at_least_one, metavar="N")
    parser.add_argument("--no-baseline", action="store_true", help="do not compare")
    parser.add_argument(
        "--yes", action="store_true",
        help=f"go on with more than {checks.MOST_POINTS} settings, or hours of work, too",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result as JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write heat maps as one page")
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Sweep and report. Raises PersonaEvalError for what cannot be swept."""
    grid = (
        read_grid([options.file], "--file")
        if options.file
        else read_grid(options.settings, "--set")
    )
    checks.refuse_countless(grid)
    characters = list(_characters(options.suites, not options.no_baseline))
    specs = options.adapter or _usual_adapters(options.adapters_dir)
    base = locate(options.model or asked_base(specs, options.adapters_dir))
    adapters = asked_adapters(specs, options.adapters_dir, base)
    model = MLXModel(base, options.batch_size)
    require_same_model(characters, model)
    checks.refuse_impossible(grid, characters, model)
    store = Store(options.store / STORE_FILE)
    try:
        outcomes = _outcomes(options, grid, characters, adapters, model, store)
    finally:
        store.close()
    keep(options.store, record_of(outcomes[0], characters))
    _tell(options, outcomes)
    return int(any(outcome.unjudged for outcome in outcomes))


def _outcomes(
    options: argparse.Namespace, grid: Grid, characters: Sequence[Character],
    adapters: Sequence[WornAdapter], model: MLXModel, store: Store,
) -> list[SweepOutcome]:  # fmt: skip
    runner = Runner(model, store, on_work=Told(), before_wearing=require_unchanged)
    estimate = checks.estimated(grid, characters, adapters, runner, store)
    if not options.yes:
        checks.refuse_long(estimate, "--yes")
    print(checks.estimate_text(estimate), file=sys.stderr, flush=True)
    judges = {each.folder: Judge(project.registry_of(each.folder), store) for each in characters}
    tools = default_tools(options.embedder, store)
    sweeper = Sweeper(runner, judges.__getitem__, store, tools)
    return [sweeper.sweep(grid, characters, adapter) for adapter in adapters]


def _tell(options: argparse.Namespace, outcomes: Sequence[SweepOutcome]) -> None:
    for outcome in outcomes:
        print("\n".join(sweep_lines(outcome)))
    if options.json:
        found = json.dumps([*map(sweep_json, outcomes)], indent=2, ensure_ascii=False)
        write_whole(options.json, found + "\n")
    if options.html:
        write_whole(options.html, sweep_page(outcomes))


def _usual_adapters(root: Path) -> list[str]:
    """Those of a run: pytest's configuration, else the only one there is."""
    found = pytest_setting(Path(), "persona_adapters") or find_adapters(root)
    if len(found) == 1 or pytest_setting(Path(), "persona_adapters"):
        return found
    raise AdapterError(
        f"which adapter? {root} has: {', '.join(found) or 'none'}. Name one with --adapter NAME "
        "(`base` means none)"
    )


def _characters(paths: Sequence[Path], compared: bool) -> Iterator[Character]:
    """The characters of all suites that are named. Raises SuiteError with all problems."""
    files = [file for path in paths for file in (suite_files(path) if path.is_dir() else [path])]
    if not files:
        raise SweepError(f"there is no *.suite.yaml in {', '.join(map(str, paths))}")
    suites, problems = readable(dict.fromkeys(files))
    if problems:
        raise SuiteError(problems)
    rules = project_policy(Path("pyproject.toml"))
    for folder in dict.fromkeys(suite.path.parent for suite in suites):
        here = [suite for suite in suites if suite.path.parent == folder]
        cases = tuple((suite, case) for suite in here for case in suite.cases if not case.skip)
        if cases:
            baseline = read_baseline(folder) if compared else None
            left_out = _left_out(folder, here)
            yield Character(folder, policy_of(here, rules), baseline, cases, left_out)


def _left_out(folder: Path, here: Sequence[Suite]) -> frozenset[str]:
    """Categories that other suites of the folder may have cases of: all, where there are any."""
    others = {path.name for path in folder.glob("*.suite.yaml")} - {s.path.name for s in here}
    return frozenset(CATEGORIES if others else ())
