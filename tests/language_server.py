"""A client of the Language Server Protocol, as small as these tests need: JSON-RPC over pipes."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

PATIENCE = 120.0
"""Seconds until a silent server counts as dead; an answer takes milliseconds."""
CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
    },
}  # fmt: skip

Message = dict[str, Any]


class LanguageServer:
    """A running server that knows the settings of its editor. Lines and columns count from zero;
    a column counts UTF-16 units, as the protocol has it."""

    def __init__(self, command: Sequence[str], folder: Path, settings: dict[str, Any]):
        self._settings = settings
        self._configured = False
        self._ids, self._versions = count(1), count(1)
        self._answers: dict[int, Message] = {}
        self._diagnostics: dict[str, list[Message]] = {}
        self._inbox: Queue[Message | None] = Queue()
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe)
        threading.Thread(target=self._listen, daemon=True).start()
        greeting = {"processId": None, "rootUri": folder.as_uri(), "capabilities": CAPABILITIES}
        self._ask("initialize", greeting)
        self._tell("initialized", {})
        self._wait(lambda: self._configured)

    def open(self, path: Path, text: str) -> str:
        """Open a document, whose text need not be that of the file, and return its URI."""
        uri = path.as_uri()
        version = next(self._versions)  # the server remembers what it parsed by URI and version
        document = {"uri": uri, "languageId": "yaml", "version": version, "text": text}
        self._diagnostics.pop(uri, None)
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def close(self, uri: str) -> None:
        """Close a document, so that it may be opened again with another text."""
        self._diagnostics.pop(uri, None)
        self._tell("textDocument/didClose", {"textDocument": {"uri": uri}})
        self._wait(lambda: uri in self._diagnostics)

    def diagnostics(self, uri: str) -> list[Message]:
        """What the server has to say about an open document."""
        self._wait(lambda: uri in self._diagnostics)
        return self._diagnostics[uri]

    def completion(self, uri: str, line: int, column: int) -> list[Message]:
        """What is offered at a place."""
        answer = self._ask("textDocument/completion", _place(uri, line, column))
        items: list[Message] = answer["items"] if isinstance(answer, dict) else answer or []
        return items

    def hover(self, uri: str, line: int, column: int) -> str:
        """The text shown at a place, as Markdown; empty where there is none."""
        answer = self._ask("textDocument/hover", _place(uri, line, column))
        return str(answer["contents"]["value"]) if answer else ""

    def stop(self) -> None:
        """Say goodbye, and end the process if it does not go by itself."""
        try:
            self._ask("shutdown", None)
            self._tell("exit", None)
            self._process.wait(timeout=10)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()

    def _ask(self, method: str, params: Any) -> Any:
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        self._wait(lambda: number in self._answers)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer.get("result")

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        pipe.flush()

    def _wait(self, ready: Callable[[], bool]) -> None:
        while not ready():
            try:
                message = self._inbox.get(timeout=PATIENCE)
            except Empty:
                raise RuntimeError(f"the server has said nothing for {PATIENCE:.0f} s") from None
            if message is None:
                raise RuntimeError(f"the server has ended: exit status {self._process.wait()}")
            self._take(message)

    def _take(self, message: Message) -> None:
        if "method" not in message:
            self._answers[message["id"]] = message
        elif "id" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        elif message["method"] == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]

    def _answer(self, question: Message) -> Any:
        """Servers ask their editor for its settings, section by section."""
        if question["method"] != "workspace/configuration":
            return None
        self._configured = True
        return [self._settings.get(item["section"]) for item in question["params"]["items"]]

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while message := _read(pipe):
            self._inbox.put(message)
        self._inbox.put(None)


def _place(uri: str, line: int, column: int) -> Message:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}


def _read(pipe: IO[bytes]) -> Message | None:
    """The next message, or None at the end."""
    length = 0
    while line := pipe.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    message: Message | None = json.loads(pipe.read(length)) if length else None
    return message
