"""Whether the chat template is the one that the model was tuned with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from persona_eval.doctor.examining import Examined
from persona_eval.doctor.findings import Finding
from persona_eval.doctor.layouts import OWN
from persona_eval.doctor.reading import LayoutsRead
from persona_eval.statistics.student import student_interval

MARGIN = 0.1
"""Nats per token: a tenth of the perplexity. Less would hardly be seen in replies."""


@dataclass(frozen=True)
class Better:
    """A layout in which known replies are less surprising than in the chat template."""

    name: str
    own: float
    nats: float
    replies: int


def better(read: LayoutsRead) -> Better | None:
    """The best layout, if it is surely better by the margin."""
    own = read.nats[OWN]
    others = {name: nats for name, nats in read.nats.items() if name != OWN}
    best = min(others, key=lambda name: fmean(others[name]))
    gains = [mine - other for mine, other in zip(own, others[best], strict=True)]
    # The best of several is looked at: as many tests as layouts.
    interval = student_interval(gains, 1 - 0.05 / len(others))
    if interval is None or interval[0] <= MARGIN:
        return None
    return Better(best, fmean(own), fmean(others[best]), len(own))


def chat_template(found: Examined) -> Iterator[Finding]:
    """A base model that nobody tuned may take any: there only layouts with tokens of their own
    count."""
    if found.layouts is None or (best := better(found.layouts)) is None:
        return
    if found.subject.is_base and best.name not in found.layouts.known:
        return
    whose = "The model" if found.subject.is_base else f"Adapter {found.subject.adapter.name}"
    yield Finding(
        "chat_template", "error", "model", "the chat template is not the one that it was tuned with",
        f"{best.replies} known replies cost {best.own:.2f} nats per token after the model's chat "
        f"template and {best.nats:.2f} in the layout {best.name}.",
        f"{whose} reads every prompt as something strange, and may end its replies in another way "
        "than the chat template does.",
        f"Give the base model a chat_template.jinja in the layout {best.name}, with its closing "
        "token among the stop tokens, or train the adapter with the template there is.",
        {"own": best.own, "other": best.nats, "replies": best.replies},
    )  # fmt: skip
