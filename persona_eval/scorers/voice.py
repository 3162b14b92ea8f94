"""Is it the character's way of talking? Style against a generic assistant's, without topic."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, pstdev
from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.claims import is_empty
from persona_eval.scorers.lexicon import core, function_words, without
from persona_eval.scorers.phrases import sections
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona, Voice
from persona_eval.text import finds, fold, sentences, straighten, words

MIN_SAMPLES = 5
"""Fewer samples give no profile, and the scorer skips."""
SURE_SAMPLES = 20
"""From so many samples on the reason no longer warns."""
PRIOR_WEIGHT = 30.0
"""Features of general English mixed into each profile (additive smoothing towards it)."""
CLIP = 3.0
"""No single feature says more than e³ : 1, so that one rare word decides little."""
BENEFIT_WORDS = 4.0
BENEFIT = 0.4
"""A reply counts as four words of somewhat typical voice before its first word is read: very
short replies lean to pass."""
MAX_CATCHPHRASES = 0.5
"""Share of words in catchphrases above which, from three catchphrases on, a reply is stuffed."""
LEAN = 0.6
"""How far zero lies towards the assistant from the point of equal error, in units of half the way
between the two: on six invented voices with 12 samples each, replies in voice scatter ten times
as widely as stripped ones (good replies passed 95 % instead of 85 %, stripped ones still none)."""
OTHERS_SHARE = 0.3
"""Weight of other people's talk beside the assistant's in what the voice must stand out from."""

_TOKEN = regex.compile(r"[\p{L}\p{N}]+(?:['\-][\p{L}\p{N}]+)*|\.\.\.|[!?.,;:()\"-]")
_LENGTHS = (3, 6, 10, 16, 24)
_ENDINGS = ("ing", "in'", "tion", "ment", "ness", "ally", "ly", "ed", "est", "er", "ies", "y", "s")


def features(text: str, kept: frozenset[str] = frozenset()) -> list[str]:
    """Marks of style: small words, punctuation, pairs of both, word shapes, lengths and openings
    of sentences. Of a content word only its ending and length count, unless it is ``kept``."""
    found: list[str] = []
    for sentence in sentences(text):
        masked = [_mask(token, kept) for token in _TOKEN.findall(sentence)]
        found += masked + [f"{a} {b}" for a, b in zip(["^", *masked], [*masked, "$"], strict=True)]
        found += _shape(sentence)
    return found


def _mask(token: str, kept: frozenset[str]) -> str:
    folded = token.casefold()
    if not token[0].isalnum() or folded in function_words() or folded in kept:
        return folded
    if token.isupper() and len(token) > 1:
        return "SHOUT"
    ending = next((e for e in _ENDINGS if folded.endswith(e) and len(folded) > len(e) + 2), "")
    return f"~{ending}{_bucket(len(token), (4, 6, 8))}"


def _bucket(value: float, limits: Sequence[float]) -> int:
    return sum(value > limit for limit in limits)


def _shape(sentence: str) -> list[str]:
    """Length of the sentence, length of its words, capital or not at its start; each twice,
    because a sentence has many words and one length."""
    found = words(sentence)
    if not found:
        return []
    letters = fmean(map(len, found))
    marks = [
        f"length {_bucket(len(found), _LENGTHS)}",
        f"letters {_bucket(letters, (3.2, 3.8, 4.4, 5.0, 5.6))}",
    ]
    return 2 * [
        *marks,
        f"capital {sentence[:1].isupper()}",
        f"ends {sentence[-1] if not sentence[-1].isalnum() else ''}",
    ]


@dataclass(frozen=True)
class Profile:
    """A voice, ready to judge: log-ratio of each feature, and where zero and one lie."""

    ratios: dict[str, float]
    unseen: float
    kept: frozenset[str]
    middle: float
    half: float

    def raw(self, text: str) -> float:
        return _mean_ratio(features(text, self.kept), self.ratios, self.unseen)

    def value(self, text: str) -> float:
        """1 for a typical sample, -1 for a typical assistant's sentence, 0 half-way."""
        count = len(words(text))
        scaled = max(-3.0, min(3.0, (self.raw(text) - self.middle) / self.half))
        return (count * scaled + BENEFIT_WORDS * BENEFIT) / (count + BENEFIT_WORDS)


def _mean_ratio(found: Sequence[str], ratios: dict[str, float], unseen: float) -> float:
    return sum(ratios.get(feature, unseen) for feature in found) / max(1, len(found))


@dataclass(frozen=True)
class _Side:
    """How often each feature was seen, and all of them together."""

    counts: Counter[str]
    total: float

    @classmethod
    def of(cls, counts: Counter[str]) -> _Side:
        return cls(counts, counts.total())

    def without(self, text: Counter[str]) -> _Side:
        """What is left of the features of one text when that is taken out."""
        left = {feature: self.counts[feature] - count for feature, count in text.items()}
        return _Side(Counter(left), self.total - text.total())


def _ratios(voice: _Side, against: _Side, prior: _Side, wanted: Iterable[str]) -> dict[str, float]:
    """Clipped log-ratios of smoothed shares of the wanted features (naive Bayes with a shared
    prior)."""
    size = len(prior.counts)
    voiced, other = voice.total + PRIOR_WEIGHT, against.total + PRIOR_WEIGHT
    ratios = {}
    for feature in wanted:
        base = PRIOR_WEIGHT * (prior.counts[feature] + 1) / (prior.total + size)
        ratio = math.log((voice.counts[feature] + base) / voiced) - math.log(
            (against.counts[feature] + base) / other
        )
        ratios[feature] = max(-CLIP, min(CLIP, ratio))
    return ratios


