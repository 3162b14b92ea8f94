"""From where on the lint speaks up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Shares are 0 to 1, cosines -1 to 1."""

    max_length: int | None = None
    """Tokens of the longest conversation that training takes; None where there is no recipe."""
    uniform: float = 2.0
    """Lengths are uniform when nine replies of ten are at most so many times as long as the
    shortest tenth. The data that this was made for had 1.4."""
    short: float = 0.05
    """Least share of replies under 20 words, where the card allows them."""
    long: float = 0.02
    """Least share of replies over 100 words, where the card allows them."""
    open_ended: float = 0.05
    """Largest share of replies without a closing mark."""
    overlap: float = 0.5
    """Share of a text's runs of four words that stand in another, from which it is a copy."""
    opening: float = 0.05
    """Largest share of replies that may open with the same three words."""
    prompt_cosine: float = 0.85
    """From here on two prompts ask the same. Of 480 prompts of the example character's data the
    nearest to a prompt of its suites were at .37 in the median and at .69 for one in twenty. Of 870
    that were written later without sight of the suites, five of the six at .85 or above asked the
    same as a prompt of the suites, and three of the five below, down to .80."""
    reply_cosine: float = 0.9
    """From here on two replies say the same. Its replies come as near as .85 to one of the
    suites with another meaning."""
    least: int = 10
    """Fewest replies for anything that the suites test."""
    most_wanted: float = 0.1
    """Largest share of the data that is asked for one category, or for its controls."""
    sample: int = 300
    """Largest number of replies that the behaviour scorers read, at 4 ms each, and 30 ms for those
    whose wording is looked at."""
    prompts: int = 2000
    """Largest number of user turns that are compared with the suites' prompts by meaning."""
    replies: int = 500
    """Largest number of replies that are compared with the suites' good ones by meaning."""
    judged: int = 3000
    """Largest number of replies that are held against the card, at 1 ms each."""
    seed: int = 0
    """Chooses the samples."""
