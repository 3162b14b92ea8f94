"""What fine-tuning cost: base against adapter on built-in cases that have nothing to do with the
character. General ability and plain text without sampling, replies to harmless and to harmful
requests; all in English. What was measured before is taken from the store. Exit status: 0, whatever
was lost; 1 where --fail-below is missed; 2 where there is nothing to measure."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from persona_eval.cli import project
from persona_eval.cli.told import Told
from persona_eval.damage.adapters import BASE, base_of, ready_adapters, require_unchanged
from persona_eval.damage.measuring import Meter
from persona_eval.damage.parts import Damage
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.damage import ability_line, damage_json, damage_lines, heading
from persona_eval.reports.plain import printable_json
from persona_eval.runner import Runner
from persona_eval.scorers.tools import default_tools
from persona_eval.store import STORE_FILE, Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapters", nargs="+", metavar="ADAPTER", help="name below adapters/, or a folder"
    )
    parser.add_argument(
        "--model", metavar="NAME",
        help="the base: a name, an MLX directory or a hub id (default: what the recipe names)",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument(
        "--fail-below", type=_limit, metavar="POINTS",
        help="exit status 1 where an adapter has lost more points of general ability than this",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and report. Raises PersonaEvalError for what cannot be measured."""
    base = locate(options.model or base_of(options.adapters, options.adapters_dir))
    adapters = ready_adapters(options.adapters, options.adapters_dir, base)
    model = MLXModel(base)
    store = Store(options.store / STORE_FILE)
    try:
        runner = Runner(model, store, on_work=Told(), before_wearing=require_unchanged)
        tools = default_tools(options.embedder, store)
        meter = Meter(runner, store, tools, partial(print, file=sys.stderr, flush=True))
        before, *after = (meter.measured(adapter) for adapter in (BASE, *adapters))
    finally:
        store.close()
    damages = [Damage.of(before, each, meter.harmful) for each in after]
    if options.json:
        about = {"model": {"name": model.name, "fingerprint": model.fingerprint},
                 "engine": model.engine}  # fmt: skip
        found = damage_json(damages, about, meter.harmless, meter.harmful)
        print(printable_json(found, indent=2))
    else:
        print(heading(damages, model.name, model.engine, runner.work))
        for damage in damages:
            print("\n" + "\n".join(damage_lines(damage)))
    return 0 if options.fail_below is None else _gate(damages, options.fail_below)


def _gate(damages: list[Damage], most: float) -> int:
    held = [ability_line(damage, most) for damage in damages]
    for _, line in held:
        print(line, file=sys.stderr)
    return int(not all(kept for kept, _ in held))


def _limit(text: str) -> float:
    """Points from 0 to 100. Raises ArgumentTypeError for anything else."""
    try:
        points = float(text)
    except ValueError:
        points = -1.0
    if not 0 <= points <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no number of points from 0 to 100")
    return points
