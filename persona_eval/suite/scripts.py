"""What cases with `paraphrases` or `drift` say: turns, and what is wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from persona_eval.suite.layers import CONVERSATION, Entry, Layer
from persona_eval.suite.models import Drift
from persona_eval.suite.yaml import KeyPath

Found = Iterator[tuple[KeyPath, str]]
Located = tuple[KeyPath, dict[str, Any]]

EVERY, ROUNDS = 3, 3
MAX_TURNS = 200
FEWEST = 2
SHORT = ("filler", "probes", "every", "rounds")
"""Keys of the short form of `drift`, which writes the turns."""
SETTLED = ("expect", "never", "good", "bad", "pack", "pass_rate", "control")
"""Keys that have no say where only probes are judged."""

_UNPROBED = "needs `probe: style` or `probe: fact` at {}: a slope is drawn through them"


def is_short(case: Layer) -> bool:
    """Whether `drift` says what is asked, and not `turns`."""
    return "drift" in case and any(key in case["drift"].value for key in SHORT)


def has_turns(case: Layer) -> bool:
    """Whether it says what the user says."""
    return bool(CONVERSATION & case.keys()) or (is_short(case) and "probes" in case["drift"].value)


def drift_of(case: Layer) -> Drift | None:
    """What a case's conversation may lose."""
    if "drift" not in case:
        return None
    allowed = {key: value for key, value in case["drift"].value.items() if key not in SHORT}
    return Drift.model_validate(allowed)


def turns_of(case: Layer) -> list[Located]:
    """The turns of a conversation, each with the place where it is written."""
    if not is_short(case):
        keys, written = case["turns"].keys, case["turns"].value
        return [((*keys, index), turn) for index, turn in enumerate(written)]
    return _expanded(case["drift"])


def _expanded(drift: Entry) -> list[Located]:
    """Fillers in their order, round and round; every so many turns the next probe."""
    given = drift.value
    filler = cycle(_turns(drift.keys, "filler", given.get("filler", ())))
    probes = _turns(drift.keys, "probes", given.get("probes", ()))
    between = int(given.get("every", EVERY)) - 1
    turns: list[Located] = []
    for _ in range(int(given.get("rounds", ROUNDS))):
        for keys, probe in probes:
            turns += [turn for _, turn in zip(range(between), filler, strict=False)]
            kind = probe.get("probe") or ("fact" if probe.get("expect") else "style")
            turns.append((keys, probe | {"probe": kind}))
    return turns


def _turns(keys: KeyPath, name: str, written: Any) -> list[Located]:
    return [
        ((*keys, name, index), {"user": turn} if isinstance(turn, str) else dict(turn))
        for index, turn in enumerate(written)
    ]


def paraphrase_problems(case: Layer) -> Found:
    """What is wrong with the other wordings of a case."""
    if "paraphrases" not in case:
        return
    keys, texts = case["paraphrases"].keys, case["paraphrases"].value
    if "drift" in case:
        yield keys, "a case with `drift` has one wording: make a case of its own of the other"
        return
    said = [_last(case), *texts]
    for index, text in enumerate(texts):
        earlier = said[: index + 1]
        if text.strip() in [one and one.strip() for one in earlier]:
            first = [one and one.strip() for one in earlier].index(text.strip())
            what = f"paraphrase {first}" if first else "what the case says itself"
            yield (*keys, index), f"is the same as {what}: write it in other words, or take it out"


def _last(case: Layer) -> str | None:
    if "prompt" in case:
        return str(case["prompt"].value)
    turns = case["turns"].value if "turns" in case else ()
    return str(turns[-1]["user"]) if turns else None


def drift_problems(case: Layer) -> Found:
    """What is wrong with a long conversation."""
    if "drift" not in case:
        yield from _stray_probes(case)
        return
    if is_short(case):
        yield from _short_problems(case)
    elif "turns" not in case:
        message = "has no conversation: give `turns`, or `probes` and `filler` in `drift`"
        yield case["drift"].keys, message
    else:
        yield from _probe_problems(case["drift"].keys, turns_of(case))
    for key in SETTLED:
        if key in case:
            yield case[key].keys, "has no say where only the probes of `drift` count: take it out"


def _short_problems(case: Layer) -> Found:
    keys, given = case["drift"].keys, case["drift"].value
    for key in ("prompt", "turns"):
        if key in case:
            yield case[key].keys, "`drift` writes the turns itself here: give one of the two"
            return
    if not given.get("probes"):
        yield (*keys, "probes"), "is missing: a list of what the user asks to see the score"
        return
    every = int(given.get("every", EVERY))
    if every > 1 and not given.get("filler"):
        yield (*keys, "filler"), f"is missing: with `every: {every}` something is said in between"
    elif every == 1 and given.get("filler"):
        yield (*keys, "filler"), "is never said with `every: 1`: take it out, or raise `every`"
    count = every * len(given["probes"]) * int(given.get("rounds", ROUNDS))
    if count > MAX_TURNS:
        yield keys, f"makes {count:,} turns; {MAX_TURNS} are allowed: lower `rounds` or `every`"
        return
    yield from _probe_problems(keys, turns_of(case))


def _probe_problems(keys: KeyPath, turns: list[Located]) -> Found:
    probes = [(place, turn) for place, turn in turns if turn.get("probe")]
    counts = Counter(turn["probe"] for _, turn in probes)
    if not probes:
        yield keys, _UNPROBED.format("two turns or more")
    for kind, count in counts.items():
        if count < FEWEST:
            yield keys, f"has one `probe: {kind}`: a slope needs {FEWEST} or more"
    for place, turn in _once(turns):
        yield from _turn_problems(place, turn)


def _once(turns: list[Located]) -> list[Located]:
    """Each written turn once, however often it is said."""
    return list({place: (place, turn) for place, turn in turns}.values())


def _turn_problems(place: KeyPath, turn: dict[str, Any]) -> Found:
    kind = turn.get("probe")
    if kind and turn.get("assistant") is not None:
        yield (*place, "assistant"), "a scripted reply isn't probed: take out one of the two"
    if kind == "fact" and not turn.get("expect"):
        yield place, "`probe: fact` needs `expect`: what a right answer holds"
    if kind != "fact" and turn.get("expect"):
        yield (*place, "expect"), "counts only with `probe: fact` in a case with `drift`"
    if turn.get("judge"):
        yield (*place, "judge"), "has no say where only the probes of `drift` count: take it out"


def _stray_probes(case: Layer) -> Found:
    for place, turn in turns_of(case) if "turns" in case else ():
        if turn.get("probe"):
            message = "belongs to a case with `drift`: add `drift: {max_drop: 0.1}` to the case"
            yield (*place, "probe"), message
