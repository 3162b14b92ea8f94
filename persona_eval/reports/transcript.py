"""What a trial came to: as plain data that crosses processes, and as a conversation in lines."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from persona_eval.judging import Judgement
from persona_eval.reports.plain import printable
from persona_eval.trials import Trial

WIDTH = 96
QUOTED = 60
"""Letters of a reply that are shown where a trial is one line."""
MARKS = {True: "ok  ", False: "FAIL", None: "--  "}

Told = Mapping[str, Any]
"""A trial as ``tell`` returns it."""


def tell(trial: Trial, judgement: Judgement, confirming: bool = False) -> dict[str, Any]:
    """A trial turn by turn, each with the scores of its reply: plain JSON. ``confirming`` says
    that it was drawn to confirm a flip and counts in no rate."""
    replies = iter(trial.replies)
    turns = []
    for number, turn in enumerate(trial.asked.turns):
        reply = next(replies, None) if turn.assistant is None else None
        turns.append(
            {
                "user": turn.user,
                "reply": turn.assistant if reply is None else reply.text,
                "generated": turn.assistant is None,
                "cut": reply.tokens if reply and reply.finish_reason == "length" else None,
                "scores": [score for score in judgement.scores if score["turn"] == number],
            }
        )
    return {
        "number": trial.number + 1,
        "passed": judgement.passed,
        "confirming": confirming,
        "speaker": trial.persona.name,
        "turns": turns,
    }


def conversation_lines(trials: Sequence[Told], full: bool) -> Iterator[str]:
    """Each trial as a conversation: who says what, and under each reply what was not met of what
    was expected, and why. Trials in which everything is the same are told once. ``full`` gives the
    reasons of what was met, too; without it that is only named, where a trial failed."""
    for same in _alike(trials):
        yield from ("", f"{_names(same)}: {verdict(same[0])}")
        for turn in same[0]["turns"]:
            yield from _turn(same[0], turn, full)


def trial_lines(trials: Sequence[Told]) -> Iterator[str]:
    """One line a trial: what was answered last, and what was not met."""
    for trial in trials:
        quoted = f"“{shortened(last_reply(trial), QUOTED)}”"
        failed = ", ".join(score["expectation"] for score in failures(trial))
        aside = " (to confirm)" if trial["confirming"] else ""
        why = f" ← {failed}" if failed else ""
        yield f"    trial {trial['number']} {verdict(trial)}{aside}: {quoted}{why}"


def verdict(trial: Told) -> str:
    """What the trial came to, in a word."""
    return {True: "passed", False: "failed", None: "could not be judged"}[trial["passed"]]


def last_reply(trial: Told) -> str:
    """The last thing that the character said."""
    return str(trial["turns"][-1]["reply"] or "")


def failures(trial: Told) -> list[dict[str, Any]]:
    """The scores of what was not met, and of what crashed, in the order of the turns."""
    scores = (score for turn in trial["turns"] for score in turn["scores"])
    return [score for score in scores if _unmet(score)]


def shortened(text: str, most: int) -> str:
    """The beginning of a text, on one line and safe to print."""
    shown = printable(" ".join(text.split()))
    return (shown if len(shown) <= most else f"{shown[: most - 2].rstrip()} …") or "(empty)"


def _alike(trials: Sequence[Told]) -> list[list[Told]]:
    groups: dict[str, list[Told]] = {}
    for trial in trials:
        what = json.dumps([trial["turns"], trial["passed"], trial["confirming"]])
        groups.setdefault(what, []).append(trial)
    return list(groups.values())


def _names(trials: Sequence[Told]) -> str:
    numbers = [str(trial["number"]) for trial in trials]
    if len(numbers) == 1:
        text = f"trial {numbers[0]}"
    else:
        text = f"trials {', '.join(numbers[:-1])} and {numbers[-1]}, word for word the same"
    return f"{text}, to confirm" if trials[0]["confirming"] else text


def _turn(trial: Told, turn: Mapping[str, Any], full: bool) -> Iterator[str]:
    yield _wrapped("  user: ", turn["user"])
    if turn["reply"] is None:
        return
    yield _wrapped(f"  {trial['speaker']}: ", turn["reply"])
    if turn["cut"] is not None:
        yield f"  (cut at {turn['cut']} tokens)"
    unmet = [score for score in turn["scores"] if _unmet(score)]
    rest = [score for score in turn["scores"] if not _unmet(score)]
    yield from map(_score, [*unmet, *rest] if full else unmet)
    if not full and not trial["passed"]:
        yield from _named(rest)


def _named(scores: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was met on one line, what does not judge this reply on another."""
    for passed in (True, None):
        names = [score["expectation"] for score in scores if score["passed"] is passed]
        if names:
            yield _wrapped(f"    {MARKS[passed]} ", ", ".join(dict.fromkeys(names)))


def _unmet(score: Mapping[str, Any]) -> bool:
    return score["passed"] is False or bool(score["error"])


def _score(score: Mapping[str, Any]) -> str:
    """One expectation: the reason, then the figures that it rests on."""
    mark = "ERR " if score["error"] else MARKS[score["passed"]]
    figures = [
        f"{name} {_figure(score[name])}" for name in ("value", "limit") if score[name] is not None
    ]
    shown = f" [{', '.join(figures)}]" if figures else ""
    source = "" if score["source"] == "case" else f" ({score['source']})"
    why = score["error"] or score["reason"]
    return _wrapped(f"    {mark} ", f"{score['expectation']}{source}: {why}{shown}")


def _wrapped(label: str, text: str) -> str:
    label, shown = printable(label), printable(text).strip() or "(empty)"
    return textwrap.fill(shown, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
