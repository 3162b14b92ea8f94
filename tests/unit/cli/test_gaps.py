"""``persona-eval gaps``: from a stored run to stubs, and from their answers to the data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gaps_data import TOOLS, store_run
from support import chat, write_jsonl

from persona_eval.cli import gaps, main
from persona_eval.cli import project as projects
from persona_eval.training.corpus import read_conversations

SUITE = """
persona: persona.yaml
defaults: {trials: 2, pack: none}
cases:
  - {id: comet, category: dont_know, prompt: Which comet did Halley name?, expect: [contains: dunno], good: [Dunno which comet it was!]}
  - {id: bones, category: dont_know, prompt: How many bones has a whale?, expect: [contains: dunno]}
  - {id: mud, category: in_character, prompt: Do you like mud?, expect: [contains: mud]}
"""
TRAIN = Path("adapters/nib/data/train.jsonl")
STUBS = Path("stubs.jsonl")
FAILS = {"comet": ["Halley's.", "The red one."], "bones": ["Two."], "mud": ["Mud!", "Yes, mud."]}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An adapter with data, a suite, and no vectors but those of words."""
    monkeypatch.chdir(tmp_path)
    for module in (projects, gaps):
        monkeypatch.setattr(module, "default_tools", lambda *_: TOOLS)
    Path("suites/nib").mkdir(parents=True)
    Path("suites/nib/persona.yaml").write_text("{name: Nib, age: 7}")
    Path("suites/nib/a.suite.yaml").write_text(SUITE)
    write_jsonl(TRAIN, [chat("Do you like rain?", "Yes, rain is the best!")] * 3)
    Path("adapters/nib/recipe.yaml").write_text("select: last\n")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["gaps", *arguments]) == status
    out, err = capsys.readouterr()
    return err if status == 2 else out


def answered(*replies: str) -> None:
    """Write replies into the stubs that have a prompt, in order."""
    given = iter(replies)
    rows = [json.loads(line) for line in STUBS.read_text().splitlines()]
    for row in rows:
        if row["messages"][0]["content"]:
            row["messages"][1]["content"] = next(given, "")
    STUBS.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_last_run_of_the_adapter_by_todays_rules(capsys):
    store_run({**FAILS, "mud": ["Hm."]})
    store_run(FAILS)
    store_run(FAILS, adapter="base")
    said = told(capsys, "nib")
    assert said == told(capsys, "nib", "--run", "2") == told(capsys)
    assert "nib (run 2): 2 of 3 cases fail; adapters/nib/data/train.jsonl: 3 conv" in said
    assert "dont_know: add " in said
    assert said.endswith("persona-eval gaps nib --stubs stubs.jsonl writes prompts to answer\n")
    assert "nib (run 1): 3 of 3 cases fail" in told(capsys, "--run", "1", "nib")


def test_rules_of_today_decide_who_fails(capsys):
    store_run(FAILS)
    Path("suites/nib/a.suite.yaml").write_text(SUITE.replace("contains: mud", "contains: pond"))
    said = told(capsys, "nib")
    assert "nib (run 1): 3 of 3 cases fail" in said
    assert "trials judged anew" in said


def test_cases_that_are_not_the_same_any_more_are_left_out(capsys):
    store_run(FAILS)
    Path("suites/nib/a.suite.yaml").write_text(SUITE.replace("has a whale", "has a shark"))
    said = told(capsys, "nib", "--json")
    found = json.loads(said)
    assert (found["cases"], found["failing"]) == (2, 1)
    assert [note.split(" ", 2)[2] for note in found["notes"]][-2:] == [
        "left out: gone, changed since, or of another character",
        "of the suites were not in this run",
    ]


def test_data_that_changed_since_are_told(capsys):
    store_run(FAILS, known={"data": "d" * 64})
    assert "the data are not those that this adapter was trained on" in told(capsys, "nib")


def test_nothing_fails(capsys):
    store_run({"mud": ["Mud!", "Mud."]})
    assert told(capsys, "nib") == "nib (run 1): none of 1 case fails\n"
    assert json.loads(told(capsys, "nib", "--json"))["failing"] == 0


def test_stubs_are_written_once_and_answers_stay(capsys):
    store_run(FAILS)
    said = told(capsys, "nib", "--stubs", str(STUBS), "--most", "4")
    assert f"{STUBS}: 4 new stubs" in said
    assert f"persona-eval gaps nib --take {STUBS}" in said
    answered("I don't know that one, ask somebody big.")
    before = STUBS.read_bytes()
    assert f"{STUBS}: 0 new stubs" in told(capsys, "nib", "--stubs", str(STUBS), "--most", "4")
    assert STUBS.read_bytes() == before
    told(capsys, "nib", "--stubs", str(STUBS), "--most", "6", "--json")
    assert STUBS.read_bytes().startswith(before)
    assert len(STUBS.read_text().splitlines()) == 6