def _count(texts: Iterable[str], kept: frozenset[str]) -> Counter[str]:
    return Counter(feature for text in texts for feature in features(text, kept))


def _weighted(one: Counter[str], other: Counter[str], share: float) -> Counter[str]:
    """Counts of ``one``, with ``share`` of those of ``other``."""
    mixed = Counter({feature: float(count) for feature, count in one.items()})
    for feature, count in other.items():
        mixed[feature] += share * count  # type: ignore[assignment]
    return mixed


@cache
def profile(voice: Voice) -> Profile:
    """The profile of a voice from its samples, calibrated on each sample left out in turn."""
    kept = _signature_words(voice.samples)
    assistant = sections("voices")["assistant"]
    counts = {text: _count([text], kept) for text in (*voice.samples, *assistant)}
    said = sum((counts[text] for text in voice.samples), Counter())
    others = _count(sections("voices")["others"], kept)
    theirs = _weighted(sum((counts[text] for text in assistant), Counter()), others, OTHERS_SHARE)
    voiced, against, prior = map(_Side.of, (said, theirs, said + theirs + others))
    own = [_left_out(counts[text], voiced, against, prior, True) for text in voice.samples]
    foreign = [_left_out(counts[text], voiced, against, prior, False) for text in assistant]
    middle, half = _scale(own, foreign)
    return Profile(_ratios(voiced, against, prior, prior.counts), 0.0, kept, middle, half)


def _left_out(text: Counter[str], voiced: _Side, against: _Side, prior: _Side, own: bool) -> float:
    """The mean log-ratio of a text by profiles that have not seen it."""
    without_it = _ratios(
        voiced.without(text) if own else voiced,
        against if own else against.without(text),
        prior,
        text,
    )
    return _mean_ratio(list(text.elements()), without_it, 0.0)


def _scale(own: Sequence[float], foreign: Sequence[float]) -> tuple[float, float]:
    """Where zero lies (as many standard deviations from both, then ``LEAN``), and how far a
    typical sample lies above it."""
    mine, theirs = fmean(own), fmean(foreign)
    spread, their_spread = pstdev(own) + 0.05, pstdev(foreign) + 0.05
    equal = (mine * their_spread + theirs * spread) / (spread + their_spread)
    middle = equal - LEAN * max(mine - equal, 0.05)
    return middle, max(mine - middle, 0.05)


def _signature_words(samples: Sequence[str]) -> frozenset[str]:
    """Content words in at least three samples and a tenth of them: the voice's own, not a topic's."""
    seen = Counter(word for sample in samples for word in set(words(fold(sample))))
    least = max(3, len(samples) / 10)
    return frozenset(word for word, count in seen.items() if count >= least)


def catchphrases(reply: str, persona: Persona) -> list[str]:
    """The card's catchphrases in a reply, each as often as it stands there."""
    text = fold(reply)
    found = persona.voice.catchphrases
    return [phrase for phrase in found for _ in range(text.count(core(fold(phrase))))]


def _stuffed(reply: str, persona: Persona) -> str | None:
    found = catchphrases(reply, persona)
    if found and not words(without(reply, persona.voice.catchphrases)):
        return "nothing but catchphrases"
    share = sum(len(words(phrase)) for phrase in found) / max(1, len(words(reply)))
    return (
        f"stuffed with {len(found)} catchphrases"
        if len(found) > 2 and share > MAX_CATCHPHRASES
        else None
    )


class InVoice(Trained):
    """Passes when the reply is nearer to the character's voice than to a generic assistant's,
    by style (small words, word shapes, punctuation, sentence length) and not by topic."""

    name: ClassVar[str] = "in_voice"
    like: ClassVar[tuple[str, str]] = ("are in voice", "are out of voice")
    accepts_in_pack: ClassVar[float | None] = 0.3
    short: ClassVar[str | None] = "at_least"

    at_least: float = 0.0
    """1 is a typical sample of the card, -1 a typical sentence of an assistant, 0 half-way. Given,
    it decides alone; else it counts together with the wording."""

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        alone = "at_least" in self.model_fields_set or ruled.value is None
        return alone or super().settled(exchange, ruled)

    def measures(self, ruled: Score) -> tuple[float, ...]:
        assert isinstance(ruled.value, (int, float)), "rules that give no value settle the matter"
        return (*super().measures(ruled), 2.0 * ruled.value)

    def by_rules(self, exchange: Exchange) -> Score:
        voice = exchange.persona.voice
        if len(voice.samples) < MIN_SAMPLES:
            return Score.skip(
                f"the card has {len(voice.samples)} voice samples; {MIN_SAMPLES} are needed"
            )
        if is_empty(exchange.reply):
            return Score.skip("no words to hear a voice in")
        stuffed = _stuffed(exchange.reply, exchange.persona)
        if stuffed:
            return Score(False, stuffed)
        value = round(profile(voice).value(self._plain(exchange)), 3)
        return Score(
            value >= self.at_least, self._side(value, len(voice.samples)), value, self.at_least
        )

    @staticmethod
    def _plain(exchange: Exchange) -> str:
        """The reply with each catchphrase once at most."""
        text = straighten(exchange.reply)
        for phrase in exchange.persona.voice.catchphrases:
            if finds(phrase, text) and len(catchphrases(text, exchange.persona)) > 1:
                text = f"{straighten(phrase)} {without(text, (phrase,)).strip()}"
        return text

    def _side(self, value: float, count: int) -> str:
        side = (
            "nearer to the character's voice"
            if value >= 0
            else "nearer to a generic assistant's voice"
        )
        unsure = f", unsure with {count} samples" if count < SURE_SAMPLES else ""
        return f"{side} ({value:+.2f}{unsure})"


SCORERS: tuple[type[Scorer], ...] = (InVoice,)
