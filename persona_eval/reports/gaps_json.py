"""What the data lack for failing cases, and what became of stubs, as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from persona_eval.gaps.find import Failure, Gaps, Group, Turns
from persona_eval.gaps.lengths import LengthFigures
from persona_eval.gaps.stub_file import StubLine
from persona_eval.gaps.taking import Places, Taking
from persona_eval.gaps.topics import Nearest

SCHEMA = 1


def gaps_json(gaps: Gaps, data: str, notes: Sequence[str]) -> dict[str, Any]:
    """All of it; places as ``path`` and ``line``."""
    looked = gaps.looked
    return {
        "schema": SCHEMA,
        "adapter": looked.adapter,
        "run": looked.run.number,
        "data": data,
        "notes": list(notes),
        "cases": len(looked.cases),
        "failing": len(looked.failing),
        "conversations": gaps.conversations,
        "replies": gaps.replies,
        "near": {
            "cosine": round(gaps.reach.cosine, 4),
            "enough": gaps.reach.aim,
            "passing_nearer": gaps.nearer,
        },
        "add": gaps.add,
        "groups": [_group_json(group) for group in gaps.groups],
        "turns": [_turns_json(turns) for turns in gaps.turns],
    }


def taking_json(taking: Taking, places: Places, data: str) -> dict[str, Any]:
    """What became of each answered line; places are those of now."""

    def place(line: StubLine) -> dict[str, Any]:
        path, number = places[line.line]
        return {"path": str(path), "line": number}

    return {
        "schema": SCHEMA,
        "data": data,
        "taken": [place(line) for line in taking.taken],
        "known": len(taking.known),
        "refused": [{**place(r.line), "reasons": list(r.reasons)} for r in taking.refused],
        "notes": [{**place(line), "note": note} for line, note in taking.notes],
        "waiting": taking.waiting,
    }


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "category": group.label[0],
        "control": group.label[1],
        "cases": group.cases,
        "failing": len(group.failures),
        "coverage": asdict(group.coverage),
        "lengths": _lengths_json(group.lengths),
        "add": group.add,
        "wanted": [{"count": each.count, "words": each.words} for each in group.wanted],
        "failures": [_failure_json(failure) for failure in group.failures],
    }


def _lengths_json(lengths: LengthFigures) -> dict[str, Any]:
    spreads = {
        name: found._asdict() if (found := getattr(lengths, name)) else None
        for name in ("practice", "near", "said")
    }
    rare = [
        {
            "cases": list(each.cases), "asked": _finite(each.asked), "found": each.found,
            "of": each.of, "wanted": [{"count": w.count, "words": w.words} for w in each.wanted],
        }
        for each in lengths.rare
    ]  # fmt: skip
    asked = _finite(lengths.asked) if lengths.asked else None
    return {"asked": asked, **spreads, "outside": lengths.outside, "rare": rare}


def _finite(limits: tuple[float, float]) -> list[float | None]:
    return [None if math.isinf(limit) else limit for limit in limits]


def _failure_json(failure: Failure) -> dict[str, Any]:
    tried = failure.tried
    return {
        "suite": tried.result.suite,
        "case": tried.case.id,
        "rate": float(tried.result.rate),
        "missed": dict(tried.missed),
        "said": list(tried.replies),
        "kind": failure.kind,
        "add": failure.missing,
        "nearest": [_nearest_json(near) for near in failure.nearest],
    }


def _nearest_json(near: Nearest) -> dict[str, Any]:
    return {
        "cosine": round(near.cosine, 4),
        "path": str(near.said.source.path),
        "line": near.said.source.line,
        "prompt": near.said.prompt,
        "reply": near.said.text,
        "practice_for": [{"category": c, "control": k} for c, k in sorted(near.labels)],
    }


def _turns_json(turns: Turns) -> dict[str, Any]:
    return {
        "turns": turns.turns,
        "cases": turns.cases,
        "failing": [tried.case.id for tried in turns.failing],
        "found": turns.found,
        "conversations": turns.conversations,
        "wanted": turns.wanted,
        "add": turns.add,
    }
