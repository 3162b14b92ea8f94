"""What a page of a run holds, without a browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


class Reader(HTMLParser):
    """Elements with their attributes, and the text between them, as a browser without scripts
    sees them."""

    def __init__(self, whole: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._said: list[str] = []
        self.feed(whole)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self._said.append(data)

    def count(self, tag: str) -> int:
        """How many elements of a kind there are."""
        return sum(name == tag for name, _ in self.elements)

    @property
    def text(self) -> str:
        """All words, in their order."""
        return " ".join(" ".join(self._said).split())

    @property
    def anchors(self) -> list[str]:
        """What links to cases end in."""
        ids = (attributes.get("id") or "" for _, attributes in self.elements)
        return [each for each in ids if each.startswith("case/")]


class Page(Reader):
    """A file, with the data that its script shows."""

    def __init__(self, path: Path):
        whole = path.read_text(encoding="utf-8")
        super().__init__(whole)
        (packed,) = re.findall(r'id="packed">([^<]*)<', whole)
        lines = gzip.decompress(base64.b64decode(packed)).decode().split("\n")
        self._cases = [json.loads(line) for line in lines if line]

    def case(self, case_id: str) -> dict[str, Any]:
        """The data of the one case of this id."""
        (found,) = [
            data
            for anchor, data in zip(self.anchors, self._cases, strict=True)
            if anchor.partition("::")[2].partition("@")[0] == case_id
        ]
        return found