def test_answers_become_data_that_can_be_trained_on(capsys):
    store_run(FAILS)
    told(capsys, "nib", "--stubs", str(STUBS), "--most", "4")
    answered("No idea, I never learned about that!", "Dunno which comet it was")
    held = TRAIN.read_bytes()
    said = told(capsys, "nib", "--take", str(STUBS), status=1)
    assert f"{STUBS}:1: “Dunno which comet it was” is too near a good reply" in said
    assert "1 taken into adapters/nib/data/train.jsonl, 1 refused, 2 not answered yet" in said
    assert TRAIN.read_bytes().startswith(held)
    assert read_conversations(TRAIN)[-1].replies == ("No idea, I never learned about that!",)
    assert len(STUBS.read_text().splitlines()) == 3
    answered()
    assert told(capsys, "--take", str(STUBS)).startswith("0 taken")
    assert json.loads(told(capsys, "--take", str(STUBS), "--json"))["waiting"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nibb"], "no adapter `nibb`"),
        (["nibb"], "Did you mean nib?"),
        (["base"], "`base` is the model without an adapter"),
        (["imported"], "adapters/imported has no recipe.yaml, so that its training data"),
        (["other"], "the stored runs have no adapter `other`, but: nib, gone. Run `pytest"),
        (["nib", "--run", "7"], "holds no run 7; the last are: 1, 2"),
        (["other", "--run", "1"], "run 1 has no adapter `other`, but: nib"),
        (["nib", "--suites", "nowhere"], "nowhere: there is no *.suite.yaml"),
        (["nib", "--store", "nowhere"], "nowhere/store.sqlite: nothing is stored; run `pytest"),
        (["nib", "--stubs", str(TRAIN)], "it has no `train_safe`"),
        (["nib", "--take", str(TRAIN)], "is the training data: name another file for stubs"),
        (["nib", "--take", "nowhere.jsonl"], "nowhere.jsonl: cannot be read: no such file"),
        (["--take", "nowhere.jsonl"], "name the adapter whose data the answers are for: adapters "
                                      "has nib, other"),
    ],
)  # fmt: skip
def test_what_cannot_be_found_is_told_kindly(capsys, arguments, message):
    store_run(FAILS)
    store_run(FAILS, adapter="gone")
    write_jsonl(Path("adapters/other/data/train.jsonl"), [chat("Hi!", "Oh.")])
    Path("adapters/other/recipe.yaml").write_text("select: last\n")
    Path("adapters/imported").mkdir()
    Path("adapters/imported/adapter_config.json").write_text("{}")
    assert message in told(capsys, *arguments, status=2)


def test_no_run_of_an_adapter_with_a_recipe(capsys):
    store_run(FAILS, adapter="gone")
    message = told(capsys, status=2)
    assert "no stored run had an adapter with a recipe.yaml; in adapters there are: nib" in message


def test_a_run_of_other_cases(capsys):
    store_run(FAILS)
    Path("suites/nib/a.suite.yaml").write_text(SUITE.replace("?", "??"))
    assert "run 1 (nib) holds no case of suites as it is today" in told(capsys, "nib", status=2)


def test_suites_with_mistakes(capsys):
    store_run(FAILS)
    Path("suites/nib/a.suite.yaml").write_text(SUITE.replace("dont_know", "dontknow"))
    assert "suites/nib/a.suite.yaml:5" in told(capsys, "nib", status=2)


def test_characters_of_which_none_is_the_adapters(capsys):
    store_run(FAILS)
    for name in ("bo", "mo"):
        Path(f"suites/{name}").mkdir()
        Path(f"suites/{name}/persona.yaml").write_text(f"name: {name}")
        Path(f"suites/{name}/a.suite.yaml").write_text(SUITE)
    Path("suites/nib").rename("suites/nub")
    message = told(capsys, "nib", status=2)
    assert "suites holds suites of several characters, and no folder there" in message
    assert "name its own with --suites suites/NAME" in message


def test_damaged_stubs_are_left_alone(capsys):
    store_run(FAILS)
    STUBS.write_text("{}\n")
    for option in ("--stubs", "--take"):
        assert "stubs.jsonl:1:1: is no stub" in told(capsys, "nib", option, str(STUBS), status=2)
    assert STUBS.read_text() == "{}\n"


def test_data_with_mistakes(capsys):
    store_run(FAILS)
    TRAIN.write_text("{}\n")
    assert f"{TRAIN}:1:1: has no `messages`" in told(capsys, "nib", status=2)
