"""Look at the last stored run of an adapter: what do its training data lack for the cases that
fail, by category, topic, length and turns? `--stubs` writes prompts for you to answer, never those
of the suites; `--take` adds your answers to the data. Exit status: 0, or 1 where an answer was
refused; 2 bad input."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from persona_eval.cli import project
from persona_eval.cli.linting import readable, suite_files
from persona_eval.errors import DataError, PersonaEvalError, Problem, StoreError, SuiteError
from persona_eval.gaps.bank import prompts
from persona_eval.gaps.find import Gaps, find_gaps
from persona_eval.gaps.stub_file import append_rows, kept, read_stubs
from persona_eval.gaps.stubs import MOST, Chooser, Stub, choose_stubs
from persona_eval.gaps.taking import sort_out
from persona_eval.gaps.tried import Looked, look
from persona_eval.history import Run
from persona_eval.identity import place_of
from persona_eval.lint.adapter import suites_of
from persona_eval.lint.findings import plural
from persona_eval.lint.spoken import said_by
from persona_eval.reports.gaps import gap_lines, note_lines, taking_lines
from persona_eval.reports.gaps_json import gaps_json, taking_json
from persona_eval.reports.plain import printable_json
from persona_eval.scorers.base import Tools
from persona_eval.scorers.tools import default_tools
from persona_eval.sides import Project
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.models import Suite
from persona_eval.training.adapter import find_adapters, resolve_adapter
from persona_eval.training.fingerprint import Sources, adapter_fingerprint
from persona_eval.training.recipe import RECIPE_FILE, Recipe, train_path
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapter", nargs="?",
        help="name below adapters/, or a folder with a recipe.yaml (default: of the last run)",
    )  # fmt: skip
    parser.add_argument("--run", type=project.at_least_one, metavar="N", dest="number",
                        help="a run of the adapter (default: the last)")  # fmt: skip
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--stubs", type=Path, metavar="FILE.jsonl", help="add prompts to answer")
    way.add_argument("--take", type=Path, metavar="FILE.jsonl", help="add answers to the data")
    parser.add_argument("--most", type=project.at_least_one, default=MOST, metavar="N",
                        help=f"stubs of a category or its controls ({MOST})")  # fmt: skip
    parser.add_argument("--all", action="store_true", help="show every case, with its reply")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--suites", type=Path, default=Path("suites"), metavar="DIR")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is found, or what became of the stubs. Raises PersonaEvalError for what cannot
    be found or read."""
    suites, problems = readable(suite_files(options.suites))
    if problems:
        raise SuiteError(problems)
    return _take(options, suites) if options.take else _look(options, suites)


@dataclass(frozen=True)
class Data:
    """An adapter with its recipe and data."""

    name: str
    """As runs call it."""
    folder: Path
    recipe: Recipe
    sources: Sources

    @property
    def train(self) -> Path:
        return train_path(self.recipe, self.folder)

    def changed_since(self, run: Run) -> bool:
        """Whether the adapter of a run was trained on other data, as far as that is known."""
        known = run.about["adapters"][self.name]
        then = known.get("data") if isinstance(known, dict) else None
        return bool(then) and then != adapter_fingerprint(self.recipe, self.sources, "").data


def _data(name: str, root: Path) -> Data:
    """The data of an adapter, or of the one that a checkpoint (NAME@STEP) belongs to."""
    if name == "base":
        raise PersonaEvalError("`base` is the model without an adapter: it has no training data")
    spec, at, step = name.partition("@")
    folder = resolve_adapter(spec, root)
    if not (folder / RECIPE_FILE).is_file():
        raise PersonaEvalError(
            f"{folder} has no {RECIPE_FILE}, so that its training data are not known: write one "
            "there, with `data: {train: FILE.jsonl}` and `select: last`"
        )
    recipe = load_recipe(folder / RECIPE_FILE)
    return Data(f"{folder.resolve().name}{at}{step}", folder, recipe, read_sources(recipe, folder))


def _look(options: argparse.Namespace, suites: Sequence[Suite]) -> int:
    with project.opened(options) as found:
        data = _data(options.adapter or _last_adapter(found, options), options.adapters_dir)
        own = _own(suites, data, options.suites)
        number = _run_of(found, data.name, options.number).number
        looked = look(found, found.reference(f"{number}:{data.name}"), own)
        if not looked.failing:
            return _nothing(looked, options)
        card = own[0].persona
        gaps = find_gaps(looked, data.sources.train, card, own, found.tools)
        stubs = _stubs(options, gaps, data, suites, own, found.tools) if options.stubs else None
    _report(options, gaps, data, own, stubs)
    return 0


def _last_adapter(found: Project, options: argparse.Namespace) -> str:
    """Of the last run that had one with a recipe."""
    known = _with_recipe(options.adapters_dir)
    names = [name for run in reversed(found.runs.all()) for name in run.adapters if name in known]
    if not names:
        raise PersonaEvalError(
            f"no stored run had an adapter with a {RECIPE_FILE}; in {options.adapters_dir} "
            f"there are: {', '.join(known) or 'none'}. Run `pytest suites/ --persona-adapter NAME`"
        )
    return names[0]


def _with_recipe(root: Path) -> list[str]:
    return [name for name in find_adapters(root) if (root / name / RECIPE_FILE).is_file()]


def _own(suites: Sequence[Suite], data: Data, root: Path) -> list[Suite]:
    """The suites of the adapter's character."""
    if not suites:
        raise PersonaEvalError(f"{root}: there is no *.suite.yaml; name the folder with --suites")
    own = suites_of(data.folder.resolve().name, suites)
    if not own:
        raise PersonaEvalError(
            f"{root} holds suites of several characters, and no folder there is named after "
            f"`{data.name}`: name its own with --suites {root}/NAME"
        )
    return own


