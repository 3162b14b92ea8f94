"""Session fixtures that a ``conftest.py`` may override, and what they are without that."""

from __future__ import annotations

import json

import pytest
from projects import Project, case


def test_a_model_that_is_not_there_ends_the_session(project: Project) -> None:
    project.write("conftest.py", "")
    project.suite(case("tea"))
    result = project.run("--persona-model=./nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*persona-eval: no model directory nowhere. Allowed: `gemma3*"])


def test_the_ini_file_names_the_model(project: Project) -> None:
    project.write("conftest.py", "")
    project.write("pytest.ini", "[pytest]\npersona_model = ./nowhere\n")
    project.suite(case("tea"))
    assert project.run().ret == pytest.ExitCode.USAGE_ERROR


def test_a_model_directory_loads_only_when_a_reply_is_missing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(project.folder / "cache"))
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    project.write("tiny/config.json", json.dumps({"model_type": "none"}))
    project.write("tiny/model.safetensors", "")
    project.write(
        "test_model.py",
        """
def test_it(persona_model, persona_store, persona_tools):
    assert persona_model.name == "tiny"
    assert persona_model.asked_size == 5
    assert persona_tools.embedder.name.startswith("all-MiniLM")
    persona_store.put_many(persona_tools.embedder.name, {})
""",
    )
    project.write("conftest.py", "")
    result = project.run("--persona-model=tiny", "--persona-batch-size=5")
    result.assert_outcomes(passed=1)


def test_an_embedder_from_a_folder(project: Project) -> None:
    project.write("embedder/model.safetensors", "weights")
    project.write(
        "test_tools.py",
        """
def test_it(persona_tools):
    assert persona_tools.embedder.name.startswith("embedder@")
""",
    )
    project.write("conftest.py", "")
    project.run("--persona-embedder=embedder").assert_outcomes(passed=1)
    project.write("pytest.ini", "[pytest]\npersona_embedder = ./embedder\n")
    project.run().assert_outcomes(passed=1)


def test_an_embedder_that_is_not_there_ends_the_session(project: Project) -> None:
    project.suite(case("tea"))
    project.write(
        "conftest.py",
        """
import pytest
from persona_eval import ScriptedModel

@pytest.fixture(scope="session")
def persona_model():
    return ScriptedModel({}, default="tea")
""",
    )
    result = project.run("--persona-embedder=./nowhere")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*persona-eval: *nowhere is no folder*"])


def test_an_overriding_fixture_may_use_the_plugins_own(project: Project) -> None:
    project.conftest("""
        @pytest.fixture(scope="session")
        def persona_adapters(persona_adapters):
            from dataclasses import replace
            return {name: replace(worn, name=f"new {name}") for name, worn in persona_adapters.items()}
    """)
    project.suite(case("tea"))
    project.run().assert_outcomes(passed=1)


def test_an_overriding_fixture_that_forgets_an_adapter(project: Project) -> None:
    project.conftest("""
        @pytest.fixture(scope="session")
        def persona_adapters():
            return {}
    """)
    project.suite(case("tea"))
    result = project.run()
    assert result.ret == 7
    result.stdout.fnmatch_lines(["the fixture persona_adapters holds no `base`; it holds: none"])


def test_texts_of_a_case_are_embedded_together(project: Project) -> None:
    project.conftest("""
        class Letters:
            name = "letters"

            def embed(self, texts):
                import numpy as np
                with open("embedded", "a") as file:
                    file.write(f"{len(set(texts))} ")
                rows = [[text.lower().count(c) + 0.001 for c in "abcdefghijklmnop"] for text in texts]
                rows = np.array(rows, dtype=np.float32).reshape(-1, 16)
                return rows / np.linalg.norm(rows, axis=1, keepdims=True)

        @pytest.fixture(scope="session")
        def persona_tools(persona_store):
            from persona_eval.scorers.embedders import CachedEmbedder
            return Tools(embedder=CachedEmbedder(Letters, persona_store, "letters"))
    """)
    similar = "expect: [similar: {to: [I drink tea., Tea it is.], at_least: 0.5}]\ntrials: 3"
    project.suite(case("tea", extra=similar))
    project.run().assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert (project.folder / "embedded").read_text() == "2 "
