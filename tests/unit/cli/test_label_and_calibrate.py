"""``persona-eval label`` and ``persona-eval calibrate``: an author's own reading."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from persona_eval.cli import main
from persona_eval.history import NewTrial, Runs
from persona_eval.judge import Judge
from persona_eval.judging import Judgement
from persona_eval.labels import FILE, Label, append_label, read_labels
from persona_eval.models.base import Message, Reply
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.standings import facts_of
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.load import load_suite

pytestmark = pytest.mark.usefixtures("project")
LABELS = Path("suites") / FILE


def reply(text: str) -> Reply:
    return Reply(text, "stop", 3, 3, 0.1)


@pytest.fixture
def stored(project: Path) -> None:
    """Three replies to one case, two of them the same, and a conversation."""
    said = {"drink": [["Rum!"], ["Tea.\nWith milk."], ["Rum!"]], "twice": [["Rosa.", "The Gull."]]}
    keep(said)


def keep(replied: dict[str, list[list[str]]]) -> None:
    """Store what was replied to each case, trial by trial and turn by turn."""
    suite = load_suite(Path("suites/a.suite.yaml"), default_registry())
    store = Store(Path(".persona_eval") / STORE_FILE)
    runs, judge = Runs(store), Judge(default_registry())
    run = runs.begin("a run", {})
    for name, trials in replied.items():
        case = suite.case(name)
        facts = facts_of(suite, case, judge.rules(case, suite.persona, Tools()))
        replies = ([reply(text) for text in texts] for texts in trials)
        runs.add(run, "rosa", facts, [
            NewTrial(number, said, Judgement(True, None, ()), False)
            for number, said in enumerate(replies)
        ])  # fmt: skip
    store.close()


def answering(monkeypatch: pytest.MonkeyPatch, answers: Iterable[str]) -> None:
    left = iter(answers)

    def answer(_: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", answer)


def verdicts() -> dict[str, str]:
    return {label.reply: label.verdict for label in read_labels(LABELS)}


@pytest.mark.usefixtures("stored")
def test_each_reply_is_shown_once_and_kept_at_once(monkeypatch, capsys) -> None:
    answering(monkeypatch, ["y", "what?", "N", "s"])
    assert main(["label"]) == 0
    assert verdicts() == {"Rum!": "pass", "Tea.\nWith milk.": "fail"}
    shown = capsys.readouterr().out
    assert "0 labels, 3 replies without one" in shown
    assert "user: And your ship?\n  > The Gull." in shown
    answering(monkeypatch, ["pass"])
    assert main(["label", "suites"]) == 0
    assert "2 labels, 1 replies without one" in capsys.readouterr().out
    assert verdicts()["The Gull."] == "pass"


@pytest.mark.usefixtures("stored")
def test_a_table_goes_out_and_comes_back(capsys) -> None:
    table = Path("labels.csv")
    assert main(["label", "--export", str(table)]) == 0
    rows = list(csv.DictReader(table.open(newline="")))
    assert len(rows) == 3
    for row, label in zip(rows, ("Pass", "", "0"), strict=True):
        row["label"] = label
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert main(["label", "--import", str(table)]) == 0
    assert "2 labels taken" in capsys.readouterr().out
    assert sorted(verdicts().values()) == ["fail", "pass"]


@pytest.mark.usefixtures("project")
def test_a_table_holds_no_formula_and_comes_back_all_the_same(capsys) -> None:
    said = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "'Tis me", "Rum"]
    keep({"drink": [[each] for each in said]})
    assert main(["label", "--export", "labels.csv"]) == 0
    rows = list(csv.DictReader(Path("labels.csv").read_text().splitlines()))
    assert sorted(row["reply"] for row in rows) == sorted(
        [*(f"'{each}" for each in said[:-1]), "Rum"]
    )
    text = Path("labels.csv").read_text()
    Path("labels.csv").write_text(text.replace(",\n", ",pass\n"))
    assert main(["label", "--import", "labels.csv"]) == 0
    assert verdicts() == dict.fromkeys(said, "pass")


@pytest.mark.usefixtures("project")
def test_no_reply_drives_the_terminal(monkeypatch, capsys) -> None:
    keep({"drink": [["\x1b[2J\r\u202e\x9b"]]})
    answering(monkeypatch, ["q"])
    assert main(["label"]) == 0
    assert "> \\u001b[2J ⏎ \\u202e\\u009b" in capsys.readouterr().out


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("suites/a.suite.yaml,drink,Rum!,perhaps", "labels.csv:2:1: label 'perhaps': write pass"),
        ("suites/a.suite.yaml,drink,Cocoa!,pass", "labels.csv:2:1: is no stored reply"),
    ],
)
def test_a_wrong_table_keeps_nothing(capsys, line: str, message: str) -> None:
    good = "suites/a.suite.yaml,drink,Rum!,pass"
    Path("labels.csv").write_text(f"suite,case,reply,label\n{line}\n{good}\n")
    assert main(["label", "--import", "labels.csv"]) == 2
    assert message in capsys.readouterr().err
    assert not LABELS.exists()


@pytest.mark.usefixtures("stored")
def test_what_cannot_be_labelled_is_said(capsys) -> None:
    Path("labels.csv").write_text("a,b\n1,2\n")
    for arguments, message in (
        (["--import", "labels.csv"], "has no column case, label, reply, suite"),
        (["--import", "none.csv"], "none.csv: cannot be read"),
        (["--adapter", "x"], "stored of the adapters: none"),
        (["nowhere"], "nowhere: there is no such file"),
        (["--store", "elsewhere"], "no replies are stored; run `pytest suites/`"),
    ):
        assert main(["label", *arguments]) == 2
        assert message in capsys.readouterr().err


def test_labels_that_cannot_be_read_are_named_by_line(capsys) -> None:
    LABELS.write_text('{"suite": "a"}\nnonsense\n')
    assert main(["calibrate", "suites"]) == 2
    shown = capsys.readouterr().err
    assert "labels.jsonl:1:1: is no label: it has no 'label'" in shown
    assert "labels.jsonl:2:1: is no label: Expecting value" in shown


def label(text: str, verdict: str, case: str = "drink") -> None:
    messages = (Message("user", "What do you drink?"),)
    append_label(LABELS, Label("suites/a.suite.yaml", case, messages, text, "stop", verdict))


def test_too_few_labels_are_refused(capsys) -> None:
    for number in range(19):
        label(f"Rum {number}!", "pass")
    assert main(["calibrate", "suites"]) == 2
    assert "19 passes and 0 fails; limits need 20 labels or more" in capsys.readouterr().err


class Sides:
    """A reader that knows rum from tea."""

    def __init__(self, name: str):
        self.name = name

    def embed(self, texts):
        import numpy as np

        return np.array([[1.0 if "rum" in text.lower() else -1.0] for text in texts], "f4")


@pytest.fixture
def by_wording(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part by which rum has a probability of .73 and tea one of .6: both pass by default."""
    from persona_eval.scorers.reader import NAME
    from persona_eval.scorers.trained import Part

    parts = {"stays_in_own_world": Part((0.0, 0.0365, 0.0365), 0.7)}
    tools = Tools(reader=Sides(NAME), parts=parts)
    monkeypatch.setattr("persona_eval.cli.calibrate.default_tools", lambda _=None: tools)
    suite = Path("suites/a.suite.yaml")
    text = suite.read_text().replace("expect: [contains: rum]", "expect: [stays_in_own_world]")
    suite.write_text(text)


