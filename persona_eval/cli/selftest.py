"""How right the behaviour scorers are: precision, recall, balanced accuracy and kappa on the
labelled replies that ship with the package. No rule was written for one of their voices, and each
voice is judged by trained parts that have not seen it. Needs the embedder and no language model."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path

from tabulate import tabulate

from persona_eval.reports.plain import printable
from persona_eval.scorers.base import Tools
from persona_eval.scorers.fitting import fit, lessons
from persona_eval.scorers.grader import ALL, folder
from persona_eval.scorers.labelled import rows
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.scorers.trained import FILE, to_json
from persona_eval.selftest import Figures, behaviours, curve, packs, read, unseen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="figures as JSON, by voice too")
    parser.add_argument("--voice", action="append", help="rows of this voice only; repeatable")
    parser.add_argument("--wrong", metavar="NAME", help="show the rows on which this one errs")
    parser.add_argument(
        "--curve", action="store_true", help="figures by the number of voices learnt from"
    )
    parser.add_argument(
        "--refit", action="store_true", help="fit the trained parts to all rows and write them"
    )
    parser.add_argument(
        "--tune",
        action="store_true",
        help="train the graders anew, one without each group of voices and one on all: an hour",
    )


def run(options: argparse.Namespace) -> int:
    """Print the figures."""
    if options.tune:
        return _tune()
    registry, tools = default_registry(), default_tools()
    if options.refit:
        return _refit(registry, tools)
    if options.curve:
        print(_curve(curve(rows(), registry, tools)))
        return 0
    chosen = [row for row in rows() if not options.voice or row.voice in options.voice]
    by_voice = unseen(rows(), registry, tools)
    read(chosen, registry, by_voice)
    found = {
        "behaviours": behaviours(chosen, registry, by_voice),
        "packs": packs(chosen, registry, by_voice),
        "packs, replies that people wrote": packs(
            [row for row in chosen if not row.sampled], registry, by_voice
        ),
        "packs, replies that models wrote": packs(
            [row for row in chosen if row.sampled], registry, by_voice
        ),
    }
    if options.wrong:
        _show_wrong([each for group in found.values() for each in group], options.wrong)
    elif options.json:
        print(
            json.dumps({kind: [each.to_json() for each in group] for kind, group in found.items()})
        )
    else:
        voices = sorted({row.voice for row in chosen})
        print(f"{len(chosen)} labelled replies in {len(voices)} voices: {', '.join(voices)}\n")
        for kind, group in found.items():
            print(_table(kind, group), end="\n\n")
    return 0


def _refit(registry: Registry, tools: Tools) -> int:
    path = Path(str(resources.files("persona_eval.scorers") / "data" / FILE))
    path.write_text(to_json(fit(lessons(rows(), registry, tools))), encoding="utf-8")
    print(path)
    return 0


def _tune() -> int:
    from persona_eval.scorers.tuning import GROUPS, save, tune

    voices = list(dict.fromkeys(row.voice for row in rows()))
    groups = {f"without-{start + 1}": voices[start::GROUPS] for start in range(GROUPS)}
    for name, left_out in {**groups, ALL: []}.items():
        path = folder() / f"{name}.safetensors"
        seen = [voice for voice in voices if voice not in left_out]
        save(tune(rows(), seen, partial(_progress, name)), path, left_out)
        print(path)
    return 0


def _progress(name: str, step: int, steps: int, loss: float) -> None:
    if step % 50 == 0 or step == steps:
        print(f"{name}: step {step} of {steps}, loss {loss:.2f}", file=sys.stderr, flush=True)


def _table(kind: str, group: Sequence[Figures]) -> str:
    headers = [
        kind,
        "yes",
        "no",
        "precision",
        "recall",
        "specificity",
        "balanced",
        "95 %",
        "kappa",
        "worst voice",
    ]
    return tabulate([_line(each) for each in group], headers=headers, disable_numparse=True)


def _line(figures: Figures) -> list[str]:
    found = figures.agreement
    scores = (found.precision, found.recall, found.specificity, found.balanced)
    known = {v: a.balanced for v, a in figures.by_voice.items() if a.balanced is not None}
    worst = min(known, key=lambda voice: known[voice], default=None)
    shown = "" if worst is None else f"{_figure(known[worst])} {worst}"
    interval = "" if figures.interval is None else "–".join(map(_figure, figures.interval))
    counts = [str(found.positives), str(found.negatives)]
    return [figures.name, *counts, *map(_figure, scores), interval, _figure(found.kappa), shown]


def _curve(found: Mapping[int, Sequence[Figures]]) -> str:
    """Balanced accuracy, a behaviour a line and a number of voices a column."""
    columns = [[_figure(each.agreement.balanced) for each in group] for group in found.values()]
    names = [each.name for each in next(iter(found.values()))]
    headers = ["balanced, by voices learnt from", *map(str, found)]
    lines = [list(line) for line in zip(names, *columns, strict=True)]
    return tabulate(lines, headers=headers, disable_numparse=True)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _show_wrong(group: Sequence[Figures], name: str) -> None:
    for figures in group:
        for row in figures.wrong if figures.name == name else ():
            label = "pass" if row.passes else row.defect
            print(f"{row.voice} · {row.category}{' control' if row.control else ''} · {label}")
            print(f"  {printable(row.messages[-1].content)}\n  > {printable(row.reply)}")
