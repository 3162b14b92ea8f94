"""``--persona-html`` with a sweep: heat maps in one page that asks for nothing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from projects import Project, case

SWEEP = ("--persona-sweep", "temperature=0.4,0.6", "--persona-sweep", "min_tokens=0,20")
HOSTILE = '<script>alert(1)</script>&"'


def page_of(project: Project, *arguments: str) -> str:
    assert project.run(*arguments, "--persona-html=page.html").ret == 0
    text: str = (project.folder / "page.html").read_text("utf-8")
    return text


def test_a_map_of_categories_and_one_of_two_settings(project: Project) -> None:
    project.suite(case("tea"), case("cup", says="mug"))
    page = page_of(project, *SWEEP)
    assert re.findall("<h2>(.*)</h2>", page) == [
        "Categories", "temperature × min_tokens", "What each setting does",
        "Every choice of settings",
    ]  # fmt: skip
    assert page.count('class="shade-5') == 4 * 2 + 4, "in_character and all, and the pair"
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_hostile_words_are_shown_and_not_obeyed(project: Project) -> None:
    project.write("persona.yaml", f"name: '{HOSTILE}'\n")
    project.suite(case("tea"))
    project.write("named.yaml", f"named: {{'{HOSTILE}': {{temperature: 0.5}}}}\n")
    page = page_of(project, "--persona-sweep", "named.yaml")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#34;") >= 4


def test_every_tag_is_closed(project: Project) -> None:
    project.suite(case("tea"))
    body = page_of(project, *SWEEP).split("<main>")[1].split("</main>")[0]
    assert ElementTree.fromstring(f"<main>{body}</main>").findall(".//table")
