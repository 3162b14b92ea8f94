"""Work in a thread that ends."""

from __future__ import annotations

import threading

import pytest

from persona_eval.scorers.apart import in_a_thread_that_ends
from persona_eval.scorers.embedders import ModelFolder
from persona_eval.scorers.reader import WordingReader

SEEN: list[threading.Thread] = []


@in_a_thread_that_ends
def halved(number: int, *, by: int = 2) -> float:
    """Told below."""
    SEEN.append(threading.current_thread())
    return number / by


def test_each_call_has_a_thread_of_its_own_that_is_gone_afterwards() -> None:
    SEEN.clear()
    assert (halved(3), halved(9, by=3)) == (1.5, 3.0)
    assert len(set(SEEN)) == 2
    assert threading.main_thread() not in SEEN
    assert not any(thread.is_alive() for thread in SEEN)
    assert halved.__doc__ == "Told below."


def test_what_it_raises_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        halved(1, by=0)


def test_whatever_computes_with_torch_does_so_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    SEEN.clear()

    class Model:
        def encode(self, texts: list[str], **_: object) -> list[str]:
            SEEN.append(threading.current_thread())
            return texts

        def tokens(self, texts: list[str]) -> list[list[int]]:
            SEEN.append(threading.current_thread())
            return [[1] for _ in texts]

    folder, reader = ModelFolder(lambda: None), WordingReader()  # type: ignore[arg-type,return-value]
    monkeypatch.setitem(folder.__dict__, "_model", Model())
    monkeypatch.setitem(reader.__dict__, "_encoder", Model())
    monkeypatch.setattr(reader, "_read", lambda tokens: [[0.0]] * len(tokens))
    folder.embed(["a"])
    reader.embed(["a"])
    assert len(SEEN) == 2
    assert threading.main_thread() not in SEEN
