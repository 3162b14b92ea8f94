"""Staying who the card says one is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.cards import contradiction, repeats_card
from persona_eval.scorers.claims import first_words
from persona_eval.scorers.own_world import StaysInOwnWorld
from persona_eval.scorers.phrases import cue, pattern, word_list
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona
from persona_eval.text import finds, fold, sentences, straighten, words

Check = Callable[[Exchange], str | None]

_MARKUP = regex.compile(
    r"<\|?/?[a-z_][a-z0-9_]*\|?/?>|<<SYS>>|\[/?INST\]|\[(?:PAD|UNK|MASK|CLS|SEP|BOS|EOS|UNUSED\w*)\]"
    r"|<0x[0-9A-F]{2}>|\b(?:start|end)_of_turn\b|###\s*(?:instruction|response|user|assistant|human)"
    r"|```(?:json|markdown)?",
    regex.I,
)
_LABEL = r"(?:user|assistant|human|ai|bot|chatbot|model|system|prompt|response|question|answer|q|a|{names})"
_LONE_LABEL = regex.compile(r"(?m)^\s*(?:user|model|assistant)\s*$")
_STAGE = regex.compile(
    r"(?<![\p{L}\p{N}*])\*{1,2}(?P<inner>[\p{L}][^*\n]{0,100})\*{1,2}(?![\p{L}\p{N}*])"
    r"|\[(?P<inner>[\p{L}][^\]\n]{0,100})\]|\((?P<inner>\p{Ll}[^)\n]{0,60})\)"
    r"|(?<!\w)_(?P<inner>\p{L}[^_\n]{0,60})_(?!\w)"
)
_NAMED = regex.compile(
    r"\b(?i:my (?:real |full |first )?name(?:'s| is|s)|they call me|everyone calls me|(?<!don't )(?<!never )call me|"
    r"i(?:'m| am) (?:called|named)|i go by|name's) (?P<name>\p{L}[\p{L}'-]*(?: \p{Lu}[\p{L}'-]+){0,2})"
)
_I_AM = regex.compile(
    r"\b(?:[Ii]'?m|[Ii] am|[Tt]his is) (?P<name>\p{Lu}\p{Ll}[\p{L}-]*(?: \p{Lu}\p{Ll}[\p{L}-]*){0,2})(?!'|’)"
    r"(?=\s*(?:[.,!?;:]|$|-| and\b| the\b| from\b| but\b| your\b))"
)
_QUOTED = regex.compile(r"\"[^\"\n]{0,200}\"")
_FIRST_PERSON = regex.compile(r"\b(?:i|i'm|im|i've|i'll|i'd|me|my|mine|we|our|us)\b")
_DESCRIBES = r"(?:'s an?|is an?|was an?|likes?|loves?|lives?|has|says?|said|thinks?|smiles?|laughs?|giggles?|feels?|wants?|would|enjoys?|knows?|looks?|nods?|replie[sd]|answer(?:s|ed)|(?!is |was |has )[a-z]+s (?:\w+ly|and [a-z]+s|his|her|their|its|at|up|down|around|happily|softly|the|a)|is (?:known|very|always|feeling|happy|sad))"


def _ai(exchange: Exchange) -> str | None:
    text = fold(exchange.reply)
    vendor = cue("character", "vendor", text)
    if vendor and not finds(vendor, exchange.persona.description):
        return f"speaks of “{vendor}”"
    if _is_ai(exchange.persona):
        return None
    found = cue("character", "ai", text)
    return f"speaks as an AI: “{found}”" if found else None


@cache
def _is_ai(persona: Persona) -> bool:
    """Whether the character is a machine by its description or a fact about itself."""
    own = [fact for fact in persona.facts if finds(persona.name, fact)]
    said = ". ".join((persona.description.partition(".")[0], *own))
    kind = pattern("character", "ai persona").pattern
    return bool(regex.search(rf"\b(?:an?|the) (?:[\p{{L}}-]+ ){{0,4}}{kind}", fold(said))) or bool(
        regex.match(rf"(?:[\p{{L}}-]+ ){{0,3}}{kind}", fold(persona.description))
    )


def _fiction(exchange: Exchange) -> str | None:
    found = cue("character", "fiction", fold(exchange.reply))
    return f"speaks of itself as fiction: “{found}”" if found else None


def _never_says(exchange: Exchange) -> str | None:
    found = next(
        (phrase for phrase in exchange.persona.never_says if finds(phrase, exchange.reply)), None
    )
    return f"says “{found}”, which the card forbids" if found else None


def _markup(exchange: Exchange) -> str | None:
    found = _MARKUP.search(exchange.reply)
    return f"holds chat markup “{found[0]}”" if found else None


def _labels(exchange: Exchange) -> str | None:
    found = _label_pattern(exchange.persona).search(straighten(exchange.reply))
    found = found or _LONE_LABEL.search(exchange.reply)
    return f"holds a speaker label “{found[0].strip()}”" if found else None


@cache
def _label_pattern(persona: Persona) -> regex.Pattern[str]:
    label = _LABEL.replace("{names}", _own_names(persona))
    if _is_ai(persona):
        label = label.replace("|system", "").replace("|response", "").replace("|answer", "")
    return regex.compile(rf"(?im)(?:^|[.!?]\s+|\n)[\s*#>\"]*(?P<label>{label})\s*\**:")


def _own_names(persona: Persona) -> str:
    return "|".join(regex.escape(fold(name)) for name in (persona.name, *persona.aliases))


def _stage(exchange: Exchange) -> str | None:
    verbs = word_list("character", "stage verbs")
    text = straighten(exchange.reply)
    for match in _STAGE.finditer(text):
        inner = words(fold(match["inner"]))
        acts = len(inner) > 1 and (_acts(inner) if match[0][0] in "*[_" else _acts_on(inner))
        directs = inner and (inner[0] in verbs or acts)
        if directs and (len(inner) > 1 or _stands_alone(text, match.span())):
            return f"holds a stage direction “{match[0]}”"
    return None


def _acts(inner: list[str]) -> bool:
    """``*slowly opens the door*``, ``*wagging my tail*``: a verb without its subject."""
    first = inner[0]
    bare = first.endswith(("ing", "es")) or (first.endswith("ly") and inner[1].endswith("s"))
    return (
        bare
        and not set(inner) & {"i", "you", "is", "are"}
        and first not in ("nothing", "something", "yes")
    )


def _acts_on(inner: list[str]) -> bool:
    """``(tips his hat)``: in plain brackets only a verb with an object of its own."""
    return inner[0].endswith("s") and inner[1] in ("his", "her", "their", "its", "my")


def _stands_alone(text: str, span: tuple[int, int]) -> bool:
    before, after = text[: span[0]].rstrip(), text[span[1] :].lstrip()
    return not before or before[-1] in ".!?,\"'~-)*" or not after or after[0] in '.!?"*'


@cache
def _allowed_names(persona: Persona) -> frozenset[str]:
    return frozenset(words(fold(" ".join((persona.name, *persona.aliases)))))


def _other_name(exchange: Exchange) -> str | None:
    text = _QUOTED.sub(" ", straighten(exchange.reply))
    stated = [(m, False) for m in _NAMED.finditer(text)] + [(m, True) for m in _I_AM.finditer(text)]
    for match, capital_only in stated:
        if _is_other(match["name"], exchange.persona, capital_only):
            return f"claims another name: “{match[0]}”"
    return None


def _is_other(name: str, persona: Persona, capital_only: bool) -> bool:
    ignored = {word.casefold() for word in word_list("character", "not names")}
    tokens = words(fold(name))
    if not tokens or _allowed_names(persona).intersection(tokens) or tokens[0] in ignored:
        return False
    known_lower = {"a", "an", "secret", "written", "called", "on", "long", "short", "funny", "hard", "it",
                   "when", "if", "later", "back", "again", "names", "mine", "for", "by", "you"}  # fmt: skip
    if name[:1].islower() and (tokens[0] in known_lower or len(tokens[0]) < 3):
        return False
    return not (capital_only and tokens[0].endswith(("ing", "ish", "ful", "ous", "less")))


def _third_person(exchange: Exchange) -> str | None:
    """A reply that tells about the character instead of talking as it."""
    found = [s for s in sentences(exchange.reply) if _about_itself(s, exchange.persona)]
    if not found or _speaks_so(exchange.persona):
        return None
    if len(found) > 1 or not _FIRST_PERSON.search(fold(exchange.reply)):
        return f"talks about the character: “{first_words(found[0])}”"
    return None


def _about_itself(sentence: str, persona: Persona) -> bool:
    return _description_pattern(persona).match(fold(sentence)) is not None


@cache
def _description_pattern(persona: Persona) -> regex.Pattern[str]:
    own = _own_names(persona)
    return regex.compile(rf"[\"'* ]*(?:{own})(?:,[^,]{{1,40}},)? ?{_DESCRIBES}(?!\p{{L}})")


@cache
def _speaks_so(persona: Persona) -> bool:
    """Whether the character speaks of itself by name in the card's own samples."""
    told = sum(
        any(_about_itself(s, persona) for s in sentences(sample))
        for sample in persona.voice.samples
    )
    return told >= max(2, len(persona.voice.samples) / 10)


