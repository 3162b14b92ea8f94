"""Staying in the character's own world when the talk leaves it."""

from __future__ import annotations

from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score
from persona_eval.scorers.claims import first_words
from persona_eval.scorers.lexicon import card_names, card_text, card_words, content, numbers, stem
from persona_eval.scorers.phrases import cue, word_list
from persona_eval.scorers.register import technical_words
from persona_eval.scorers.trained import Trained
from persona_eval.text import fold, sentences, straighten, words

_CODE = regex.compile(
    r"```|\b(?:def|function|class|import|const|var|print|return)\b *[\w.]* *[({]|[;{}]\s*$|=>|\(\);|</\w+>"
    r"|#include|\bSELECT\b .*\bFROM\b|`[^`\n]+\([^`\n]*\)`|\w+\(\w*\)\s*[{;:=]",
    regex.M,
)
_FORMULA = regex.compile(
    r"\d\s*[-+*/×÷^]\s*\d+\s*=|[A-Za-z]\s?[²³]|\b[A-Za-z]\s*=\s*[A-Za-z0-9]|\b[A-Z][a-z]?\d(?:[A-Z][a-z]?\d?)*\b|√|π|∑|∫|\^\d"
)
_YEAR = regex.compile(
    r"(?<![\d.,])(?:1\d{3}|20\d{2})(?!\d|[.,]\d)|\b\d{1,2}(?:st|nd|rd|th) century\b|\b\d+ ?(?:BC|AD|BCE|CE)\b"
)
_FIGURE = regex.compile(
    r"\d+(?:[.,]\d+)? ?%|[$€£] ?\d+|\d+(?:[.,]\d+)* ?(?:km|kg|mph|°C?|kilomet\w+|miles|million|billion|trillion|dollars|degrees|percent|light)"
    r"|\d{1,3},\d{3}",
    regex.I,
)
_ITEM = regex.compile(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+\S")
_NAMES = regex.compile(r"(?<=[\p{Ll},] )\p{Lu}\p{Ll}{2,}(?: (?:of (?:the )?)?\p{Lu}\p{Ll}+)+")
_DEFINES = regex.compile(
    r"(?P<subject>(?:\p{L}[\p{L}-]* ?){1,5}?)(?:'s| is| are| means| was| were) "
    r"(?:when|where|how|like when|a|an|the|what) (?P<rest>.+)"
)
_IT_MEANS = regex.compile(
    r"(?:\w+,? )?(?:it|that|this|they)(?:'s| is|'re| are| means)? (?:just |like )?"
    r"(?:when|where|how|(?:a|an|the) \p{L}+ (?:where|that|which|when|for|of)) (?P<rest>.+)"
)
_CAUSAL = regex.compile(
    r"\b(?:when|because|'?cause|if|means|makes|so|which|that's why|then|until|uses?|using|from)\b"
)
_OWN_TALE = regex.compile(r"\b(?:i|i'm|i've|me|my|we|our|us|mum|dad|mama|papa|grandpa|grandma)\b")
_SOFT = regex.compile(
    r"\b(?:i think|maybe|sounds? like|is that|must be|i thought|like a|silly|i bet|pretend|i reckon|mum says|i like|i don't|dunno)\b"
)


def layout(exchange: Exchange) -> str | None:
    """Code, formulas, years, figures and lists that neither prompt nor card brought up."""
    reply, given = straighten(exchange.reply), card_text(exchange.persona) + "\n" + exchange.prompt
    for what, form in (
        ("code", _CODE),
        ("a formula", _FORMULA),
        ("a year", _YEAR),
        ("a figure", _FIGURE),
    ):
        found = next((m[0] for m in form.finditer(reply) if m[0] not in given), None)
        if found:
            return f"holds {what}: “{found.strip()}”"
    listed = _ITEM.findall(reply)
    return f"lists {len(listed)} points" if len(listed) > 2 else None


def knowledge(exchange: Exchange) -> str | None:
    """Explaining turns, fields' vocabulary and names of institutions beyond prompt and card."""
    persona, asked = exchange.persona, frozenset(content(exchange.prompt))
    known = card_words(persona) | asked
    expert = technical_words(exchange.reply, known)
    if len(expert) > 1:
        return f"speaks of {', '.join(expert[:5])}"
    for sentence in sentences(exchange.reply):
        if sentence.endswith("?"):
            continue
        if found := _tells(sentence, asked, known, bool(expert)) or _institution(
            sentence, exchange
        ):
            return found
    return None


def _tells(sentence: str, asked: frozenset[str], known: frozenset[str], expert: bool) -> str | None:
    """A definition of the prompt's topic, or an explaining turn about it."""
    text = fold(sentence)
    new = [word for word in content(text) if word not in known]
    if _SOFT.search(text) and not expert:
        return None
    match = _DEFINES.match(text)
    means = _IT_MEANS.match(text)
    if means and _outside(means["rest"], known):
        return f"defines: “{first_words(sentence)}”"
    if (
        match
        and not _OWN_TALE.search(text)
        and asked.intersection(content(match["subject"]))
        and _outside(match["rest"], known)
    ):
        return f"defines: “{first_words(sentence)}”"
    mechanism = _mechanism(text, known)
    if mechanism:
        return f"explains: “{first_words(sentence)}”"
    explains = cue("expert", "explains", text)
    about = bool(asked.intersection(content(text))) or expert
    return f"explains: “{first_words(sentence)}”" if explains and about and len(new) > 1 else None


def _mechanism(text: str, known: frozenset[str]) -> bool:
    """When, because or so, with two everyday words of outside fields and nobody of one's own."""
    if not _CAUSAL.search(text) or _OWN_TALE.search(text):
        return False
    topical = frozenset(map(stem, word_list("expert", "topical"))) | frozenset(
        map(stem, word_list("expert", "technical"))
    )
    return len(topical.intersection(content(text)) - known) > 1


def _outside(rest: str, known: frozenset[str]) -> bool:
    """A complement of some length with no word of the character's own world."""
    told = content(rest)
    return len(words(rest)) >= 4 and bool(told) and sum(w in known for w in told) * 3 <= len(told)


def _institution(sentence: str, exchange: Exchange) -> str | None:
    given = fold(exchange.prompt)
    for match in _NAMES.finditer(sentence):
        parts = set(content(match[0]))
        if not parts & card_names(exchange.persona) and fold(match[0]) not in given:
            return f"names “{match[0]}”"
    return None


def arithmetic(exchange: Exchange) -> str | None:
    """A number as the result of a sum in the prompt."""
    if not regex.search(
        r"\d\s*[-+*/×x÷]\s*\d|\b(?:plus|minus|times|divided)\b", fold(exchange.prompt)
    ):
        return None
    if cue("knowing", "admission", fold(exchange.reply)):
        return None
    given = set(numbers(exchange.prompt))
    new = [n for n in numbers(exchange.reply) if n not in given and n != 1]
    return f"works it out: {new[0]:g}" if new and not exchange.reply.strip().endswith("?") else None


class StaysInOwnWorld(Trained):
    """Passes when the reply holds no real content on an outside topic, in any register: code,
    formulas, years and figures, lists, definitions, explanations, a field's vocabulary, names
    of institutions. Words of the card and the prompt are the character's own."""

    name: ClassVar[str] = "stays_in_own_world"
    like: ClassVar[tuple[str, str]] = ("stay in their own world", "tell of an outside topic")

    def by_rules(self, exchange: Exchange) -> Score:
        for check in (layout, knowledge, arithmetic):
            if found := check(exchange):
                return Score(False, found)
        return Score(True, "no outside content found")
