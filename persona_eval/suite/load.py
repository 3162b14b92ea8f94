"""Character cards and suites, from their files to frozen data, or to all that is wrong."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from persona_eval.errors import SuiteError
from persona_eval.suite.card import Persona
from persona_eval.suite.findings import Findings, start
from persona_eval.suite.models import Suite
from persona_eval.suite.resolve import Resolver
from persona_eval.suite.samples import assistant_turns
from persona_eval.suite.vocabulary import Vocabulary
from persona_eval.suite.written import WrittenPersona, WrittenSuite
from persona_eval.suite.yaml import KeyPath, read_yaml


def load_persona(path: Path) -> Persona:
    """Read a character card. Raises SuiteError with all of its problems."""
    findings = start(read_yaml(path), "a character card needs at least `name:`")
    tainted = findings.check(WrittenPersona)
    data = findings.document.data
    voice = data.get("voice")
    if isinstance(voice, dict) and "samples" in voice:
        voice = voice | {"samples": _samples(findings, voice["samples"], tainted)}
        data = data | {"voice": voice}
    findings.stop()
    return _one_of_its_kind(Persona.model_validate(data))


def load_suite(path: Path, vocabulary: Vocabulary) -> Suite:
    """Read a suite and its character card, with defaults, templates and variables resolved.

    Raises SuiteError with all the problems of both files.
    """
    findings = start(read_yaml(path), "a suite needs `persona:` and `cases:`")
    tainted = _with_containers(findings.check(WrittenSuite))
    persona_path = path.parent / str(findings.document.data.get("persona"))
    persona = None if ("persona",) in tainted else _card(findings, persona_path)
    generation = persona.generation if persona else None
    chosen = generation.model_dump(exclude_unset=True) if generation else {}
    cases = Resolver(findings, vocabulary, tainted, chosen).cases()
    findings.stop()
    assert persona is not None, "a missing card is a finding"
    gate = findings.document.data.get("gate") or {}
    return Suite(path=path, persona=persona, persona_path=persona_path, cases=cases, gate=gate)


@lru_cache(maxsize=64)
def _one_of_its_kind(persona: Persona) -> Persona:
    """The first of equal cards: scorers remember what they make of a card, and to find the same
    object is quick."""
    return persona


def _with_containers(paths: set[KeyPath]) -> set[KeyPath]:
    """The key paths, and those of everything around them."""
    return {keys[:length] for keys in paths for length in range(1, len(keys) + 1)}


def _card(findings: Findings, path: Path) -> Persona | None:
    # Path.is_file raises on names that no file can have, such as too long ones.
    if not os.path.isfile(path):  # noqa: PTH113
        findings.add(("persona",), f"there is no file `{path}`{_cards_beside(findings)}")
        return None
    try:
        return load_persona(path)
    except SuiteError as error:
        findings.extend(error.problems)
        return None


def _cards_beside(findings: Findings) -> str:
    names = sorted(found.name for found in findings.document.path.parent.glob("*.yaml"))
    cards = [f"`{name}`" for name in names if not name.endswith(".suite.yaml")]
    beside = f"; beside this suite: {', '.join(cards)}" if cards else ""
    return f": the path is relative to this suite{beside}"


def _samples(findings: Findings, written: Any, tainted: set[KeyPath]) -> list[str]:
    """Sentences as they are, and those of the files that are named with `from:`."""
    keys: KeyPath = ("voice", "samples")
    if isinstance(written, dict):
        return _samples_from(findings, written, keys, tainted)
    samples: list[str] = []
    for index, item in enumerate(written if isinstance(written, list) else ()):
        if isinstance(item, dict):
            samples += _samples_from(findings, item, (*keys, index), tainted)
        else:
            samples.append(item)
    return samples


def _samples_from(
    findings: Findings, written: dict[str, Any], keys: KeyPath, tainted: set[KeyPath]
) -> list[str]:
    place = (*keys, "from")
    if "from" not in written or place in tainted:
        return []
    try:
        return list(assistant_turns(findings.document.path.parent / written["from"]))
    except ValueError as error:
        findings.add(place, str(error))
        return []