def _run_of(found: Project, adapter: str, number: int | None) -> Run:
    """The run of that number, or the last one of the adapter."""
    runs = [found.runs.get(number)] if number else found.runs.all()
    mine = [run for run in runs if adapter in run.adapters]
    if mine:
        return mine[-1]
    have = ", ".join(dict.fromkeys(name for run in runs for name in run.adapters)) or "none"
    if number:
        raise StoreError(
            f"run {number} has no adapter `{adapter}`, but: {have}. `persona-eval runs` lists the runs"
        )
    raise StoreError(
        f"the stored runs have no adapter `{adapter}`, but: {have}. Run "
        f"`pytest suites/ --persona-adapter {adapter}` first"
    )


def _nothing(looked: Looked, options: argparse.Namespace) -> int:
    number, count = looked.run.number, len(looked.cases)
    if not count:
        raise PersonaEvalError(
            f"run {number} ({looked.adapter}) holds no case of {options.suites} as it is today: run "
            "the suites again"
        )
    if options.json:
        told = {"adapter": looked.adapter, "run": number, "cases": count, "failing": 0}
        print(json.dumps({"schema": 1, **told, "groups": [], "turns": []}))
    else:
        print(f"{looked.adapter} (run {number}): none of {plural(count, 'case')} fails")
    return 0


def _stubs(
    options: argparse.Namespace,
    gaps: Gaps,
    data: Data,
    suites: Sequence[Suite],
    own: Sequence[Suite],
    tools: Tools,
) -> list[Stub]:
    """Choose and write stubs; those that wait in the file count, and stay as they are."""
    path: Path = options.stubs
    waiting = read_stubs(path) if path.exists() else []
    _not_the_data(path, data)
    assert tools.embedder is not None
    users = said_by("user", [*data.sources.train, *data.sources.valid])
    users += [user for line in waiting for user in line.users if user.text.strip()]
    chooser = Chooser(prompts(), suites, users, tools.embedder)
    card = own[0].persona
    stubs = choose_stubs(gaps, chooser, card, tools.embedder, kept(waiting), options.most)
    if stubs:
        append_rows(path, [stub.row(card.system_prompt) for stub in stubs])
    return stubs


def _not_the_data(path: Path, data: Data) -> None:
    """Stubs lie in a file of their own."""
    if path.resolve() == data.train.resolve():
        problem = Problem(path, 0, 0, "", "is the training data: name another file for stubs")
        raise DataError([problem])


def _report(
    options: argparse.Namespace,
    gaps: Gaps,
    data: Data,
    own: Sequence[Suite],
    stubs: Sequence[Stub] | None,
) -> None:
    run_had = {each.result.key for each in gaps.looked.cases}
    asked = [f"{place_of(suite.path)}::{case.id}" for suite in own for case in suite.cases]
    missing = sum(key not in run_had for key in asked)
    notes = list(note_lines(gaps, data.changed_since(gaps.looked.run), missing))
    if options.json:
        whole = gaps_json(gaps, str(data.train), notes)
        whole["stubs"] = None if stubs is None else {"file": str(options.stubs), "new": len(stubs)}
        print(printable_json(whole, indent=1))
        return
    for line in (*notes, *gap_lines(gaps, str(data.train), options.all)):
        print(line)
    for line in _next(options, gaps, data.name, stubs):
        print(line)


def _next(
    options: argparse.Namespace, gaps: Gaps, name: str, stubs: Sequence[Stub] | None
) -> Iterator[str]:
    if stubs is None:
        if gaps.add:
            yield f"\nnext: persona-eval gaps {name} --stubs stubs.jsonl writes prompts to answer"
        return
    empty = sum(not all(stub.turns) for stub in stubs)
    hints = f", {empty} of them with a `topic` in place of a prompt" if empty else ""
    yield f"\n{options.stubs}: {plural(len(stubs), 'new stub')}{hints}"
    if stubs:
        yield f"next: write the replies, then: persona-eval gaps {name} --take {options.stubs}"


def _take(options: argparse.Namespace, suites: Sequence[Suite]) -> int:
    data = _data(options.adapter or _only_adapter(options.adapters_dir), options.adapters_dir)
    _not_the_data(options.take, data)
    lines = read_stubs(options.take)
    own = suites_of(data.folder.resolve().name, suites)
    with _tools(options) as tools:
        taking = sort_out(
            lines, [*data.sources.train, *data.sources.valid], own or suites,
            own[0].persona if own else None, tools,
        )  # fmt: skip
    places = taking.write(options.take, data.train)
    if options.json:
        whole = taking_json(taking, places, str(data.train))
        print(printable_json(whole, indent=1))
    else:
        print("\n".join(taking_lines(taking, places, str(data.train))))
        if taking.taken:
            print(f"next: persona-eval lint {data.name}, then persona-eval train {data.name}")
    return int(bool(taking.refused))


def _only_adapter(root: Path) -> str:
    known = _with_recipe(root)
    if len(known) != 1:
        raise PersonaEvalError(
            f"name the adapter whose data the answers are for: {root} has "
            f"{', '.join(known) or f'none with a {RECIPE_FILE}'}"
        )
    return known[0]


@contextmanager
def _tools(options: argparse.Namespace) -> Iterator[Tools]:
    """The usual tools, with the store's vectors where there is a store."""
    path = options.store / STORE_FILE
    store = Store(path) if path.is_file() else None
    try:
        yield default_tools(options.embedder, store) if store else default_tools(options.embedder)
    finally:
        if store:
            store.close()
