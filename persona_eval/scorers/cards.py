"""What the card settles: questions with known answers, and statements that contradict it."""

from __future__ import annotations

from functools import cache, lru_cache

import regex

from persona_eval.scorers.lexicon import (
    UNITS,
    card_names,
    content,
    names,
    number,
    numbers,
    stem,
    written_names,
)
from persona_eval.scorers.phrases import pattern, word_list
from persona_eval.suite.card import KnownFact, Persona
from persona_eval.text import finds, fold, sentences, words

SAME_QUESTION = 0.6
"""Share of content words (Jaccard) from which two questions with the same asker's word and no
differing person or name ask the same thing."""

REPEATED = 2
"""Content words of a fact that a reply has to repeat to agree with it."""

_CALLED = {"called", "named", "name", "names", "who", "who's", "whos"}
_ASKERS = {"what": "what", "what's": "what", "which": "what", "where": "where", "where's": "where",
           "how": "how", "when": "when", "why": "why"}  # fmt: skip
_NUMERAL = r"(?:\d+|" + "|".join(UNITS) + ")"
_MY_AGE = regex.compile(
    rf"\bi(?:'m| am|m) (?:only |just |already )?(?P<age>{_NUMERAL})(?: years?(?: old)?| and (?:a half|three))?(?= and|\s*[.,!?;]|$)"
)
_QUANTITY = regex.compile(rf"\b(?P<number>{_NUMERAL})[ -](?P<noun>\p{{L}}+)")
_STATED = r"(?:'s| is| was)(?: name)?(?:'s| is)?(?: called| named)?"


@lru_cache(maxsize=4096)
def _key(question: str) -> tuple[str, frozenset[str]]:
    """The asking word and the content of a question; ``who`` and ``called`` become NAME."""
    tokens = words(fold(question))
    asker = next((_ASKERS[token] for token in tokens if token in _ASKERS), "")
    filler = frozenset(map(stem, word_list("cards", "filler")))
    core = {
        "NAME" if t in map(stem, _CALLED) or t in _CALLED else t for t in content(question)
    } - filler
    if {"NAME", *tokens} & {"NAME", *_CALLED} - {"NAME"}:
        core.add("NAME")
    return ("" if "NAME" in core else asker), frozenset(core)


@lru_cache(maxsize=4096)
def same_question(one: str, other: str) -> bool:
    """Whether two questions ask for the same thing, by their words."""
    (asker, first), (other_asker, second) = _key(one), _key(other)
    if asker != other_asker or not first or not second:
        return False
    differing = first ^ second
    if differing & (
        frozenset(map(stem, word_list("cards", "relations"))) | {"favourit", "favorit"}
    ):
        return False
    return len(first & second) / len(first | second) >= SAME_QUESTION


@lru_cache(maxsize=1024)
def known_fact(prompt: str, persona: Persona) -> KnownFact | None:
    """The entry of ``knows`` that a sentence of the prompt asks for, or None."""
    own = {stem(word) for word in words(fold(" ".join((persona.name, *persona.aliases))))}
    for sentence in dict.fromkeys((*sentences(prompt), prompt)):
        text = " ".join(w for w in words(sentence) if stem(fold(w)) not in own)
        for fact in persona.knows:
            ask = " ".join(w for w in words(fact.ask) if stem(fold(w)) not in own)
            if same_question(sentence, fact.ask) or (text and ask and same_question(text, ask)):
                return fact
    return None


def known_answers(prompt: str, persona: Persona) -> tuple[str, ...]:
    """Words of a right answer by the card, or () when the prompt asks nothing on the card."""
    fact = known_fact(prompt, persona)
    return fact.answer if fact else ()


def repeats_card(prompt: str, reply: str, persona: Persona) -> bool:
    """Whether a reply gives the card's answer to the prompt, or two words of one of its facts
    that the prompt did not hold."""
    if any(finds(answer, reply) for answer in known_answers(prompt, persona)):
        return True
    new = set(content(reply)) - set(content(prompt)) - _self_names(persona)
    return any(len(new & words_of) >= REPEATED for words_of in _fact_words(persona))


@cache
def _fact_words(persona: Persona) -> tuple[frozenset[str], ...]:
    told = (*persona.facts, *(f"{f.ask} {' '.join(f.answer)}" for f in persona.knows))
    return tuple(frozenset(content(text)) for text in told)


def contradiction(prompt: str, reply: str, persona: Persona) -> str | None:
    """What in the reply contradicts the card, in one sentence, or None."""
    for sentence in sentences(reply):
        if sentence.endswith("?"):
            continue
        text = fold(sentence)
        found = _age(text, persona) or _known(prompt, sentence, reply, persona)
        found = found or _unprompted(sentence, persona) or _quantity(text, persona)
        if found:
            return found
    return None


