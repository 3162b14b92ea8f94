"""The built wheel in another project: data files, entry points, a run without this checkout."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
persona: persona.yaml
cases:
  - {id: name, category: in_character, prompt: "Who are you?", pack: none, expect: [contains: Rosa]}
  - {id: lost, category: boundary, prompt: "May I have your sword?"}
"""
CONFTEST = """
import pytest
from persona_eval import ScriptedModel

@pytest.fixture(scope="session")
def persona_model():
    return ScriptedModel({"Who are you?": "I be Rosa!"}, default="No, that I cannot give ye.")
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """A fresh environment with the wheel in it. What the wheel depends on is taken from this
    environment, so that the test downloads nothing."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        folder,
        ROOT,
        cwd=ROOT,
    )
    venv.create(folder / "venv", with_pip=False)
    bin_folder = folder / "venv" / "bin"
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (wheel,) = folder.glob("*.whl")
    run(
        sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", site, wheel,
        cwd=folder,
    )  # fmt: skip
    ours = next(Path(p) for p in sys.path if p.endswith("site-packages"))
    (site / "dependencies.pth").write_text(str(ours))
    return bin_folder / "python"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "persona.yaml").write_text("{name: Rosa, description: A pirate}")
    (tmp_path / "rosa.suite.yaml").write_text(SUITE)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return tmp_path


def test_the_package_comes_from_the_wheel(python, project):
    where = run(python, "-c", "import persona_eval.errors as e; print(e.__file__)", cwd=project)
    assert str(ROOT) not in where


def test_a_suite_runs_in_another_project(python, project):
    shown = run(python, "-m", "pytest", "-q", "--persona-adapter", "base", cwd=project)
    assert "Rosa · adapter base · scripted" in shown
    assert "gate " in shown


def test_the_command_finds_its_data_files(python, project):
    shown = run(
        python, "-c", "import sys; from persona_eval.cli import main; sys.exit(main())",
        "check", "rosa.suite.yaml", cwd=project,
    )  # fmt: skip
    assert "1 suites, 0 cards: 0 errors" in shown
