"""Say what is wrong with the lengths and the ends of replies, and what to change: data, recipe or
setting. For an adapter, or for the base model before any training. Replies are drawn to prompts of
the suites, with the settings of the suites and with some of them changed; what is stored is not
asked for again. Exit status: 0, whatever is found; 2 bad input."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from persona_eval.canaries import asked_base
from persona_eval.cli.linting import readable, suite_files
from persona_eval.cli.project import at_least_one
from persona_eval.cli.told import Told
from persona_eval.damage.adapters import BASE, require_unchanged
from persona_eval.doctor.diagnosis import diagnose
from persona_eval.doctor.examining import examine
from persona_eval.doctor.prompts import PROMPTS, prompts
from persona_eval.doctor.subject import asked_for, ready
from persona_eval.errors import PersonaEvalError, SuiteError
from persona_eval.lint.adapter import suites_of
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.doctor import doctor_lines
from persona_eval.reports.doctor_json import doctor_json
from persona_eval.runner import Runner
from persona_eval.settings import pytest_setting
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.models import Suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapter", nargs="?", metavar="ADAPTER",
        help=f"name below adapters/, folder, checkpoint, or `{BASE.name}` for none (default: the "
        "one of `persona_adapters`, or the only one)",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME",
        help="the base: a name, an MLX directory or a hub id (default: what the recipe names)",
    )  # fmt: skip
    parser.add_argument(
        "--suites", type=Path, default=Path("suites"), metavar="DIR",
        help="folder of suites, or one suite, for prompts and settings (suites)",
    )  # fmt: skip
    parser.add_argument(
        "--prompts", type=at_least_one, default=PROMPTS, metavar="N",
        help=f"how many prompts at most ({PROMPTS})",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="folder of the store (.persona_eval)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Examine and report. Raises PersonaEvalError for what cannot be examined."""
    root = options.adapters_dir
    spec = asked_for(options.adapter, root, pytest_setting(Path(), "persona_adapters"))
    _require_folder(options.json)
    base = locate(options.model or asked_base([spec], root))
    subject = ready(spec, root, base)
    suites = _suites(options.suites, subject.adapter.name)
    asked = prompts(suites, subject.sources, options.prompts)
    store = Store(options.store / STORE_FILE)
    try:
        model = MLXModel(base)
        runner = Runner(model, store, on_work=Told(), before_wearing=require_unchanged)
        found = examine(subject, asked, suites, runner, store)
    finally:
        store.close()
    findings = diagnose(found)
    for line in doctor_lines(found, findings, model.name, model.engine, runner.work):
        print(line)
    if options.json:
        about = {"model": {"name": model.name, "fingerprint": model.fingerprint},
                 "engine": model.engine}  # fmt: skip
        _write(options.json, json.dumps(doctor_json(found, findings, about), indent=2,
                                        ensure_ascii=False))  # fmt: skip
    return 0


def _suites(path: Path, adapter: str) -> Sequence[Suite]:
    """The suites of the character; for the base those of any. Raises SuiteError."""
    files = suite_files(path) if path.is_dir() else [path] if path.is_file() else []
    suites, problems = readable(files)
    if problems:
        raise SuiteError(problems)
    return suites if adapter == BASE.name else suites_of(adapter.partition("@")[0], suites)


def _require_folder(path: Path | None) -> None:
    """Raise PersonaEvalError before anything is generated that could not be written."""
    if path and (path.is_dir() or not path.resolve().parent.is_dir()):
        raise PersonaEvalError(f"--json {path}: give a file in a folder that exists")


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise PersonaEvalError(f"--json {path}: cannot be written ({error.strerror})") from None
