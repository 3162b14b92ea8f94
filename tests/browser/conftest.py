"""Pages in a real browser: Chromium, headless, driven by Playwright. Without one these tests are
skipped and say so; `apt-get install chromium` brings it, CHROMIUM names another place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsed import Open

from persona_eval.reports.html.content import Content
from persona_eval.reports.html.page import write_page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def executable() -> str:
    """Chromium's place. Skips where there is none."""
    named = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else [*NAMES, MAC]
    found = next(filter(None, map(shutil.which, named)), None)
    if found is None:
        pytest.skip(f"needs Chromium (looked for {', '.join(named)}): apt-get install chromium")
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    reason = "needs playwright: pip install 'persona-eval[test]'"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    place = executable()
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens content in a window of its own, and fails where the page complains of anything, asks
    the network for anything or opens a dialog."""
    trouble: list[str] = []
    contexts = []

    def opened(content: Content, link: str = "", **options: Any) -> Any:
        path = tmp_path / f"{len(contexts)}.html"
        write_page(content, path)
        contexts.append(browser.new_context(**options))
        window = contexts[-1].new_page()
        window.on("console", lambda message: trouble.append(f"console: {message.text}"))
        window.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        window.on(
            "dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        window.on("request", lambda request: asked(request.url, path.as_uri()))
        window.goto(path.as_uri() + link)
        return window

    def asked(url: str, own: str) -> None:
        if not url.startswith(own) and url != "data:,":
            trouble.append(f"request: {url}")

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []
