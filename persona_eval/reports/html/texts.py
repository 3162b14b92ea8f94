"""A model's words on a page, and what differs between two replies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from typing import NamedTuple

import regex

from persona_eval.reports.plain import printable

# A word, a letter of a script that is written without spaces, or one sign; and the space after it.
_TOKEN = regex.compile(
    r"(?:(?=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\X|[\w'’]+|\X)\s*"
)
ALIKE = 0.2
"""Two replies that share less than this have nothing worth marking: all of it is different."""


class Part(NamedTuple):
    """A stretch of a reply."""

    text: str
    differs: bool


def shown(text: str) -> str:
    """The text with its line breaks, and with control characters shown instead of obeyed."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))


def differences(before: str, after: str) -> tuple[list[Part], list[Part]] | None:
    """Both replies in parts, word by word; None where they have nothing to speak of in common."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = SequenceMatcher(None, [*map(str.strip, old)], [*map(str.strip, new)])
    if matcher.quick_ratio() < ALIKE or matcher.ratio() < ALIKE:
        return None
    blocks = [
        each
        for each in matcher.get_matching_blocks()[:-1]  # the last is empty
        if _says(old[each.a :][: each.size]) or _at_an_end(each, len(old), len(new))
    ]
    if not any(_says(old[each.a :][: each.size]) for each in blocks):
        return None
    kept_before = [(block.a, block.a + block.size) for block in blocks]
    kept_after = [(block.b, block.b + block.size) for block in blocks]
    return [*_parts(old, kept_before)], [*_parts(new, kept_after)]


def _says(tokens: Sequence[str]) -> bool:
    """Whether they hold more than space and signs: such an island between two differences is none."""
    return any(token[0].isalnum() for token in tokens)


def _at_an_end(block: Match, before: int, after: int) -> bool:
    """Whether both replies begin or end with it: then it is no island."""
    begins = block.a == block.b == 0
    return begins or (block.a + block.size == before and block.b + block.size == after)


def _parts(tokens: Sequence[str], kept: Sequence[tuple[int, int]]) -> Iterator[Part]:
    done = 0
    for start, end in [*kept, (len(tokens), len(tokens))]:
        words = "".join(tokens[done:start])
        if marked := words.rstrip():
            yield Part(marked, True)
        if plain := words[len(marked) :] + "".join(tokens[start:end]):
            yield Part(plain, False)
        done = end


def figure(value: float | str | None) -> str:
    """A value or a limit, as short as is honest."""
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else shown(str(value))
