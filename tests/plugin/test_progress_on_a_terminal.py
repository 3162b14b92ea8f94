"""Progress as somebody sees it who sits at a terminal."""

from __future__ import annotations

import os
import pty
import sys

from projects import Project, case

SLOW = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            time.sleep(0.3)
            return "I drink tea."
        import time
        return ScriptedModel(answer)
"""


def on_a_terminal(project: Project, *arguments: str) -> str:
    """What pytest writes to a terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(project.folder)
        command = [sys.executable, "-m", "pytest", "-p", "no:hypothesispytest", *arguments]
        os.execv(sys.executable, [*command, "--persona-adapter=base"])
    written = b""
    try:
        while piece := os.read(terminal, 4096):
            written += piece
    except OSError:  # how Linux says that the other end was closed
        pass
    os.waitpid(child, 0)
    return written.decode()


def test_it_is_drawn_while_replies_are_made_and_is_not_captured(project: Project) -> None:
    project.conftest(SLOW)
    project.suite(case("tea", extra="trials: 3", says="coffee"))
    shown = on_a_terminal(project)
    assert " 1/3 replies · " in shown
    assert " tok/s" in shown
    assert "Captured stdout" not in shown


def test_it_is_not_drawn_into_a_file(project: Project) -> None:
    project.conftest(SLOW)
    project.suite(case("tea", extra="trials: 2", says="coffee"))
    assert "/2 replies" not in project.run_alone().stdout.str()
