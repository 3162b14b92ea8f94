"""Settings as they are typed or written in a file, read into a grid. Nothing is let through that
the model of `generation` refuses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from persona_eval.errors import SuiteError, SweepError
from persona_eval.suite.card import Generation
from persona_eval.suite.complaints import complaints
from persona_eval.suite.suggest import did_you_mean
from persona_eval.suite.yaml import Document, KeyPath, read_yaml
from persona_eval.sweeps.grid import NAMED, Axis, Changes, Grid, changes_text, value_text

MOST_VALUES = 100_000
"""Of one range: more is a slip of the pen."""
ENDINGS = (".yaml", ".yml")
ALLOWED = tuple(Generation.model_fields)
HOW = "such as temperature=0.6,0.8,1.0 or min_tokens=0..60:20"
KEYS = ("settings", "named")


def read_grid(written: Sequence[str], option: str) -> Grid:
    """The grid of what was given to an option: `KEY=V1,V2` any number of times, or the name of
    one YAML file. Raises SweepError or SuiteError with what is wrong."""
    files = [text for text in written if _is_file(text)]
    if files and len(written) > 1:
        raise SweepError(
            f"{option} {files[0]}: a file holds the whole sweep. Name it alone, or write all "
            f"settings as {option} KEY=V1,V2"
        )
    if files:
        return read_file(Path(files[0]))
    axes = dict[str, list[Any]]()
    for text in written:
        name, values = _typed(text, option)
        if name in axes:
            raise SweepError(f"{option} {name} stands twice: give its values at once, {name}=V1,V2")
        axes[name] = values
    return _grid(axes, lambda name, message: SweepError(f"{option} {name}: {message}"))


def read_file(path: Path) -> Grid:
    """The grid of a YAML file with `settings:` (a mapping of keys to values) or `named:` (a
    mapping of names to settings). Raises SuiteError with file and line."""
    document = read_yaml(path)
    if document.problems:
        raise SuiteError(document.problems)
    data = document.data
    if not isinstance(data, dict) or len(data) != 1 or next(iter(data)) not in KEYS:
        raise _refused(
            document, (),
            "a sweep is a mapping with one key: `settings: {temperature: [0.6, 0.8]}` for every "
            "combination, or `named: {calm: {temperature: 0.5}}` for a list",
        )  # fmt: skip
    (kind,) = data
    inner = data[kind]
    if not isinstance(inner, dict) or not inner:
        raise _refused(document, (kind,), "must be a mapping that is not empty")
    if kind == "named":
        return _named(document, inner)
    values = {
        name: _listed(given, lambda m, at=name: _refused(document, (kind, at), m))
        for name, given in inner.items()
    }
    return _grid(values, lambda name, message: _refused(document, (kind, name), message))


def _is_file(text: str) -> bool:
    return "=" not in text and (text.endswith(ENDINGS) or Path(text).is_file())


def _refused(document: Document, keys: KeyPath, message: str) -> SuiteError:
    return SuiteError([document.problem(keys, message)])


def _typed(text: str, option: str) -> tuple[str, list[Any]]:
    name, equals, values = text.partition("=")
    name = name.strip()
    if not (equals and name):
        raise SweepError(
            f"{option} {text}: expected KEY=V1,V2 or a YAML file, {HOW}. Keys: {', '.join(ALLOWED)}"
        )
    if name == "stop":
        return name, [_texts(values, f"{option} {text}")]
    return name, _listed(
        [part.strip() for part in values.split(",")],
        lambda message: SweepError(f"{option} {text}: {message}"),
    )


def _texts(values: str, where: str) -> Any:
    """Stop texts are JSON: commas and spaces may be in them."""
    import json

    try:
        found = json.loads(values)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise SweepError(
            f'{where}: the texts of `stop` are written as JSON, stop=["\\n\\n", "User:"]. To try '
            "several such lists, name them in a file: `named: {short: {stop: [...]}}`"
        )
    return found


def _listed(given: Any, refused: Any) -> list[Any]:
    """Values one by one, with ranges written out."""
    values = list[Any]()
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, str) and ".." in each:
            values += _range(each, refused)
        elif each == "":
            raise refused("a value is missing between two commas, or at the end")
        else:
            values.append(each)
    if not values:
        raise refused(f"is empty: give its values, {HOW}")
    return values


def _range(text: str, refused: Any) -> list[Decimal]:
    """The values of `FIRST..LAST:STEP`."""
    ends, colon, step_text = text.partition(":")
    first_text, _, last_text = ends.partition("..")
    if not colon:
        raise refused(f"the range {text} has no step: write {text}:STEP, such as 0.4..1.2:0.2")
    try:
        first, last, step = (Decimal(each.strip()) for each in (first_text, last_text, step_text))
    except InvalidOperation:
        raise refused(f"the range {text} is not FIRST..LAST:STEP, such as 0.4..1.2:0.2") from None
    if not all(each.is_finite() for each in (first, last, step)):
        raise refused(f"the range {text} has no end")
    if first > last:
        raise refused(f"the range {text} is upside down: write {last_text}..{first_text}:…")
    if step <= 0:
        raise refused(f"the step of the range {text} must be above 0")
    if first == last or step > last - first:
        raise refused(f"the range {text} holds one value only: write {first_text}")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise refused(f"the range {text} holds {count:,} values: take a wider step")
    return [first + step * number for number in range(count)]


def _grid(written: Mapping[str, Sequence[Any]], refused: Any) -> Grid:
    """Raises what ``refused`` makes of the name of a setting and a message."""
    if not written:
        raise SweepError(f"no setting was named: KEY=V1,V2, {HOW}")
    axes = []
    for name, values in written.items():
        if name not in ALLOWED:
            raise refused(name, f"unknown setting{did_you_mean(name, ALLOWED)}")
        if name == "seed" and len(values) > 1:
            raise refused(
                name,
                "a seed is no setting to choose: the best of several is the luckiest. Give one, "
                "and sweep again with another to see whether the result holds",
            )
        axes.append(_axis(name, [_value(name, value, refused) for value in values], refused))
    return Grid(tuple(axes))


def _axis(name: str, values: list[Any], refused: Any) -> Axis:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise refused(name, f"{value_text(value)} stands twice")
    ordered = name != "stop"
    return Axis(name, tuple(sorted(values) if ordered else values), ordered)


def _value(name: str, written: Any, refused: Any) -> Any:
    """A value as `generation` holds it."""
    plain = _plain(written)
    if isinstance(plain, float) and not math.isfinite(plain):
        raise refused(name, f"{written} is no number that can be used")
    wrong = [message for _, message in complaints(Generation, {name: plain})]
    if wrong:
        raise refused(name, f"{value_text(written)}: {wrong[0]}")
    return getattr(Generation.model_validate({name: plain}), name)


def _plain(written: Any) -> Any:
    """What was typed, as YAML or JSON would read it."""
    if isinstance(written, list | int | float):
        return written
    try:
        number = Decimal(str(written))
    except InvalidOperation:
        return written
    if number.is_finite() and number == number.to_integral_value() and abs(number) < 2**53:
        return int(number)
    return float(number)


def _named(document: Document, written: Mapping[str, Any]) -> Grid:
    """The grid of a named list: one axis, whose values are names."""
    found = dict[str, Changes]()
    for name, settings in written.items():
        keys = ("named", name)
        if not isinstance(settings, dict) or not settings:
            raise _refused(document, keys, "must be a mapping of settings, {temperature: 0.5}")
        for key in settings:
            if key not in ALLOWED:
                unknown = f"unknown setting{did_you_mean(key, ALLOWED)}"
                raise _refused(document, (*keys, key), unknown)
        found[name] = {
            key: _value(key, value, lambda key, m, at=keys: _refused(document, (*at, key), m))
            for key, value in settings.items()
        }
        if twin := _twin(found, name):
            raise _refused(document, keys, f"is the same as `{twin}`: {changes_text(found[name])}")
    return Grid((Axis(NAMED, tuple(found), ordered=False),), tuple(found.values()))


def _twin(found: Mapping[str, Changes], name: str) -> str | None:
    return next((o for o, changes in found.items() if o != name and changes == found[name]), None)


def as_written(axes: Iterable[Axis]) -> list[str]:
    """Axes as they would be typed."""
    return [f"{axis.name}={','.join(axis.texts)}" for axis in axes]
