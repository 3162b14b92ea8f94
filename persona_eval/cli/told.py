"""How far the replies of a command are, for whoever waits for them."""

from __future__ import annotations

import sys
import time

from persona_eval.runner import Work

EVERY_SECONDS = 10.0


class Told:
    """Says on standard error how far the replies are, every ten seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, work: Work) -> None:
        if time.monotonic() - self._last >= EVERY_SECONDS:
            self._last = time.monotonic()
            speed = f"{work.tokens_per_second:.0f} tok/s"
            print(f"{work.had} of {work.wanted} replies  {speed}", file=sys.stderr, flush=True)
