"""All findings of an examination, causes before what may come of them."""

from __future__ import annotations

from persona_eval.doctor import lengths, settings, stopping, template
from persona_eval.doctor.examining import Examined
from persona_eval.doctor.findings import CAUSES, SYMPTOMS, Finding

RULES = (
    template.chat_template,
    stopping.stop_tokens,
    stopping.unclosed,
    stopping.lookalike_tokens,
    settings.pushed,
    stopping.max_tokens,
    stopping.min_tokens,
    stopping.stop_texts,
    lengths.uniform_lengths,
    stopping.empty,
    stopping.runs_on,
    stopping.mid_sentence,
    settings.loops,
    lengths.lengths,
)


def diagnose(found: Examined) -> list[Finding]:
    """What is wrong; nothing on a sound model. Symptoms are left out where a cause is found: it
    has to be mended first, and they looked at again."""
    all_ = [finding for rule in RULES for finding in rule(found)]
    if any(finding.name in CAUSES and finding.severity != "note" for finding in all_):
        return [finding for finding in all_ if finding.name not in SYMPTOMS]
    return all_
