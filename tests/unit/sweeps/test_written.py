"""Settings as they are typed, read into a grid or refused with the mend."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import PersonaEvalError, SuiteError, SweepError
from persona_eval.suite.card import Generation
from persona_eval.sweeps.grid import Grid, value_text
from persona_eval.sweeps.written import read_file, read_grid


def grid(*written: str) -> Grid:
    return read_grid(written, "--set")


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("temperature=0.6,0.8,1.0", (0.6, 0.8, 1.0)),
        ("temperature=1,0.5", (0.5, 1.0)),
        ("temperature=0.4..1.2:0.2", (0.4, 0.6, 0.8, 1.0, 1.2)),
        ("temperature=0,0.4..1.0:0.25", (0.0, 0.4, 0.65, 0.9)),
        ("min_tokens=0..60:20", (0, 20, 40, 60)),
        (" top_k = 0, 50 ", (0, 50)),
        ("max_tokens=1e2", (100,)),
        ('stop=["\\n\\n", "a, b"]', (("\n\n", "a, b"),)),
    ],
)
def test_values(written: str, values: tuple[Any, ...]) -> None:
    (axis,) = grid(written).axes
    assert axis.values == values
    assert [type(v) for v in axis.values] == [type(v) for v in values]


def test_every_combination_the_last_setting_fastest() -> None:
    found = grid("temperature=0.6,0.8", "min_tokens=0,20")
    assert [point.label for point in found.points] == [
        "temperature=0.6 min_tokens=0", "temperature=0.6 min_tokens=20",
        "temperature=0.8 min_tokens=0", "temperature=0.8 min_tokens=20",
    ]  # fmt: skip
    assert found.points[1].changes == {"temperature": 0.6, "min_tokens": 20}
    assert found.points[1].place == (0, 1)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            ["temprature=1"],
            "temprature: unknown setting: did you mean `temperature`? Allowed: temp",
        ),
        (["colour=1"], "unknown setting. Allowed: temperature, top_p"),
        (["temperature=1", "temperature=2"], "stands twice: give its values at once"),
        (["temperature=0.6,0.60"], "temperature: 0.6 stands twice"),
        (["temperature=0.6,,1"], "a value is missing"),
        (["temperature="], "a value is missing"),
        (["temperature"], "expected KEY=V1,V2 or a YAML file"),
        (["=1"], "expected KEY=V1,V2"),
        (["temperature=-1"], "must be 0 or more"),
        (["temperature=nan"], "nan is no number that can be used"),
        (["temperature=1e999"], "is no number that can be used"),
        (["top_p=0"], "must be above 0"),
        (["min_tokens=2.5"], "must be a whole number"),
        (["min_tokens=many"], "must be a whole number"),
        (["temperature=1.2..0.4:0.2"], "upside down: write 0.4..1.2"),
        (["temperature=0.4..1.2"], "has no step"),
        (["temperature=0.4..1.2:0"], "must be above 0"),
        (["temperature=0.4..1.2:-0.1"], "must be above 0"),
        (["temperature=0.4..1.2:2"], "holds one value only"),
        (["temperature=0..1:0.0000001"], "holds 10,000,001 values"),
        (["temperature=a..b:c"], "is not FIRST..LAST:STEP"),
        (["temperature=0..inf:1"], "has no end"),
        (["seed=1,2"], "a seed is no setting to choose"),
        (["stop=x"], "written as JSON"),
        (["a.yaml", "temperature=1"], "a file holds the whole sweep"),
    ],
)
def test_what_is_refused(written: list[str], message: str) -> None:
    with pytest.raises(SweepError) as refused:
        grid(*written)
    assert message in str(refused.value)


def test_a_seed_may_be_set() -> None:
    assert grid("seed=7", "temperature=0,1").points[0].changes == {"seed": 7, "temperature": 0.0}


def test_a_huge_grid_is_counted_and_not_made() -> None:
    found = grid("temperature=0..10:0.001", "top_k=1..9999:1", "max_tokens=1..9999:1")
    assert found.size == 10_001 * 9_999 * 9_999


finite = st.floats(0, 5).map(lambda value: round(value, 4))


@given(
    st.lists(finite, min_size=1, max_size=5, unique=True),
    st.lists(st.integers(0, 500), min_size=1, max_size=5, unique=True),
)
def test_what_is_typed_is_what_is_swept(hot: list[float], least: list[int]) -> None:
    found = grid(
        f"temperature={','.join(map(str, hot))}", f"min_tokens={','.join(map(str, least))}"
    )
    assert found.size == len(hot) * len(least) == len(found.points)
    assert len({point.label for point in found.points}) == found.size
    assert {p.changes["temperature"] for p in found.points} == set(hot)
    assert {p.changes["min_tokens"] for p in found.points} == set(least)
    for point in found.points:
        Generation.model_validate(dict(point.changes))
        assert grid(*point.label.split()).points[0].changes == point.changes


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 20))
def test_a_range_holds_its_ends_and_nothing_beyond(first: int, steps: int, step: int) -> None:
    last = first + steps * step
    for text in (f"{first}..{last}:{step}", f"{first}..{last + step - 1}:{step}"):
        (axis,) = grid(f"min_tokens={text}").axes
        assert axis.values == tuple(range(first, last + 1, step))


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for written in (f"temperature={text}", f"stop={text}", text.replace("/", "")):
        with suppress(PersonaEvalError):
            assert grid(written).size > 0


class TestFile:
    def read(self, tmp_path: Path, text: str) -> Grid:
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return read_file(path)

    def test_a_grid(self, tmp_path: Path) -> None:
        text = "settings:\n  temperature: [0.6, 0.8]\n  min_tokens: 0..40:20\n"
        found = self.read(tmp_path, text)
        assert [axis.values for axis in found.axes] == [(0.6, 0.8), (0, 20, 40)]

    def test_names(self, tmp_path: Path) -> None:
        text = 'named:\n  calm: {temperature: 0.5}\n  short: {stop: ["\\n"], top_k: 9}\n'
        found = self.read(tmp_path, text)
        assert [(p.label, dict(p.changes)) for p in found.points] == [
            ("calm", {"temperature": 0.5}),
            ("short", {"stop": ("\n",), "top_k": 9}),
        ]
        assert found.settings == ("temperature", "stop", "top_k")
        assert not found.axes[0].ordered

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "0:0: : a sweep is a mapping with one key"),
            ("temperature: [1]", "1:1: : a sweep is a mapping with one key"),
            ("settings: {}", "1:1: settings: must be a mapping that is not empty"),
            ("settings:\n  hot: [1]", "2:3: settings.hot: unknown setting"),
            ("settings:\n  temperature: [1, 1.0]", "2:3: settings.temperature: 1 stands twice"),
            (
                "settings:\n  temperature: 1..0:1",
                "2:3: settings.temperature: the range 1..0:1 is up",
            ),
            (
                "settings:\n  temperature: [true]",
                "2:3: settings.temperature: True: must be a number",
            ),
            ("named:\n  a: {hot: 1}", "2:7: named.a.hot: unknown setting"),
            ("named:\n  a: {top_p: 2}", "2:7: named.a.top_p: 2: must be 1 or less"),
            (
                "named:\n  a: {top_k: 2}\n  b: {top_k: 2}",
                "3:3: named.b: is the same as `a`: top_k=2",
            ),
            ("named:\n  a: 3", "2:3: named.a: must be a mapping of settings"),
            ("settings: [", ""),
        ],
    )
    def test_what_is_refused_has_its_place(self, tmp_path: Path, text: str, message: str) -> None:
        with pytest.raises(SuiteError) as refused:
            self.read(tmp_path, text)
        problem = refused.value.problems[0]
        said = f"{problem.line}:{problem.column}: {problem.key}: {problem.message}"
        assert said.startswith(message)


@given(st.floats(0, 10, allow_nan=False))
def test_a_value_as_text_is_that_value(value: float) -> None:
    assert float(value_text(value)) == pytest.approx(value, rel=1e-11)
