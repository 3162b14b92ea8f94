"""The documentation as tests read it: fenced blocks with what marks them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent

from persona_eval.judging import Planned, example_exchange, judged_by_examples, plan
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.composite import Composite
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*) -->\n+)?^ *```(?P<kind>[\w-]*)\n(?P<text>.*?)^ *```$", re.M | re.S
)
_HEADING = re.compile(r"^### `(\w+)`$", re.M)
_HEAD = "persona: persona.yaml\ncases:\n"


@dataclass(frozen=True)
class Block:
    """A fenced block: the comment right before it, its language, and what it holds."""

    page: Path
    line: int
    mark: str
    kind: str
    text: str


@dataclass(frozen=True)
class Example:
    """A marked case of docs/expectations.md, in the section of the expectation it shows."""

    name: str
    case: Case
    persona: Persona
    planned: tuple[Planned, ...]
    asks_model: bool = False

    @property
    def meaning(self) -> bool:
        """Whether vectors of texts take part in the verdict."""
        return any(map(_means, (entry.scorer for entry in self.planned)))

    def exchange(self, reply: str, tools: Tools) -> Exchange:
        return example_exchange(self.case, self.persona, reply, tools)

    def scores(self, reply: str, tools: Tools) -> list[Score]:
        exchange = self.exchange(reply, tools)
        return [entry.scorer.judge(exchange) for entry in self.planned]

    def verdicts(self, tools: Tools) -> dict[str, bool | None]:
        """For each example reply whether it passes; None where something was skipped."""
        return {reply: _all(self.scores(reply, tools)) for reply in self.case.good + self.case.bad}

    @property
    def wanted(self) -> dict[str, bool | None]:
        return dict.fromkeys(self.case.good, True) | dict.fromkeys(self.case.bad, False)


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page, line, found["mark"] or "", found["kind"], found["text"])


def matches(shown: str, said: str) -> bool:
    """Whether a line of a page is what was said; `…` in it stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), said) is not None


def sections(page: Path) -> dict[str, str]:
    """Text of each section whose heading is a name in code, by that name."""
    _, *parts = _HEADING.split(page.read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def examples(folder: Path) -> list[Example]:
    """The examples of docs/expectations.md; a suite of each is written to the folder."""
    page, registry = DOCS / "expectations.md", default_registry()
    return [
        replace(
            example_of(folder, name, found["text"], registry), asks_model="model" in found["mark"]
        )
        for name, text in sections(page).items()
        for found in _FENCE.finditer(text)
        if (found["mark"] or "").startswith("example")
    ]


def training_replies() -> tuple[str, ...]:
    """What docs/expectations.md shows as training data."""
    (data,) = (b for b in blocks(DOCS / "expectations.md") if b.mark == "training data")
    return tuple(turn["content"] for turn in json.loads(data.text)["messages"][1:])


def without_vectors() -> Tools:
    return Tools(training_replies=training_replies())


def with_vectors(tools: Tools) -> Tools:
    return replace(tools, training_replies=training_replies())


def example_of(folder: Path, name: str, keys: str, registry: Registry) -> Example:
    """The case of these keys beside the page's card, judged by what its `expect` says."""
    (card,) = (block for block in blocks(DOCS / "expectations.md") if block.mark == "card")
    (folder / "persona.yaml").write_text(card.text, encoding="utf-8")
    written = f"id: one\ncategory: in_character\n{keys}"
    path = folder / f"{name}.suite.yaml"
    path.write_text(_HEAD + "  -\n" + indent(written, " " * 4), encoding="utf-8")
    suite = load_suite(path, registry)
    (case,) = suite.cases
    judges = judged_by_examples(case, plan(case, suite.persona, registry))
    written_here = tuple(entry for entry in judges if entry.source == "case")
    return Example(name, case, suite.persona, written_here)


def _means(scorer: Scorer) -> bool:
    if isinstance(scorer, Composite):
        return any(map(_means, scorer.children))
    return scorer.calibrated or isinstance(scorer, Trained)


def _all(scores: list[Score]) -> bool | None:
    verdicts = [score.passed for score in scores]
    return None if None in verdicts else all(verdicts)
