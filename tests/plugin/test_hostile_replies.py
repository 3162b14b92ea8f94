"""What a model says is text in every report, whatever it says."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from projects import DRINK, Project, case

from persona_eval.reports.plain import JOINERS

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 \r\x08\x00 \u202eevil\u2066 \u2028 \x85 \ufffe ``` ~~~ | --- |\n"
    "# heading\n- @somebody #12 <script>alert(1)</script> [a](javascript:b) ]]> &amp; \ue000 \ud800"
)
RAISES = """
    from typing import ClassVar
    from persona_eval import Scorer

    class Repeats(Scorer):
        name: ClassVar[str] = "repeats"

        def judge(self, exchange):
            raise ValueError(exchange.reply)

    def pytest_persona_scorers(config):
        return [Repeats]
"""
FILES = ("--junitxml=run.xml", "--persona-json=run.json", "--persona-markdown=run.md")


def controls(text: str) -> set[str]:
    """Characters that a terminal might obey."""
    found = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")}
    return found - {"\n"} - set(JOINERS)


def check_files(folder: Path) -> None:
    """That each report is well-formed, and that none holds anything that is obeyed."""
    json.loads((folder / "run.json").read_text(encoding="utf-8"))
    ElementTree.parse(folder / "run.xml")
    assert not controls((folder / "run.xml").read_text(encoding="utf-8"))
    text = (folder / "run.md").read_text(encoding="utf-8")
    assert not controls(text)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert {t.tag for t in tokens if t.type == "heading_open"} <= {"h2", "h3"}
    assert not [t for t in tokens if t.type == "html_block"]
    inline = {child.type for token in tokens for child in token.children or ()}
    assert inline <= {"text", "softbreak", "code_inline", "strong_open", "strong_close"}


def project_of(project: Project, reply: str) -> Project:
    project.answers({DRINK: reply}, more=RAISES)
    project.suite(
        case("tea", says="coffee", extra="never: [rum]"), case("cup", extra="expect: [repeats]")
    )
    return project


@pytest.mark.parametrize(
    "arguments", [(), ("-v",), ("-q",), ("-vv", "--xfail-tb", "-rA"), ("-n1",)]
)
def test_nothing_drives_the_terminal(project: Project, arguments: tuple[str, ...]) -> None:
    result = project_of(project, HOSTILE.replace("\ud800", "")).run(*arguments, *FILES)
    assert result.ret == 7
    assert not controls(result.stdout.str())
    check_files(project.folder)


def test_nor_does_the_baseline_s_reply(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from persona_eval.cli import main

    monkeypatch.chdir(project.folder)
    said = HOSTILE.replace("\ud800", "")
    project.answers({DRINK: said})
    project.suite(case("tea", extra="expect: [words: {max: 99}]"))
    project.run()
    assert main(["accept"]) == 0
    project.answers({DRINK: said + " word" * 99})
    result = project.run("--persona-fresh", *FILES)
    result.stdout.fnmatch_lines(["broken *::tea*"])
    assert not controls(result.stdout.str())
    check_files(project.folder)
    capsys.readouterr()
    for command in (("show",), ("compare", "baseline", "2"), ("compare", "1", "2", "--json")):
        assert main(list(command)) == 0
        assert not controls(capsys.readouterr().out), command


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_it_says(project: Project, reply: str) -> None:
    result = project_of(project, reply).run("-v", "--persona-fresh", *FILES)
    assert result.ret == 7
    assert not controls(result.stdout.str())
    check_files(project.folder)
