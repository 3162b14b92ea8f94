"""What past runs left in the store, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persona_eval.judging import Judgement, ReplyText
from persona_eval.models.base import Reply
from persona_eval.store import Store
from persona_eval.suite.models import Suite


@dataclass(frozen=True)
class PastTrial:
    """A trial as it was stored."""

    suite: str
    """Folder and name of the suite's file, as ``place_of`` gives them."""
    case: str
    adapter: str
    passed: bool | None
    replies: tuple[ReplyText, ...]


def stored_trial(
    suite: Suite, case_id: str, adapter: str, replies: Sequence[Reply], judgement: Judgement
) -> dict[str, Any]:
    """What the store keeps of a trial: plain JSON, from which it can be judged anew."""
    return {
        "suite": place_of(suite.path),
        "case": case_id,
        "adapter": adapter,
        "replies": [vars(reply) for reply in replies],
        **vars(judgement),
    }


def place_of(path: Path) -> str:
    """How a suite's path is written down, the same from whatever working folder: the names of
    its folder and of its file. Two characters of a project are thus told apart by their folders."""
    folder, name = path.resolve().parent, path.name
    return f"{folder.name}/{name}"


def latest(store: Store) -> Iterator[PastTrial]:
    """The trials of each case in the last run that had it; those of older versions of the store,
    which kept no replies, are left out."""
    for kept in store.latest_trials():
        if "replies" in kept:
            yield _past(kept)


def _past(kept: Mapping[str, Any]) -> PastTrial:
    replies = tuple((reply["text"], reply["finish_reason"]) for reply in kept["replies"])
    return PastTrial(kept["suite"], kept["case"], kept["adapter"], kept["passed"], replies)
