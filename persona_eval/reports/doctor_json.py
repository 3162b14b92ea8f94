"""The doctor's figures as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from persona_eval.doctor.evidence import count
from persona_eval.doctor.examining import Examined
from persona_eval.doctor.findings import Finding
from persona_eval.doctor.lengths import SHARES, Words, replied, trained
from persona_eval.doctor.places import places
from persona_eval.doctor.stopping import chance_at_end
from persona_eval.reports.machine import SCHEMA_VERSION

COUNTED = ("ended", "cut", "breaks_off", "loops", "falls_apart", "empty")


def doctor_json(
    found: Examined, findings: Sequence[Finding], about: Mapping[str, Any]
) -> dict[str, Any]:
    """All figures, findings and replies."""
    return {
        "schema": SCHEMA_VERSION,
        **about,
        "adapter": found.subject.adapter.name,
        "prompts": {"from": found.prompts.origin, "count": len(found.prompts.asked)},
        "findings": [{**asdict(finding), "figures": dict(finding.figures)} for finding in findings],
        "ends": found.ends.to_json() if found.ends else None,
        "chance_at_end": chance_at_end(found),
        "stops_by_place": [_place(row) for row in places(found)],
        "settings": {label: _setting(found, label) for label in found.drawn if found.drawn[label]},
        "words": {"quantiles_at": list(SHARES), "replies": _words(replied(found)),
                  "training": _words(trained(found))},
        "layouts": dict(found.layouts.nats) if found.layouts else None,
    }  # fmt: skip


def _place(row: Any) -> dict[str, Any]:
    sides = {"sentence_end": row.closed, "within": row.within}
    return {
        "first": row.first,
        "last": row.last,
        **{
            name: {
                "places": side.places,
                "chances": dict(zip(row.names, side.chances, strict=True)),
            }
            for name, side in sides.items()
        },
    }


def _setting(found: Examined, label: str) -> dict[str, Any]:
    replies, reads = found.drawn[label], found.reads.get(label, {})
    return {
        "replies": len(replies),
        **{what: count(replies.values(), what) for what in COUNTED},
        "drawn": [
            {
                "case": name,
                "generation": each.generation.model_dump(),
                "prompt": each.messages[-1].content,
                "reply": each.reply.text,
                "finish_reason": each.reply.finish_reason,
                "tokens": each.reply.tokens,
                "excess": reads[name].excess if name in reads else None,
            }
            for name, each in replies.items()
        ],
    }


def _words(words: Words | None) -> dict[str, Any] | None:
    return asdict(words) if words else None
