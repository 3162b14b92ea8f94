"""Did you mean …?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

# `ask_to_clarify` for `asks_to_clarify` scores 97, `tral` for `trials` 80, `generaton` for
# `generation` 95; of unrelated names few reach 60.
_ALIKE = 66.0


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_")


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that was most likely meant, or None when nothing comes close."""
    found = process.extractOne(
        name, list(allowed), scorer=fuzz.ratio, processor=_plain, score_cutoff=_ALIKE
    )
    return found[0] if found else None


def question(name: str, allowed: Iterable[str]) -> str:
    """``: did you mean `x`?``, or a full stop when nothing is near."""
    meant = nearest(name, allowed)
    return f": did you mean `{meant}`?" if meant else "."


def did_you_mean(name: str, allowed: Sequence[str]) -> str:
    """``: did you mean `x`? Allowed: a, b, x``, without the question when nothing is near."""
    asked = question(name, allowed)
    return f"{asked} Allowed: {', '.join(allowed)}" if allowed else asked
