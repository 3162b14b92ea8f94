"""What is underlined, and where; and that nothing is where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from edited import CARD, RECIPE, ROOT, SUITE, Editor, Mark

TULLY = sorted((ROOT / "suites" / "tully").glob("*.yaml"))
RECIPES = sorted((ROOT / "adapters").glob("*/recipe.yaml"))
MODELINE = "# yaml-language-server: $schema="
CASE = """\
persona: persona.yaml
cases:
  - id: brother-name
    category: dont_know
    prompt: What's your brother's name?
"""


@pytest.mark.parametrize("path", TULLY, ids=lambda path: path.name)
def test_tully_has_no_diagnostic(editor: Editor, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    assert first.startswith(MODELINE)
    assert editor.marks_as_written(path, text) == []
    wrong = f"{first}\nnonsense: 1\n{rest}"  # the schema was found, and looked at
    assert [mark.message for mark in editor.marks_as_written(path, wrong)] == [
        "Property nonsense is not allowed."
    ]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_a_recipe_has_no_diagnostic(editor: Editor, path: Path) -> None:
    assert editor.marks(RECIPE, path.read_text(encoding="utf-8")) == []


def test_a_wrong_key_of_a_case(editor: Editor) -> None:
    assert editor.marks(SUITE, CASE + "    trails: 3\n") == [
        Mark(6, 5, "Property trails is not allowed.")
    ]


def test_a_wrong_category(editor: Editor) -> None:
    (mark,) = editor.marks(SUITE, CASE.replace("dont_know", "dontknow"))
    assert mark[:2] == (4, 15)
    assert mark.message.startswith('Value is not accepted. Valid values: "in_character", "dont_')


def test_a_key_that_is_missing(editor: Editor) -> None:
    text = CASE.replace("    category: dont_know\n", "")
    assert editor.marks(SUITE, text) == [Mark(3, 5, 'Missing property "category".')]


def test_a_prompt_beside_turns(editor: Editor) -> None:
    assert editor.marks(SUITE, CASE + "    turns: [{user: Hello}]\n") == [
        Mark(6, 5, "Property turns is not allowed.")
    ]


@pytest.mark.parametrize(
    ("item", "column", "message"),
    [
        ("contians: x", 9, "Property contians is not allowed."),
        ("contains: 3", 19, 'Incorrect type. Expected "string | array | object".'),
        ("similar: {margn: 1}", 19, "Property margn is not allowed."),
        ("similar: [x]", 18, "Incorrect type. Expected one of object, number, null."),
        ("words: {}", 16, "Object has fewer properties than the required number of 1"),
        ("{contains: a, relevant: }", 9, "Object has more properties than limit of 1."),
        ("any_of: []", 17, "Array has too few items. Expected 1 or more."),
        ("not: {contians: x}", 15, "Property contians is not allowed."),
    ],
)
def test_a_wrong_expectation(editor: Editor, item: str, column: int, message: str) -> None:
    text = f"{CASE}    expect:\n      - complete\n      - {item}\n"
    assert editor.marks(SUITE, text) == [Mark(8, column, message)]


def test_a_wrong_bare_name_is_answered_with_all_of_them(editor: Editor) -> None:
    (mark,) = editor.marks(SUITE, CASE + "    expect: [relevnt]\n")
    assert mark[:2] == (6, 14)
    assert '"relevant" | "similar"' in mark.message


def test_wrong_keys_and_values_of_a_card(editor: Editor) -> None:
    text = "name: Bo\nnicknam: B\nage: six\nvoice:\n  samples: [{form: x}]\n  words: {mx: 3}\n"
    assert editor.marks(CARD, text) == [
        Mark(2, 1, "Property nicknam is not allowed."),
        Mark(3, 6, 'Incorrect type. Expected "number | null".'),
        Mark(5, 13, 'Incorrect type. Expected "string".'),
        Mark(6, 11, "Property mx is not allowed."),
    ]


def test_wrong_keys_and_values_of_a_recipe(editor: Editor) -> None:
    text = "base: gemma3-270m\nepoch: 3\nlora: {rank: 0}\nschedule: slow\n"
    assert editor.marks(RECIPE, text) == [
        Mark(2, 1, "Property epoch is not allowed."),
        Mark(3, 14, "Value is below the minimum of 1."),
        Mark(4, 11, 'Value is not accepted. Valid values: "constant", "linear", "cosine".'),
    ]
