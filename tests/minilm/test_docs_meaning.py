"""The examples of docs/expectations.md that are judged by meaning or wording, with real vectors."""

from __future__ import annotations

from pathlib import Path

from documents import examples, with_vectors

from persona_eval.scorers.tools import default_tools, prepare


def test_good_replies_pass_and_bad_ones_fail(tmp_path: Path) -> None:
    shown = [example for example in examples(tmp_path) if not example.asks_model]
    tools = with_vectors(default_tools())
    prepare(
        tools,
        (
            (entry.scorer, example.exchange(reply, tools))
            for example in shown
            for reply in example.wanted
            for entry in example.planned
        ),
    )
    wrong = {
        f"{example.name}: {reply}": [score.reason for score in example.scores(reply, tools)]
        for example in shown
        for reply, passed in example.verdicts(tools).items()
        if passed is not example.wanted[reply]
    }
    assert wrong == {}
