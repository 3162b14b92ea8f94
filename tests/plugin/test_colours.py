"""Colours are for terminals."""

from __future__ import annotations

import pytest
from projects import Project, case

RED, GREEN, BOLD = "\x1b[31m", "\x1b[32m", "\x1b[1m"


@pytest.fixture
def mixed(project: Project) -> Project:
    project.suite(case("tea"), case("hm", "Why?", "because"))
    return project


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_what_fails_is_red(mixed: Project, workers: str) -> None:
    text = mixed.run("--color=yes", "-v", workers).stdout.str()
    assert f"{RED}    FAIL contains: does not contain “because”" in text
    assert f"{RED}{BOLD}trial 1: failed" in text
    assert f"{GREEN}    trial 1 passed: “I drink tea.”" in text
    assert f"{RED}{BOLD}gate FAIL: 1 case" in text


def test_a_good_end_is_green(project: Project) -> None:
    project.suite(case("tea"))
    assert f"{GREEN}{BOLD}gate PASS" in project.run("--color=yes").stdout.str()


@pytest.mark.parametrize("arguments", [(), ("-v",), ("-n1",)])
def test_into_a_file_there_are_none(mixed: Project, arguments: tuple[str, ...]) -> None:
    assert "\x1b" not in mixed.run_alone(*arguments).stdout.str()


def test_nor_in_junit(mixed: Project) -> None:
    mixed.run("--color=yes", "--junitxml=report.xml")
    assert "x1B" not in (mixed.folder / "report.xml").read_text()
