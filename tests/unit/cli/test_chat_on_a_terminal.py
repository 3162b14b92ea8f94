"""``persona-eval chat`` on a real terminal: single keys, and nothing that a reply drives."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
PATIENCE = 120
"""Seconds without a word until a test gives up; a busy machine is slow, and no reason to fail."""
CHATS = """
import persona_eval.cli.chat as chat
from persona_eval import ScriptedModel
from persona_eval.cli import main
chat.load = lambda _: ScriptedModel({"Ahoy!": "Ahoy, matey! \\x1b]0;owned\\x07\\u202e"})
raise SystemExit(main(["chat", "base"]))
"""
SUITE = Path("suites/a.suite.yaml")


class Terminal:
    """A terminal with a chat in it."""

    def __init__(self) -> None:
        self.own, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHATS], stdin=other, stdout=other, stderr=other,
            env={**os.environ, "TERM": "xterm", "INPUTRC": os.devnull},
        )  # fmt: skip
        os.close(other)
        self.shown = ""

    def until(self, text: str) -> str:
        """Wait for a text after the last one that was waited for; what was shown up to its end."""
        while text not in self.shown:
            ready, _, _ = select.select([self.own], [], [], PATIENCE)
            assert ready, f"no {text!r} in {self.shown!r}"
            try:
                self.shown += os.read(self.own, 4096).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                pytest.fail(f"no {text!r} in {self.shown!r}")
        told, _, self.shown = self.shown.partition(text)
        return told + text

    def press(self, keys: str) -> None:
        os.write(self.own, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.own)


@pytest.fixture
def terminal(project: Path) -> Iterator[Terminal]:
    SUITE.write_text(SUITE.read_text().replace("defaults: {pack: none}", "defaults: {trials: 1}"))
    found = Terminal()
    yield found
    found.close()


def test_tab_makes_a_case_and_a_reply_is_text(terminal: Terminal) -> None:
    terminal.until("the key Tab makes a case of a reply")
    terminal.press("Ahoy!\n")
    shown = terminal.until("\\u202e")
    assert "Rosa: Ahoy, matey! \\u001b]0;owned\\u0007\\u202e" in shown
    terminal.press("\t")
    terminal.until("Is this reply right? [y] yes  [n] no > ")
    terminal.press("?y")
    terminal.until("(an empty line: ")
    terminal.press("i\n")
    terminal.until("id (an empty line: ahoy) > ")
    terminal.press("\n")
    terminal.until("added ahoy")
    assert "id: ahoy" in SUITE.read_text()
    terminal.press("half a line\t")
    terminal.until("Is this reply right?")
    terminal.press("\x04")
    terminal.until("stopped: nothing was said or written")
    terminal.press("q\n")
    assert terminal.process.wait(PATIENCE) == 0
