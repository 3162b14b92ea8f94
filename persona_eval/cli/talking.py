"""The talk of `persona-eval chat`: what is typed, what is answered, and cases made of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, get_args

from persona_eval.chat import Chat, keep, likely_category, likely_id, suite_for
from persona_eval.cli.keys import bind_tab, pressed
from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import PersonaEvalError
from persona_eval.models.base import Reply
from persona_eval.reports.plain import printable, printable_lines
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.case_file import free_id
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import CategoryName, Suite

T = TypeVar("T")

HELP = {
    "/case": "c  make a case of the last reply (on a terminal also the key Tab)",
    "/good": "g  mark the last reply as one that must pass; /case writes it",
    "/bad": "b  mark it as one that must fail",
    "/again": "a  another reply to the same words",
    "/undo": "u  take the last exchange back",
    "/new": "   begin a new conversation",
    "/help": "?  this list",
    "/quit": "q  stop",
}
"""Commands; on a terminal the letter alone does as well, and Tab for /case."""
KEYS = {meaning[0]: name for name, meaning in HELP.items() if meaning[0] != " "}
LETTERS = "  ".join(f"[{name[0]}] {name}" for name in get_args(CategoryName))
RIGHT = {"y": True, "yes": True, "n": False, "no": False}
IS_RIGHT = "Is this reply right? [y] yes  [n] no > "
BLANK = "a reply without words makes no case: /again, or /undo"


class Waiting:
    """Shows on a terminal how many tokens there are, while a reply is made."""

    def __init__(self) -> None:
        self._steps = 0

    def step(self) -> None:
        """One token more."""
        self._steps += 1
        if sys.stderr.isatty():
            print(f"\r… {self._steps}", end="", file=sys.stderr, flush=True)

    def wipe(self) -> None:
        """Leave the line empty."""
        if self._steps and sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        self._steps = 0


class Talk:
    """A chat with somebody who types."""

    def __init__(self, chat: Chat, suites: Sequence[Suite], root: Path, waiting: Waiting):
        """``suites``: those of the character, which may be none, below the folder ``root``."""
        self.chat, self.suites, self.root, self.waiting = chat, suites, root, waiting
        self.persona = suites[0].persona if suites else None
        self.terminal = sys.stdin.isatty()
        self.commands: dict[str, Callable[[], None]] = {
            "/case": self._case, "/again": self._again, "/undo": self._undo, "/new": self._new,
            "/good": lambda: self._mark(True), "/bad": lambda: self._mark(False),
            "/help": self._help,
        }  # fmt: skip

    def run(self) -> None:
        """Until /quit, the end of input, or Ctrl-C."""
        if self.terminal:
            case = "the key Tab" if sys.stdout.isatty() and bind_tab("/case") else "/case"
            print(f"Say something; /help lists the commands, {case} makes a case of a reply.")
        while (typed := self._typed()) != "/quit":
            try:
                self._do(typed)
            except PersonaEvalError as error:
                self.waiting.wipe()
                print(printable_lines(str(error)))
            except (EOFError, KeyboardInterrupt):
                self.waiting.wipe()
                print("\nstopped: nothing was said or written")
        self._tell_unwritten()

    def _typed(self) -> str:
        try:
            typed = input("> " if self.terminal else "").strip()
        except (EOFError, KeyboardInterrupt):
            print(end="\n" if self.terminal else "")
            return "/quit"
        return KEYS.get(typed, typed) if self.terminal else typed

    def _do(self, typed: str) -> None:
        if not typed.startswith("/"):
            if typed:
                self._say(typed)
        elif typed in self.commands:
            self.commands[typed]()
        else:
            print(f"{printable(typed)} is no command: {', '.join(HELP)}")

    def _say(self, prompt: str) -> None:
        self._tell_unwritten()
        self._show(self.chat.say(prompt))

    def _show(self, reply: Reply) -> None:
        self.waiting.wipe()
        name = self.persona.name if self.persona else "reply"
        cut = f" [cut at {reply.tokens} tokens]" if reply.finish_reason == "length" else ""
        print(f"{printable(name)}: {printable(reply.text)}{cut}")

    def _again(self) -> None:
        self._require_reply()
        self._show(self.chat.again())

    def _undo(self) -> None:
        self._require_reply()
        gone = self.chat.said.pop()
        print(f"taken back: {printable(gone.prompt)}")

    def _new(self) -> None:
        self._tell_unwritten()
        self.chat.said.clear()
        print("a new conversation")

    def _mark(self, good: bool) -> None:
        self._require_reply()
        if not self.chat.said[-1].reply.text.strip():
            raise PersonaEvalError(BLANK)
        self.chat.mark(good)
        marks = list(self.chat.said[-1].marks.values())
        print(f"marked: {sum(marks)} good, {len(marks) - sum(marks)} bad; /case writes them")

    def _help(self) -> None:
        for name, meaning in HELP.items():
            print(f"  {name:8}{meaning if self.terminal else meaning[3:]}")

    def _require_reply(self) -> None:
        if not self.chat.said:
            raise PersonaEvalError("nothing has been said yet")

    def _tell_unwritten(self) -> None:
        count = len(self.chat.said[-1].marks) if self.chat.said else 0
        if count:
            print(f"{count} marked and in no case (/undo goes back, /case writes)")

    def _case(self) -> None:
        """Ask what is needed, and write."""
        self._require_reply()
        suites, last = self._own(), self.chat.said[-1]
        if not all(each.reply.text.strip() for each in self.chat.said):
            raise PersonaEvalError(BLANK)
        if not last.marks:
            self.chat.mark(self._right())
        likely = likely_category(self.chat, suites[0].persona)
        category, control = _ask(
            f"{LETTERS}, with + a control (an empty line: {likely}) > ",
            lambda typed: _category(typed or likely),
        )
        path = suite_for(category, suites)
        registry = default_registry(conftest_scorers(path.parent))
        taken = {case.id for case in load_suite(path, registry).cases} if path.exists() else set()
        free = free_id(likely_id(last.prompt), taken)
        name = _ask(f"id (an empty line: {free}) > ", lambda typed: _id(typed or free, taken))
        keep(self.chat.case(name, category, control), path, suites[0].persona_path, registry)
        last.marks.clear()
        print(f"{path}: added {name}. Look at it: persona-eval check {path}")

    def _right(self) -> bool:
        key = pressed(IS_RIGHT, "yn") if self.terminal else None
        return _ask(IS_RIGHT, RIGHT.get) if key is None else RIGHT[key]

    def _own(self) -> Sequence[Suite]:
        """The suites of the character. Raises PersonaEvalError where there are none."""
        if self.suites:
            return self.suites
        found = sorted({str(path.parent) for path in self.root.rglob("*.suite.yaml")})
        raise PersonaEvalError(
            f"whose case is it? Chat with --suites and one of: {', '.join(found)}"
            if found
            else f"{self.root} holds no suites to put a case into: begin a character with "
            "`persona-eval new NAME`, or chat with --suites and the folder of its suites"
        )


def _ask(question: str, read: Callable[[str], T | None]) -> T:
    """What was typed, once it can be read. Raises EOFError at the end of input."""
    while True:
        found = read(input(question).strip())
        if found is not None:
            return found


def _category(typed: str) -> tuple[CategoryName, bool] | None:
    """A category by its name or first letter, and whether a control of it was meant."""
    name = typed.removesuffix("+").strip()
    for category in get_args(CategoryName):
        if name in (category, category[0]):
            return category, typed.endswith("+")
    return None


def _id(typed: str, taken: set[str]) -> str | None:
    return typed if re.fullmatch(r"[a-z0-9-]+", typed) and typed not in taken else None
