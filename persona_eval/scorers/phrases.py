"""Phrases that betray a behaviour, kept as readable text under ``data/``.

A file holds ``[sections]`` of one pattern a line; ``#`` starts a comment line. A pattern is a
regular expression over ``fold``-ed text that is found between word borders only. An apostrophe
may be missing in the text (``dont know``), a final g too (``guessin'``), and ``{name}`` stands for the alternatives of another
section, of ``common.txt`` where the file has none of that name. Hits of a section ``x`` that
overlap a hit of ``x not`` are void: that is how negation and other scopes are written.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources

import regex

Section = tuple[str, ...]
Extra = tuple[tuple[str, Section], ...]
Span = tuple[int, int]

_MACRO = regex.compile(r"\{([a-z_]+)\}")
_DROPPED_G = regex.compile(r"(?<=[aeiou][a-z]*)ing(?![a-z])")
# Patterns of hundreds of words: `re` compiles them four times as fast as `regex`.
_LEFT = r"(?:(?<![^\W_])(?<!')|(?![^\W_]))"
_RIGHT = r"(?:(?![^\W_])|(?<![^\W_]))"
_NOTHING = re.compile(r"(?!)")


@cache
def sections(file: str) -> dict[str, Section]:
    """The sections of ``data/<file>.txt``, their lines in order."""
    text = (resources.files("persona_eval.scorers") / "data" / f"{file}.txt").read_text("utf-8")
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], [])
        elif not line.startswith("#"):
            lines.append(line)
    return {name: tuple(entries) for name, entries in found.items()}


@cache
def word_list(file: str, section: str) -> frozenset[str]:
    """All words of a section that is written as plain words, several on a line."""
    return frozenset(" ".join(sections(file)[section]).split())


def pattern(file: str, section: str, extra: Extra = ()) -> re.Pattern[str]:
    """One pattern for all lines of a section; ``extra`` gives or widens sections by name."""
    return _compiled(
        file, section, tuple(x for x in extra if x[1] and x[0] in _used(file, section))
    )


@cache
def _used(file: str, section: str) -> frozenset[str]:
    """The section and all that its lines hold: a card compiles only what its own words change."""
    lines = sections(file).get(section) or sections("common").get(section, ())
    inner = {name for line in lines for name in _MACRO.findall(line)}
    return frozenset({section}).union(*(_used(file, name) for name in inner))


@cache
def _compiled(file: str, section: str, extra: Extra) -> re.Pattern[str]:
    if section not in sections(file):
        return _NOTHING
    body = _DROPPED_G.sub(
        "in[g']?",
        _expand(
            f"{{{section}}}" if section in dict(extra) else "|".join(sections(file)[section]),
            file,
            dict(extra),
        ),
    )
    body = regex.sub(r"(?<!\[g)'", "'?", body)
    return re.compile(rf"{_LEFT}(?:{body}){_RIGHT}")


def _expand(body: str, file: str, extra: dict[str, Section]) -> str:
    def alternatives(macro: regex.Match[str]) -> str:
        name = macro[1]
        own = sections(file).get(name) or sections("common").get(name, ())
        more = tuple(regex.escape(phrase) for phrase in extra.get(name, ()))
        return f"(?:{_expand('|'.join(more + own), file, extra)})"

    return _MACRO.sub(alternatives, body)


@lru_cache(maxsize=4096)  # several behaviours read the same reply: halves the time
def spans(file: str, section: str, text: str, extra: Extra = ()) -> tuple[Span, ...]:
    """Where a section's patterns stand in folded text, void hits left out."""
    hits = [match.span() for match in pattern(file, section, extra).finditer(text)]
    if not hits:
        return ()
    void = [match.span() for match in pattern(file, f"{section} not", extra).finditer(text)]
    return tuple(hit for hit in hits if not any(overlap(hit, other) for other in void))


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return one[0] < other[1] and other[0] < one[1]


def cue(file: str, section: str, text: str, extra: Extra = ()) -> str | None:
    """The first phrase of the section in folded text, or None."""
    found = spans(file, section, text, extra)
    return text[slice(*found[0])] if found else None
