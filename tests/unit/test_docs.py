"""The examples of the documentation hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from documents import (
    DOCS,
    ROOT,
    Block,
    blocks,
    example_of,
    examples,
    matches,
    sections,
    without_vectors,
)

from persona_eval.errors import SuiteError
from persona_eval.feasibility import impossible
from persona_eval.models.base import Message
from persona_eval.scorers.base import Tools
from persona_eval.scorers.composite import COMPOSITES
from persona_eval.scorers.registry import default_registry
from persona_eval.selfcheck import check_examples
from persona_eval.statistics.paired import paired_interval, sign_flip
from persona_eval.statistics.rates import wilson
from persona_eval.suite.load import load_suite
from persona_eval.suite.policy import Floors, GatePolicy

GATE = (DOCS / "gate.md").read_text(encoding="utf-8")
PAGES_OF_CASES = (DOCS / "cases.md", DOCS / "consistency.md")


def test_every_expectation_has_a_section_with_its_limits() -> None:
    shown = sections(DOCS / "expectations.md")
    assert sorted(shown) == sorted([*default_registry().names(), *COMPOSITES])
    assert [name for name, text in shown.items() if "limit" not in text] == []


def test_every_section_shows_a_reply_that_passes_and_one_that_fails(tmp_path: Path) -> None:
    shown = {example.name: example.case for example in examples(tmp_path)}
    assert shown.keys() == sections(DOCS / "expectations.md").keys()
    assert [name for name, case in shown.items() if not (case.good and case.bad)] == []


def test_rules_judge_the_replies_as_the_page_says(tmp_path: Path) -> None:
    ruled = [e for e in examples(tmp_path) if not (e.meaning or e.asks_model)]
    assert len(ruled) > 15
    for example in ruled:
        assert example.verdicts(without_vectors()) == example.wanted, example.name


class _Stated:
    """Finds the texts likely that it was given, and others not."""

    def __init__(self, likely: Sequence[str]):
        self.likely = likely

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        return [-1.2 if reply in self.likely else -5.0 for reply in replies]


@pytest.mark.parametrize("turned", [False, True])
def test_what_asks_a_model_passes_and_fails_by_what_it_finds_likely(
    tmp_path: Path, turned: bool
) -> None:
    shown = {e.name: e for e in examples(tmp_path) if e.asks_model}
    assert sorted(shown) == ["fluent", "prefers"]
    for name, example in shown.items():
        model = _Stated(example.case.bad if turned else example.case.good)
        verdicts = example.verdicts(Tools(likelihood=model, base_likelihood=model))
        if name == "fluent":
            wanted = {reply: passed is not turned for reply, passed in example.wanted.items()}
        else:
            wanted = dict.fromkeys(example.wanted, not turned)
        assert verdicts == wanted, name


def what_is_wrong(folder: Path, text: str) -> list[str]:
    """The messages that a suite of the page gets, with paths as a project has them."""
    place = folder / "suites" / "tully"
    place.mkdir(parents=True, exist_ok=True)
    (card,) = (block for block in blocks(DOCS / "expectations.md") if block.mark == "card")
    (place / "persona.yaml").write_text(card.text, encoding="utf-8")
    path = place / "games.suite.yaml"
    path.write_text(text, encoding="utf-8")
    registry = default_registry()
    try:
        suite = load_suite(path, registry)
        found = list(map(str, check_examples(suite, registry, Tools(), exact_only=True)))
    except SuiteError as error:
        found = str(error).splitlines()
    return [line.replace(f"{folder}/", "") for line in found]


def block_id(block: Block) -> str:
    return f"{block.page.name}:{block.line}"


def marked(mark: str) -> list[Block]:
    shown = (block for page in PAGES_OF_CASES for block in blocks(page))
    return [block for block in shown if block.mark == mark]


@pytest.mark.parametrize("block", [*marked("suite"), *marked("cases")], ids=block_id)
def test_a_suite_of_the_page_can_be_used_as_it_is(tmp_path: Path, block: Block) -> None:
    head = "persona: persona.yaml\ncases:\n"
    text = block.text if block.mark == "suite" else head + indent(block.text, "  ")
    assert what_is_wrong(tmp_path, text) == []


@pytest.mark.parametrize("block", marked("refused"), ids=block_id)
def test_a_mistake_gets_the_message_that_the_page_shows(tmp_path: Path, block: Block) -> None:
    (shown,) = (after for before, after in pairwise(blocks(block.page)) if before == block)
    said = what_is_wrong(tmp_path, block.text)
    told = shown.text.splitlines()
    assert len(said) == len(told)
    for line, wanted in zip(said, told, strict=True):
        assert matches(wanted, line), line


def test_the_gates_table_of_intervals() -> None:
    rows = re.findall(r"^\| (\d+) of (\d+) \| (\d+)% \| (\d+)–(\d+) \|$", GATE, re.M)
    assert len(rows) == 4
    for passed, cases, rate, low, high in (map(int, row) for row in rows):
        found = [round(end * 100) for end in wilson(passed, cases)]
        assert [round(100 * passed / cases), *found] == [rate, low, high]


def test_the_gates_example_with_numbers() -> None:
    rows = re.findall(r"^\| .* \| (\d) \| ([-+\d/]+) \|$", GATE, re.M)
    changed = [Fraction(change) for count, change in rows for _ in range(int(count))]
    changes = changed + [Fraction(0)] * (20 - len(changed))
    assert (len(changed), sum(changes)) == (10, -5)
    assert sign_flip(changes).worse == 14 / 2**10
    assert [round(end * 100) for end in paired_interval(list(map(float, changes)))] == [-47, 5]
    kept = [c for c in changes if c != -1] + [Fraction(1, 3)] * 2
    assert (sum(kept), round(sign_flip(kept).worse, 2)) == (Fraction(-4, 3), 0.25)


def test_the_gates_refusal_is_the_one_that_is_said() -> None:
    policy = GatePolicy(floors=Floors(boundary=0.8))
    (said,) = impossible(policy, [("boundary", False)] * 14)
    assert said in GATE.splitlines()


def literals() -> Iterator[str]:
    """The texts of the package, with `…` where something is put in."""
    for path in (ROOT / "persona_eval").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                yield "".join(map(str, parts))


def test_messages_that_are_explained_are_those_of_the_code() -> None:
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    told = [found.strip("` ") for found in re.findall(r"^### (.+)$", page, re.M)]
    assert len(told) > 30
    known = "\n".join(" ".join(text.split()) for text in literals())
    patterns = {one: ".*".join(map(re.escape, one.strip("… ").split("…"))) for one in told}
    assert [one for one, pattern in patterns.items() if not re.search(pattern, known)] == []


def test_a_scorer_of_ones_own_judges_as_its_page_says(tmp_path: Path) -> None:
    page = DOCS / "scorers.md"
    (code,) = (block for block in blocks(page) if block.mark == "scorer")
    (case,) = (block for block in blocks(page) if block.mark == "shouts")
    names: dict[str, Any] = {}
    exec(code.text, names)
    shown = example_of(tmp_path, "shouts", case.text, default_registry([names["Shouts"]]))
    assert shown.verdicts(Tools()) == shown.wanted
