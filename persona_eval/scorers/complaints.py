"""pydantic's errors about an argument as sentences for authors of suites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from persona_eval.scorers.base import Scorer
from persona_eval.suite.complaints import shown
from persona_eval.suite.suggest import did_you_mean


def sentences_of(error: ValidationError, found: type[Scorer], argument: Any) -> list[str]:
    """One sentence for each thing that is wrong with an argument."""
    short = not isinstance(argument, dict) and argument is not None
    details = error.errors(include_url=False)
    if any(detail["type"] == "extra_forbidden" for detail in details):
        # A misspelt option is missing as well: saying it once is enough.
        details = [detail for detail in details if detail["type"] != "missing"]
    return list(dict.fromkeys(_sentence(detail, found, short) for detail in details))


def _sentence(detail: Mapping[str, Any], found: type[Scorer], short: bool) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    option = str(detail["loc"][0]) if detail["loc"] else ""
    where = f"`{found.name}`" if short or not place else f"`{found.name}`: `{place}`"
    if detail["type"] == "extra_forbidden":
        return _unknown_option(found, option)
    if detail["type"] == "missing":
        return f"`{found.name}` needs `{option}`{_meaning(found, option)}"
    if detail["type"] == "value_error":
        return f"{where}: {detail['ctx']['error']}"
    message = detail["msg"].removeprefix("Input ").replace("should be", "must be", 1)
    return f"{where} {message}, not {shown(detail['input'])}{_meaning(found, option)}"


def _unknown_option(found: type[Scorer], option: str) -> str:
    if not found.model_fields:
        return f"`{found.name}` has no options, so `{option}` means nothing here: write it bare"
    guess = did_you_mean(option, sorted(found.model_fields))
    return f"`{option}` is no option of `{found.name}`{guess}"


def _meaning(found: type[Scorer], option: str) -> str:
    field = found.model_fields.get(option)
    text = " ".join(((field and field.description) or "").split())
    return f" ({text.rstrip('.')})" if text else ""
