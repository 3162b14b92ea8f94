"""The doctor's report: what was examined, the tables, the findings; and the same as data."""

from __future__ import annotations

import json
from dataclasses import replace

from doctored import ENDS, WHOLE, found, reads, replies, who

from persona_eval.doctor.diagnosis import diagnose
from persona_eval.doctor.examining import LONG, SET, penalised
from persona_eval.doctor.layouts import LAYOUTS, OWN
from persona_eval.doctor.reading import LayoutsRead
from persona_eval.reports.doctor import NOTHING, doctor_lines, finding_lines, heading
from persona_eval.reports.doctor_json import doctor_json
from persona_eval.runner import Work

WORK = Work(generated=40, stored=8, seconds=12.4)
SOUND = found(
    {SET: replies(*[WHOLE] * 24), penalised(1.1): replies(*[WHOLE] * 24, repetition_penalty=1.1)},
    ends=ENDS,
    reads={SET: reads(24, -0.5)},
    layouts=LayoutsRead({OWN: [2.0, 2.1], **{name: [3.0, 3.1] for name in LAYOUTS}}, ()),
)
CUT = found({SET: replies(*["I like the"] * 24, cut=True), LONG: replies(*[WHOLE] * 24)})


def test_the_head_says_what_was_examined() -> None:
    assert heading(SOUND, "tiny", "cpu-float32", WORK) == (
        "Doctor · adapter tully · tiny (cpu-float32) · 24 prompts of the suites · 40 replies in "
        "12 s, 8 from the store"
    )
    base = replace(SOUND, subject=who(name="base"))
    base = replace(base, prompts=replace(base.prompts, origin="built-in prompts"))
    assert "Doctor · base model · tiny (cpu-float32) · 24 built-in prompts" in heading(
        base, "tiny", "cpu-float32", WORK
    )


def test_a_sound_adapter() -> None:
    lines = list(doctor_lines(SOUND, [], "tiny", "cpu-float32", WORK))
    text = "\n".join(lines)
    assert "Replies end with <eos> (1). The chat template closes them with <eos>." in text
    row = next(line for line in text.splitlines() if line.startswith("0 to 9"))
    assert row.split() == ["0", "to", "9", "24", "100.0%", "72", "0.0%"]
    row = next(line for line in text.splitlines() if line.startswith("as set"))
    assert row.split() == ["as", "set", "24", "24", "0", "0", "0", "0", "-0.49"]
    assert "Known replies cost 2.05 nats per token after the chat template; 3.05 as" in text
    assert lines[-1] == NOTHING


def test_a_finding_says_what_was_measured_and_what_to_change() -> None:
    lines = list(finding_lines(diagnose(CUT)))
    assert lines[0] == "1. error: `max_tokens: 320` cuts replies"
    assert lines[1].startswith("   measured: 24 of 24 replies (100%) are cut.")
    assert any(line.startswith("   means:    The model knows how to end") for line in lines)
    assert lines[-2].endswith("(setting)")
    assert max(map(len, lines)) <= 100


def test_a_model_without_weights_is_examined_as_far_as_that_goes() -> None:
    text = "\n".join(doctor_lines(CUT, diagnose(CUT), "scripted", "scripted", WORK))
    assert "does not tell its probabilities" in text
    assert "cuts replies" in text


def test_the_data_hold_findings_and_replies() -> None:
    told = json.loads(json.dumps(doctor_json(CUT, diagnose(CUT), {"engine": "cpu-float32"})))
    assert (told["schema"], told["adapter"], told["engine"]) == (1, "tully", "cpu-float32")
    (finding,) = told["findings"]
    assert (finding["name"], finding["where"]) == ("max_tokens", "setting")
    assert finding["figures"]["cut"] == 24
    setting = told["settings"][SET]
    assert (setting["replies"], setting["cut"], setting["ended"]) == (24, 24, 0)
    assert setting["drawn"][0]["reply"] == "I like the"
    assert (told["ends"], told["layouts"]) == (None, None)
