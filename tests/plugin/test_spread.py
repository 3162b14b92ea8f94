"""How far the replies to a case are apart, by vectors that judging made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from projects import HEAD, Project, case

LETTERS = """
    from persona_eval.scorers.embedders import CachedEmbedder
    import numpy as np

    class Letters:
        name = "letters"

        def embed(self, texts):
            with open("embedded.log", "a") as log:
                log.writelines(text + "\\n" for text in texts)
            counts = [[t.lower().count(chr(97 + i)) + 1e-6 for i in range(26)] for t in texts]
            rows = np.array(counts, dtype=np.float32)
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    @pytest.fixture(scope="session")
    def persona_tools(request):
        from persona_eval.store import Store
        store = Store(request.config.rootpath / ".persona_eval" / "store.sqlite")
        return Tools(embedder=CachedEmbedder(Letters, store, "letters"))

    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            number = int(request.key.split("/")[1].split("~")[0])
            return ["aaa", "bbb"][number % 2] if "?" in request.messages[-1].content else "ccc"
        return ScriptedModel(answer)
"""
HEAD_2 = HEAD.replace("trials: 1, pass_rate: 1", "trials: 2, pass_rate: 0.1")
GOOD = "good: [aaa]\nexpect: [words: {max: 9}]"


def spreads(project: Project) -> dict[str, Any]:
    project.run("--persona-json=run.json")
    rows = json.loads((project.folder / "run.json").read_text())["adapters"][0]["cases"]
    return {row["case"].split("::")[1]: row["spread"] for row in rows}


@pytest.fixture
def letters(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    project.conftest(LETTERS)
    return project


def test_within_a_wording_and_between_wordings(letters: Project) -> None:
    letters.suite(
        case("one", "Eh?", extra=GOOD), case("two", "Eh?", extra=GOOD + "\nparaphrases: [Oh]"),
        head=HEAD_2,
    )  # fmt: skip
    found = spreads(letters)
    assert found["one"] == {"within": pytest.approx(1, abs=1e-3), "between": None}
    assert found["two"] == {
        "within": pytest.approx(0.5, abs=1e-3),
        "between": pytest.approx(1, abs=1e-3),
    }


def test_nothing_is_embedded_for_it_alone_and_nothing_twice(letters: Project) -> None:
    plain = "expect: [words: {max: 9}]"
    letters.suite(
        case("plain", "Eh?", extra=plain), case("worded", "Eh?", extra=f"{plain}\nparaphrases: [Oh]"),
        head=HEAD_2,
    )  # fmt: skip
    assert spreads(letters) == {"plain": None, "worded": None}
    assert not (letters.folder / "embedded.log").exists()
    letters.suite(case("one", "Eh?", extra=GOOD), head=HEAD_2)
    first = spreads(letters)
    embedded = (letters.folder / "embedded.log").read_text()
    assert spreads(letters) == first
    assert (letters.folder / "embedded.log").read_text() == embedded