CHECKS: tuple[Check, ...] = (
    _markup, _labels, _ai, _fiction, _never_says, _other_name, _stage, _third_person,
)  # fmt: skip


class StaysInCharacter(Trained):
    """Passes when the reply has no AI self-reference, claims no other name, does not tell about
    the character from outside, and holds no stage direction, speaker label, chat markup or
    phrase of the card's `never_says`. A character that is a robot or an AI may say so."""

    name: ClassVar[str] = "stays_in_character"
    like: ClassVar[tuple[str, str]] = ("stay in character", "break character")
    calibrated: ClassVar[bool] = False
    rules_reject: ClassVar[bool] = True

    def by_rules(self, exchange: Exchange) -> Score:
        for check in CHECKS:
            if found := check(exchange):
                return Score(False, found)
        return Score(True, "no break of character found")


class AgreesWithCard(Trained):
    """Passes when the reply contradicts neither a `knows` answer nor a sentence of `facts` that
    it touches: names, numbers, kinds and colours said of the same thing."""

    name: ClassVar[str] = "agrees_with_card"
    like: ClassVar[tuple[str, str]] = ("agree with the card", "contradict the card")
    accepts_in_pack: ClassVar[float | None] = 0.25
    reads_prompt: ClassVar[bool] = True
    rules_reject: ClassVar[bool] = True

    def by_rules(self, exchange: Exchange) -> Score:
        found = contradiction(exchange.prompt, exchange.reply, exchange.persona)
        return Score(found is None, found or "no contradiction of the card found")

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        """What repeats the card does not contradict it, however sure of itself it sounds; and a
        card that tells nothing is contradicted by no wording."""
        card = exchange.persona
        repeats = repeats_card(exchange.prompt, exchange.reply, card)
        return not (card.facts or card.knows) or repeats or super().settled(exchange, ruled)


SCORERS: tuple[type[Scorer], ...] = (StaysInCharacter, AgreesWithCard, StaysInOwnWorld)
