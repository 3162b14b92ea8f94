"""Where a text breaks off: signs that its last sentence has no end.

Only ends without a closing mark are looked at, and only words that hardly any English sentence
ends with count, so that a writer who never sets a full stop is left in peace. The words are in
``data/endings.txt``.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import regex

from persona_eval.scorers.phrases import sections, word_list
from persona_eval.text import sentences, straighten, words

_CLOSED = regex.compile(
    r"[.!?。！？।؟۔~*\p{So}\p{Sk}\p{Emoji_Presentation}][\s\"')\]*_\p{M}\p{Cf}]*$"
)
_SMILEY = regex.compile(r"(?:^|(?<=\s))(?:[:;=8xX]['^-]?[()\[\]DPpOo3/|]+|<3+|\^[_.]?\^)(?=\s|$)")
_SPEECH = regex.compile(r'(?:^|\s)"\w[^"]*$')
_HALF_CONTRACTION = regex.compile(
    r"\b(?:\w+n|it|i|he|she|you|we|they|that|there|what|who|let)'$", regex.IGNORECASE
)
_NO_VOWEL = regex.compile(r"[b-df-hj-np-tv-xz]+", regex.IGNORECASE)
_DROPPED_G = regex.compile(r"[aeiouy].*in$")
_SOUND = regex.compile(r"h*m+|s+h+|b+r+|g+r+|z+|p+s+t+|p+f+t*|t+s+k+|x+|p+h+|n+g+|\w*(\w)\1\1\w*")
_MARKS = {",": "a comma", ";": "a semicolon", "-": "a dash", "&": "“&”", "/": "a slash"}
_BRACKETS = dict.fromkeys("([{", "an open bracket")
_PAIRS = {"“": "”", "„": "”", "(": ")", "[": "]", "{": "}"}


def cut_sign(text: str, known: Collection[str] = ()) -> str | None:
    """What shows that the text is cut, in an author's words; None when nothing does. ``known``
    are folded words that are surely whole: the prompt's and the card's."""
    plain = _SMILEY.sub(" . ", text.strip()).strip()
    return _open_mark(plain) or _open_pair(plain) or _open_word(plain, known)


def _open_mark(text: str) -> str | None:
    if text.endswith(("“", "„", "‚", "«")) or (text.endswith(' "') and text.count('"') % 2):
        return "an open quote"
    return (_MARKS | _BRACKETS).get(straighten(text)[-1:])


def _open_pair(text: str) -> str | None:
    """A quote or bracket that stays open, where the sentence has no end mark either."""
    if _CLOSED.search(text):
        return None
    for opener, closer in _PAIRS.items():
        if text.rfind(opener) > text.rfind(closer):
            return "an open quote" if opener in "“„" else "an open bracket"
    return "an open quote" if text.count('"') % 2 and _SPEECH.search(text) else None


def _open_word(text: str, known: Collection[str]) -> str | None:
    plain = straighten(text)
    if _HALF_CONTRACTION.search(plain) and plain.count("'") % 2:
        return "half a word"
    if not plain[-1:].isalpha():
        return None
    spoken = [words(sentence) for sentence in sentences(plain)]
    last, before = spoken[-1][-1], [word.casefold() for word in spoken[-1][:-1]]
    if len(last) == 1 and before and before[-1] in ("an", "vitamin", "plan", "letter", "capital"):
        return None
    if last in word_list("endings", "half contractions"):
        return f"half a word, “{last}”"
    if not _is_english(words(plain)[:-1]):
        return None
    earlier = {word.casefold() for sentence in spoken for word in sentence[:-1]}
    if is_half(last) and last.casefold() not in earlier | set(known):
        return f"half a word, “{last}”"
    if len(spoken) == 1 and not before:
        return None  # "And" or "Your" may answer a question
    return f"“{last}”" if dangles(last, before) else None


def _is_english(spoken: list[str]) -> bool:
    """Whether a fifth of the words are English function words; most texts have two fifths."""
    known = word_list("common", "function words")
    return 5 * sum(word.casefold() in known for word in spoken) >= len(spoken) > 0


def is_half(word: str) -> bool:
    """Whether an English word was cut: its first letters start common words and are none
    themselves, or are consonants alone that are no sound and no abbreviation."""
    folded = word.casefold()
    if word != folded or folded in word_list("endings", "consonants"):
        return False
    if _NO_VOWEL.fullmatch(folded):
        return _SOUND.fullmatch(folded) is None
    # "nothin" is how some talk.
    spelt = (
        folded,
        f"{folded}s",
        *_bases(folded),
        *([f"{folded}g"] if _DROPPED_G.search(folded) else []),
    )
    whole = _easy_words() | word_list("endings", "whole words")
    return folded in _beginnings() and whole.isdisjoint(spelt)


def _bases(word: str) -> tuple[str, ...]:
    """What a word may be the plural, past or other form of."""
    return tuple(
        word.removesuffix(end) for end in ("s", "es", "ed", "er", "y") if word.endswith(end)
    )


def dangles(last: str, before: list[str]) -> bool:
    """Whether hardly any English sentence that starts with ``before`` (folded words) ends with
    the word ``last``."""
    word, previous = last.casefold(), before[-1] if before else ""
    return (
        previous not in _table("never last").get(word, {previous})
        or _lacks_verb(word, before)
        or _lacks_noun(word, before)
        or last == "Miss"
    )


def _lacks_verb(word: str, before: list[str]) -> bool:
    """A subject, or a subject with an adverb, at the end: "so you", "and then I never"."""
    previous = before[-1] if before else ""
    if word in word_list("endings", "subjects"):
        licences = word_list("endings", "subject licences") | (
            {"and", "or"} if word == "i" else set()
        )
        return not {previous, previous.removesuffix("n't")} & licences
    if word in ("you", "it"):
        return previous in word_list("endings", "clause openers")
    if word == "then":
        return previous == "and"
    if word in word_list("endings", "before verbs"):
        return previous in word_list("endings", "subjects") and len(before) > 1
    return word in ("is", "was", "are") and previous in word_list("endings", "answers wanted")


def _lacks_noun(word: str, before: list[str]) -> bool:
    """A preposition whose noun is neither behind it nor in front."""
    licences = _table("prepositions").get(word)
    if licences is None or not before:
        return licences is not None
    if word_list("endings", "stranding") & set(before) or licences & set(before[-4:]):
        return False
    return not _stranded_by_infinitive(before)


def _stranded_by_infinitive(before: list[str]) -> bool:
    """A noun with an infinitive: "nobody to play", but not "I like to play"."""
    return any(
        second == "to" and first not in word_list("endings", "infinitive verbs")
        for first, second in pairwise(before)
    )


@cache
def _table(section: str) -> dict[str, frozenset[str]]:
    """Lines ``words: licences`` of a section, by word."""
    split = (line.partition(":") for line in sections("endings")[section])
    return {
        word: frozenset(licences.split())
        for words_, _, licences in split
        for word in words_.split()
    }


@cache
def _easy_words() -> frozenset[str]:
    """The 3,000 common words of Dale and Chall (1995), from textstat's files, and the function
    words. The package is not imported for that: it takes 0.2 s and warns."""
    spec = find_spec("textstat")
    folders = (spec and spec.submodule_search_locations) or ()
    texts = [
        (Path(folder) / "resources/en/easy_words.txt").read_text("utf-8") for folder in folders
    ]
    return frozenset(" ".join(texts).split()) | word_list("common", "function words")


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[:end] for word in _easy_words() for end in range(1, len(word)))
