"""How reasons quote what was found: short, and with the place."""

from __future__ import annotations

from persona_eval.text import finds, sentences, straighten


def quote(text: str, width: int = 60) -> str:
    """The text in quotes on one line, its middle left out beyond ``width`` characters."""
    line = " ".join(straighten(text).split())
    if len(line) > width:
        half = (width - 3) // 2
        line = f"{line[:half].rstrip()}...{line[-half:].lstrip()}"
    return f"“{line}”"


def tail(text: str, width: int = 40) -> str:
    """The end of the text in quotes, as a reader sees where it stops."""
    line = " ".join(text.split())
    return f"“...{line[-width:].lstrip()}”" if len(line) > width else f"“{line}”"


def place(phrase: str, text: str, case: bool = False) -> str:
    """Where a phrase that ``finds`` has found stands: the sentence, quoted."""
    for number, sentence in enumerate(sentences(text), start=1):
        if finds(phrase, sentence, case):
            return f"in sentence {number}, {quote(sentence)}"
    return f"in {quote(text)}"


def listed(phrases: tuple[str, ...], joint: str = "and") -> str:
    """Phrases in quotes, as a sentence lists them: ``“a”, “b” and “c”``."""
    quoted = [quote(phrase) for phrase in phrases]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}"
