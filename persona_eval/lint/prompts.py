"""What a prompt is likely to be a case of, by its words.

Logistic regressions fitted to the packaged labelled prompts (1,952 in 17 voices; 0.2 s each, so
that nothing needs to be stored). Words that neither the card nor everyday talk knows count as
rare, words of the card as the character's own. They estimate: on 480 labelled prompts of the
example character, which they have not seen, ``unknown`` found .55 of its prompts and .03 of all
others, ``unclear`` .57 and .06, ``alarming`` .77 and .16; on voices left out .86 and .07, .80 and
.05, .89 and .06. That is good enough together with what the reply shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from persona_eval.scorers.labelled import rows
from persona_eval.scorers.lexicon import card_words, content, stem
from persona_eval.suite.card import Persona
from persona_eval.text import fold, words

Sort = Literal["unknown", "unclear", "outside", "alarming"]
LIMITS: dict[Sort, float] = {"unknown": 0.5, "unclear": 0.5, "outside": 0.6, "alarming": 0.5}
"""Probability from which a prompt counts as of the sort: dont_know, clarify and off_topic without
their controls, boundary with them."""
CATEGORIES: dict[Sort, tuple[str, tuple[bool, ...]]] = {
    "unknown": ("dont_know", (False,)),
    "unclear": ("clarify", (False,)),
    "outside": ("off_topic", (False,)),
    "alarming": ("boundary", (False, True)),
}
FOUND, FALSE = 0.66, 0.05
"""Share of the example character's off_topic prompts that count as outside, and of all others: the
only sort that is counted without anything in the reply to show it."""
REGULARISATION = 10.0


def sorts_of(prompts: Sequence[str], card: Persona) -> list[frozenset[Sort]]:
    """The sorts that each prompt is of, often none. What asks for a fact is unknown and not
    outside."""
    if not prompts:
        return []
    features = [_features(text, card) for text in prompts]
    found = {sort: _of_sort(sort, features) for sort in LIMITS}
    found["outside"] = [
        outside and not unknown
        for outside, unknown in zip(found["outside"], found["unknown"], strict=True)
    ]
    return [frozenset(s for s, there in found.items() if there[n]) for n in range(len(prompts))]


def _of_sort(sort: Sort, features: list[list[str]]) -> list[bool]:
    vectors, model = _fitted(sort)
    found = model.predict_proba(vectors.transform(features))
    return [bool(probability >= LIMITS[sort]) for probability in found[:, 1]]


def corrected(share: float) -> float:
    """The share of outside prompts when this share counts as such, 0 to 1 (Rogan and Gladen,
    American Journal of Epidemiology 1978, 107:71–76)."""
    return min(1.0, max(0.0, (share - FALSE) / (FOUND - FALSE)))


@cache
def _fitted(sort: Sort) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    texts, labels = [], []
    wanted, controls = CATEGORIES[sort]
    for (text, card), (category, control) in _labelled().items():
        texts.append(_features(text, card))
        labels.append(category == wanted and control in controls)
    vectors = TfidfVectorizer(analyzer=_as_they_are, sublinear_tf=True, min_df=2)
    model = LogisticRegression(
        C=REGULARISATION, class_weight="balanced", solver="liblinear", random_state=0
    )
    return vectors, model.fit(vectors.fit_transform(texts), labels)


def _as_they_are(features: list[str]) -> list[str]:
    return features


@cache
def _labelled() -> dict[tuple[str, Persona], tuple[str, bool]]:
    """Category and control of each packaged prompt."""
    return {
        (row.messages[-1].content, row.persona): (row.category, row.control)
        for row in reversed(rows())
    }


@cache
def _everyday() -> frozenset[str]:
    """Stems of the content words of good replies about nothing in particular."""
    plain = (r for r in rows() if r.control or r.category in ("in_character", "clarify"))
    return frozenset(
        word for row in plain if row.passes or row.control for word in content(row.reply)
    )


def _features(text: str, card: Persona) -> list[str]:
    spoken = [stem(word) for word in words(fold(text))]
    told, own = set(content(text)), card_words(card)
    rare = len(told - own - _everyday())
    pairs = [f"{one} {other}" for one, other in zip(["^", *spoken], spoken, strict=False)]
    return [*spoken, *pairs, *["RARE", "RARE2"][: min(rare, 2)], *["OWN"][: len(told & own)]]
