"""What a case and a suite are, as digests: the same digest, the same thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from persona_eval.fingerprint import digest_json, digest_text
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Expectation


def place_of(path: Path) -> str:
    """How a suite's path is written down, the same from whatever working folder: the names of
    its folder and of its file. Two characters of a project are thus told apart by their folders."""
    folder, name = path.resolve().parent, path.name
    return f"{folder.name}/{name}"


def asked_of(case: Case, persona: Persona) -> str:
    """Digest of what a model is asked: the same for two cases that get the same replies."""
    return digest_json(_asked(case, persona))


def fingerprint_of(case: Case, persona: Persona) -> str:
    """Digest of prompt, expectations and settings: what a case is, for a comparison.

    Left out is what changes neither the replies nor what they must meet: tags, examples, and the
    card, by which both sides are judged alike. The number of trials is in it: rates of different
    numbers of trials differ in what luck does to them, which a paired test would take for more.
    """
    return digest_json(
        _asked(case, persona)
        | _probed(case)
        | {
            "category": [case.category, case.control],
            "expect": [_plain(entry) for entry in case.expect],
            "turns": [[turn.judge, *map(_plain, turn.expect)] for turn in case.turns],
            "pack": case.pack,
            "never": case.never,
            "pass_rate": case.pass_rate,
            "trials": case.trial_range.model_dump(),
        }
    )


def judged_by(case: Case) -> dict[str, Any]:
    """All of a case that a scorer may look at, as plain data."""
    return {
        "case": case.model_dump(mode="json", exclude=_NOT_JUDGED),
        "expect": [_plain(entry) for entry in case.expect],
        "turns": [[turn.user, turn.assistant, *map(_plain, turn.expect)] for turn in case.turns],
    }


def digest_of(path: Path, persona: Persona) -> str:
    """Digest of a suite's file and of its card, samples from other files included."""
    return digest_text(path.read_text("utf-8-sig"), persona.model_dump_json())


_NOT_JUDGED = {
    "line", "expect", "turns", "tags", "skip", "xfail", "fixtures", "trials", "must_pass",
    "pass_rate", "paraphrases", "drift",
}  # fmt: skip


def _asked(case: Case, persona: Persona) -> dict[str, Any]:
    wordings = {"paraphrases": case.paraphrases} if case.paraphrases else {}
    return wordings | {
        "system": persona.system_prompt,
        "said": [[turn.user, turn.assistant] for turn in case.turns],
        "generation": case.generation.model_dump(),
    }


def _probed(case: Case) -> dict[str, Any]:
    if case.drift is None:
        return {}
    return {"drift": [case.drift.max_drop, *(turn.probe for turn in case.turns)]}


def _plain(expectation: Expectation) -> list[Any]:
    """An expectation without its place in the file."""
    children = [_plain(child) for child in expectation.children]
    return [expectation.name, expectation.argument, children, expectation.source]
