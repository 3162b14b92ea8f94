"""English questions, with or without their mark."""

from __future__ import annotations

import regex

from persona_eval.text import sentences

_MARK = regex.compile(r"[?？؟⁇⁈⁉՞፧](?=[\s\p{P}\p{S}]|$)")
_LEAD = r"(?:(?:and|but|so|or|then|well|oh|ooh|um+|uh+|hmm+|er+|ok|okay|hey|sorry|wait|please)\b[,\s-]*)*"
_PERSON = r"(?:i|you|he|she|it|we|they|y'all|ya)"
_SUBJECT = (
    rf"(?:{_PERSON}|this|that|these|those|there|the|your|my|our|his|her|their|its|any\w*|some\w+)"
)
_STRANDED = r"(?:is|are|am|was|were|does|did|can|could|will|would|shall|should|has)(?:n't)?"
_OPEN = r"(?:what|where|when|why|how|who|whom|whose)"
_HOW_MUCH = r"(?:how (?:much|many|long|far|old|big|often|come)|(?:what|which) (?:kind|sort|one|thing|colour|color|time))"
_FORMS = (
    rf"{_STRANDED} {_SUBJECT} \w",
    r"(?:do|don't|have|haven't) (?:i|you|we|they|y'all|ya) (?!worry|dare|forget|fret|think for)\w",
    r"(?:may|might|must) (?:i|we) \w",
    rf"{_OPEN}(?:'s|'re|'d|'ll| {_STRANDED}| do| have) {_SUBJECT}\b",
    rf"{_HOW_MUCH}(?: \w+){{0,3}} (?:{_STRANDED}|do|have) {_SUBJECT}\b",
    r"(?:which|whose|what)(?: (?!i\b|you\b|we\b|they\b|he\b|she\b|it\b|is\b|was\b)\w+){1,4} "
    rf"(?:do|does|did|can|could|will|would|should|are|were|have) {_PERSON}\b",
    r"(?:what|how) about \w",
    r"[^,]+, (?:is|are|was|were|do|does|did|can|could|will|would|has|have)(?:n't)? "
    rf"{_PERSON}\W*$",
)
_FORM = regex.compile(rf"{_LEAD}(?:{'|'.join(_FORMS)})", regex.IGNORECASE)
_WORD = regex.compile(r"\p{L}")


def find_question(text: str) -> str | None:
    """The first sentence that asks something, or None. Rhetorical ones count: whether a
    question is about what was meant is `asks_to_clarify`'s business."""
    return next((sentence for sentence in sentences(text) if _asks(sentence)), None)


def _asks(sentence: str) -> bool:
    if not _WORD.search(sentence):
        return False
    if _MARK.search(sentence):
        return True
    # "Is it hot!" and "How could you!" exclaim.
    return not sentence.endswith("!") and _FORM.match(sentence.lstrip("\"'(* ")) is not None
