"""The pages of docs/ become a website: links and their anchors hold, and nothing is fetched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import DOCS, ROOT

FETCHED = re.compile(r"""<(?:link|script|img)\b[^>]*?(?:href|src)=["']?((?:https?:)?//[^"' >]+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="needs mkdocs: pip install 'persona-eval[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_each_page_is_there(site: Path) -> None:
    assert {page.stem for page in DOCS.glob("*.md")} <= {page.stem for page in site.glob("*.html")}


def test_a_page_fetches_nothing_from_elsewhere(site: Path) -> None:
    found = {
        name: FETCHED.findall(name.read_text(encoding="utf-8")) for name in site.glob("*.html")
    }
    assert {name.name: urls for name, urls in found.items() if urls} == {}


def test_each_page_can_be_found_from_the_first(site: Path) -> None:
    first = (site / "index.html").read_text(encoding="utf-8")
    pages = [page.stem for page in DOCS.glob("*.md")]
    assert [name for name in pages if f'href="{name}.html' not in first] == []