@pytest.mark.usefixtures("by_wording")
def test_limits_that_judge_better_go_into_the_card(capsys) -> None:
    card = Path("suites/persona.yaml")
    before = card.read_text()
    for number in range(12):
        label(f"My rum, the {number}.", "pass")
        label(f"My tea, the {number}.", "fail")
    label("gone", "pass", case="no-such-case")
    assert main(["calibrate", "suites", "--dry-run"]) == 0
    assert card.read_text() == before
    assert main(["calibrate", "suites"]) == 0
    shown = capsys.readouterr().out
    assert "1 labels belong to cases that are no longer there" in shown
    assert "with the limits of now: balanced accuracy 50%; 0 of 12 passes lost" in shown
    assert "learnt from the other labels: balanced accuracy 100%" in shown
    assert re.search(r"stays_in_own_world: 0\.5 → 0\.[56]\d", shown)
    assert "limits:" in card.read_text()
    assert main(["calibrate", "suites"]) == 0
    assert "nothing to change" in capsys.readouterr().out


@pytest.mark.usefixtures("by_wording")
def test_labels_without_a_pattern_leave_the_card_alone(capsys) -> None:
    for number in range(24):
        label(
            f"My {'rum' if number % 3 else 'tea'}, the {number}.", "pass" if number % 2 else "fail"
        )
    before = Path("suites/persona.yaml").read_text()
    assert main(["calibrate", "suites"]) == 0
    shown = capsys.readouterr().out
    assert "the card stays as it is" in shown or "nothing to change" in shown
    assert Path("suites/persona.yaml").read_text() == before


def test_labels_survive_their_file() -> None:
    label("“Rum”\n\u2028🦜", "fail")
    assert [each.reply for each in read_labels(LABELS)] == ["“Rum”\n\u2028🦜"]
    assert json.loads(LABELS.read_text())["label"] == "fail"
