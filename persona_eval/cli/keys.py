"""Single keys on a terminal, where there is one that can tell them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from types import ModuleType

END = "\x04"
"""Ctrl-D: the end of input."""


def bind_tab(command: str) -> bool:
    """Let the key Tab type a line of its own, whatever stands in the line. False where lines are
    read without a library that can do that."""
    try:
        import readline
    except ImportError:  # Windows
        return False
    if "libedit" in (readline.__doc__ or ""):  # Python on a Mac
        readline.parse_and_bind(f"bind -s ^I ^A^K{command}\\n")
    else:
        readline.parse_and_bind(f'"\\t": "\\C-a\\C-k{command}\\n"')
    return True


def pressed(question: str, keys: str) -> str | None:
    """The one of these keys that is pressed, with no Enter after it; None where single keys cannot
    be read. Raises EOFError for Ctrl-D and KeyboardInterrupt for Ctrl-C."""
    with suppress(ImportError, OSError, ValueError):  # Windows; no terminal
        import tty

        number = sys.stdin.fileno()
        if os.isatty(number):
            return _pressed(tty, number, question, keys)
    return None


def _pressed(tty: ModuleType, number: int, question: str, keys: str) -> str:
    import termios

    before = termios.tcgetattr(number)
    try:
        # Before the question, and without a flush: what is typed as soon as it stands there counts.
        tty.setcbreak(number, termios.TCSADRAIN)
        print(question, end="", flush=True)
        key = _one_of(number, keys)
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
    print(key)
    return key


def _one_of(number: int, keys: str) -> str:
    """Read past Python's buffer, which would keep what was typed ahead from the next line."""
    while True:
        key = os.read(number, 1).decode("latin-1").lower()
        if key in ("", END):
            raise EOFError
        if key in keys:
            return key