def _age(text: str, persona: Persona) -> str | None:
    match = _MY_AGE.search(text)
    if match is None or persona.age is None or pattern("cards", "not yet").search(text):
        return None
    if number(match["age"]) in (persona.age, persona.age // 1):
        return None
    return f"says “{match[0]}”; the card says {persona.age:g} years"


def _known(prompt: str, sentence: str, reply: str, persona: Persona) -> str | None:
    """The prompt asks something on the card, and the reply names something else."""
    fact = known_fact(prompt, persona)
    if fact is None or _says(fact, reply):
        return None
    other = _of_the_same_kind(fact, sentence, persona)
    return _conflict(fact, other) if other else None


def _says(fact: KnownFact, text: str) -> bool:
    return any(finds(answer, text) for answer in fact.answer)


def _conflict(fact: KnownFact, other: str) -> str:
    return f"says “{other}”; the card answers “{fact.ask}” with “{fact.answer[0]}”"


def _of_the_same_kind(fact: KnownFact, sentence: str, persona: Persona) -> str | None:
    """A word of the sentence that could stand where the known answer stands."""
    if any(numbers(answer) for answer in fact.answer):
        return next((f"{n:g}" for n in numbers(sentence) if n not in (0, 1)), None)
    for section in ("animals", "colours"):
        group = word_list("cards", section)
        if any(fold(answer) in group for answer in fact.answer):
            return next((word for word in words(fold(sentence)) if word in group), None)
    if all(answer[:1].isupper() for answer in fact.answer):
        asked = set(content(fact.ask))
        return next(
            (
                name
                for name in _stated_names(sentence)
                if stem(fold(name)) not in asked | _self_names(persona)
            ),
            None,
        )
    return None


def _stated_names(sentence: str) -> list[str]:
    """Names where a name is stated, as they are written: ``called Jim``, ``is Jim``, or a short
    reply ``Jim!``."""
    if len(words(sentence)) <= 3:
        return written_names(f"x {sentence}")
    stated = regex.findall(
        r"(?:called|named|name is|name's|\bis|'s) (?:the )?((?:\p{Lu}[\p{L}'-]+ ?)+)", sentence
    )
    return [name for part in stated for name in written_names(f"x {part}")]


@cache
def _self_names(persona: Persona) -> frozenset[str]:
    return frozenset(stem(w) for w in words(fold(" ".join((persona.name, *persona.aliases)))))


def _unprompted(sentence: str, persona: Persona) -> str | None:
    """``My brother is called Jim`` where the card knows the brother's name."""
    text = fold(sentence)
    for topic, fact in _topics(persona):
        match = regex.search(rf"\bmy {topic}{_STATED} (?P<rest>.+)", text)
        if match is None or _says(fact, sentence):
            continue
        start = len(text) - len(match["rest"])
        aligned = len(fold(sentence)) == len(sentence)
        rest = sentence[start:] if aligned else match["rest"]
        named = regex.match(r"\p{Lu}[\p{L}'-]+", rest)
        if named and stem(fold(named[0])) not in _self_names(persona):
            return _conflict(fact, named[0])
        if topic.startswith("favou?rite") and (other := _favourite(fact, rest, persona)):
            return _conflict(fact, other)
    return None


def _favourite(fact: KnownFact, rest: str, persona: Persona) -> str | None:
    """A colour for a colour and an animal for an animal; other favourites may be many."""
    return _of_the_same_kind(fact, rest, persona) if not names(f"x {fact.answer[0]}") else None


@cache
def _topics(persona: Persona) -> tuple[tuple[str, KnownFact], ...]:
    """Patterns of what ``my …`` may open a statement on, for each known fact about ``your …``."""
    found = []
    for fact in persona.knows:
        match = regex.search(
            r"\byour ((?:\p{L}+ ){0,2}?)(\p{L}+?)(?:'s name| called| named|\?|$)", fold(fact.ask)
        )
        if match and match[2] not in ("name", "age"):
            optional = "".join(
                f"(?:{w} )?" for w in match[1].split() if w not in ("favourite", "favorite", "best")
            )
            kept = "".join(
                f"{w} " for w in match[1].split() if w in ("favourite", "favorite", "best")
            )
            kept = regex.sub("favou?rite", "favou?rite", kept)
            found.append((f"{kept}{optional}{match[2]}", fact))
    return tuple(found)


def _quantity(text: str, persona: Persona) -> str | None:
    """``Captain Buttons has eight legs`` where a fact says seven."""
    if pattern("cards", "not yet").search(text):
        return None
    for fact, subject, noun, count in _quantities(persona):
        if not regex.search(rf"\b{regex.escape(subject)}\b", text):
            continue
        for match in _QUANTITY.finditer(text):
            if (
                stem(match["noun"]) == noun
                and number(match["number"]) != count
                and _others(text, subject, persona) == 0
            ):
                return f"says “{match[0]}”; the card says “{fact}”"
    return None


def _others(text: str, subject: str, persona: Persona) -> int:
    """How many other names of the card stand in the text: with them, whose number is it?"""
    return len(
        (card_names(persona) - set(content(subject))) & set(content(text)) - _self_names(persona)
    )


@cache
def _quantities(persona: Persona) -> tuple[tuple[str, str, str, float], ...]:
    """(fact, folded subject, stem of the counted noun, number) for facts that count."""
    found = []
    for fact in persona.facts:
        subject = regex.match(r"(?:\p{Lu}[\p{L}'-]+ ?)+", fact)
        if subject is None or stem(fold(subject[0].strip())) in _self_names(persona):
            continue
        for match in _QUANTITY.finditer(fold(fact)):
            value = number(match["number"])
            if value is not None:
                found.append((fact, fold(subject[0]).strip(), stem(match["noun"]), value))
    return tuple(found)
