"""Do the data give away what the suites ask? Then a pass shows memory, and not the character."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Literal

from persona_eval.lint.findings import Finding, plural
from persona_eval.lint.grams import GramIndex, grams
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, Words, folded_words
from persona_eval.scorers.base import Embedder
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.wording import quote
from persona_eval.suite.models import Suite

What = Literal["prompt", "good reply", "bad reply"]
LEAST: dict[What, int] = {"prompt": 3, "good reply": 4, "bad reply": 4}
"""Words below which a text is anybody's."""
COMMON = 0.05
"""A word that a larger share of the texts holds makes no two of them alike."""


@dataclass(frozen=True)
class Tested:
    """A text of a suite."""

    what: What
    text: str
    words: Words
    place: str


@dataclass(frozen=True)
class Leak:
    """A text of a suite, and where it stands in the data."""

    tested: Tested
    said: Spoken
    how: str


def texts_of(suites: Iterable[Suite]) -> list[Tested]:
    """The prompts and example replies of all cases, each text once; very short ones left out."""
    found: dict[tuple[What, Words], Tested] = {}
    for suite in suites:
        for case in suite.cases:
            place = f"{suite.path}:{case.line} ({case.id})"
            said: list[tuple[What, str]] = [("prompt", turn.user) for turn in case.turns]
            said += [("prompt", text) for text in case.paraphrases]
            said += [("good reply", text) for text in case.good]
            said += [("bad reply", text) for text in case.bad]
            for what, text in said:
                words = folded_words(text)
                if len(words) >= LEAST[what]:
                    found.setdefault((what, words), Tested(what, text, words, place))
    return list(found.values())


def exact(texts: Iterable[Tested], said: Sequence[Spoken]) -> Iterator[Leak]:
    """Messages with the same words as a text."""
    known = {each.words: each for each in texts}
    for each in said:
        if each.words in known:
            yield Leak(known[each.words], each, "the same words")


def near(
    texts: Iterable[Tested], said: Sequence[Spoken], index: GramIndex, least: float
) -> list[Leak]:
    """Messages that hold half of a text's runs of four words, or the other way round."""
    found = []
    for each in texts:
        held = grams(each.words)
        for other, shared in index.near(held):
            share = shared / min(len(held), len(index.grams[other]))
            if share >= least and said[other].words != each.words:
                found.append(Leak(each, said[other], f"{share:.0%} of its runs of four words"))
    return found


def likeliest(texts: Sequence[Tested], said: Sequence[Spoken], most: int) -> tuple[Spoken, ...]:
    """The ``most`` messages that hold the largest share of some text's weight in words, rare words
    weighing more (Spärck Jones, Journal of Documentation 1972, 28:11–21), in their order."""
    if not texts or len(said) <= most:
        return tuple(said) if texts else ()
    holders: dict[str, list[int]] = {}
    for number, each in enumerate(said):
        for word in set(content(each.text)):
            holders.setdefault(word, []).append(number)
    best: dict[int, float] = {}
    for text in texts:
        for number, share in _shares(frozenset(content(text.text)), holders, len(said)):
            best[number] = max(best.get(number, 0.0), share)
    return tuple(said[number] for number in sorted(nlargest(most, best, key=best.__getitem__)))


def _shares(
    stems: frozenset[str], holders: dict[str, list[int]], total: int
) -> Iterator[tuple[int, float]]:
    """Numbers of the messages that hold some of these words, with their share of the weight."""
    weights = {word: math.log((total + 1) / (len(holders.get(word, ())) + 1)) for word in stems}
    scores: Counter[int] = Counter()
    for word, weight in weights.items():
        if len(holders.get(word, ())) <= max(COMMON * total, 20):
            scores.update(dict.fromkeys(holders.get(word, ()), weight))
    whole = sum(weights.values())
    return ((number, score / whole) for number, score in scores.items() if score)


def by_meaning(
    texts: Sequence[Tested], said: Sequence[Spoken], embedder: Embedder, least: float
) -> Iterator[Leak]:
    """Messages whose vectors have at least this cosine with a text's, each with the nearest."""
    if not texts or not said:
        return
    cosines = (
        embedder.embed([each.text for each in said])
        @ embedder.embed([each.text for each in texts]).T
    )
    nearest = cosines.argmax(axis=1).tolist()
    for each, place, cosine in zip(said, nearest, cosines.max(axis=1).tolist(), strict=True):
        if cosine >= least and texts[place].words != each.words:
            yield Leak(texts[place], each, f"cosine {cosine:.2f}")


@dataclass(frozen=True)
class Leaks:
    """All that was found; how many messages stand against prompts or good replies of the suites,
    and how many of these were compared by meaning."""

    exact: tuple[Leak, ...]
    near: tuple[Leak, ...]
    messages: int
    compared: int | None


def leaks(
    suites: Sequence[Suite],
    users: Sequence[Spoken],
    replies: Sequence[Spoken],
    index: GramIndex,
    embedder: Embedder | None,
    limits: Limits,
) -> Leaks:
    """Texts of the suites among user turns and replies. ``index`` holds the words of the replies."""
    texts = texts_of(suites)
    prompts = [each for each in texts if each.what == "prompt"]
    answers = [each for each in texts if each.what != "prompt"]
    good = [each for each in answers if each.what == "good reply"]
    same = (*exact(prompts, users), *exact(answers, replies))
    prompt_index = GramIndex(user.words for user in users)
    alike = near(prompts, users, prompt_index, limits.overlap)
    alike += near(answers, replies, index, limits.overlap)
    compared = None
    if embedder is not None:
        asked = likeliest(prompts, users, limits.prompts)
        said = likeliest(good, replies, limits.replies)
        alike += by_meaning(prompts, asked, embedder, limits.prompt_cosine)
        alike += by_meaning(good, said, embedder, limits.reply_cosine)
        compared = len(asked) + len(said)
    first = {(id(leak.said), leak.tested.what): leak for leak in reversed(alike)}
    settled = {(id(leak.said), leak.tested.what) for leak in same}
    rest = (leak for key, leak in reversed(first.items()) if key not in settled)
    messages = len(users) * bool(prompts) + len(replies) * bool(good)
    return Leaks(same, tuple(rest), messages, compared)


def leakage_findings(found: Leaks) -> Iterator[Finding]:
    """One finding for each sort of text, exact ones as errors."""
    for what in LEAST:
        same = [leak for leak in found.exact if leak.tested.what == what]
        if same:
            yield _finding("exact", what, same)
        alike = [leak for leak in found.near if leak.tested.what == what]
        if alike:
            yield _finding("near", what, alike)


def _finding(how: Literal["exact", "near"], what: What, found: Sequence[Leak]) -> Finding:
    lines = {(leak.said.source.path, leak.said.source.line) for leak in found}
    cases = {leak.tested.place for leak in found}
    told = "with the words of" if how == "exact" else "near"
    why = (
        "what the suites call bad must not be learnt"
        if what == "bad reply"
        else "these cases then test memory"
    )
    message = (
        f"{plural(len(found), 'message')} {told} a {what} of the suites, of "
        f"{plural(len(cases), 'case')}: {why}; reword or take out {plural(len(lines), 'line')}"
    )
    shown = tuple(
        leak.said.example(f"{quote(leak.said.text)} as {leak.tested.place}: {leak.how}")
        for leak in found
    )
    kind: Literal["error", "warning"] = "error" if how == "exact" else "warning"
    return Finding(kind, "leakage", f"{how} {what}", message, len(found), examples=shown)
