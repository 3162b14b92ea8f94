"""The fast BLAS is looked for, loaded, or its lack complained about."""

from __future__ import annotations

import ctypes
import warnings
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from persona_eval.models import blas

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class Library:
    """What ctypes gives for a library that exports these symbols."""

    def __init__(self, *symbols: str):
        for symbol in symbols:
            setattr(self, symbol, None)


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> dict[str, Library]:
    """Loadable libraries by name, in the order of the candidates."""
    known: dict[str, Library] = {}

    def load(name: str, mode: int) -> Library:
        assert mode == ctypes.RTLD_GLOBAL
        if name not in known:
            raise OSError(name)
        return known[name]

    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(blas.ctypes, "CDLL", load)
    monkeypatch.setattr(blas, "candidates", lambda: ["missing.so", *known])
    return known


def test_the_first_library_that_multiplies_matrices(libraries: dict[str, Library]) -> None:
    libraries["lib/none.so"] = Library()
    libraries["lib/good.so"] = Library("sgemm_")
    libraries["lib/late.so"] = Library("sgemm_")
    assert blas.load_fast_blas() == "good.so"


@pytest.mark.usefixtures("libraries")
def test_without_any_the_price_is_named() -> None:
    with pytest.warns(RuntimeWarning, match="20 to 40 times slower.*apt install libopenblas0"):
        assert blas.load_fast_blas() is None


def test_nothing_is_done_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert blas.load_fast_blas() is None


def test_candidates_are_openblas_and_torchs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib" / "libtorch_cpu.so"
    spec = ModuleSpec("torch", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(blas, "find_spec", lambda name: spec)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: f"lib{name}.so.0")
    assert list(blas.candidates()) == ["libopenblas.so.0"]
    library.parent.mkdir()
    library.touch()
    assert list(blas.candidates()) == ["libopenblas.so.0", library]


def test_there_may_be_no_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "find_spec", lambda name: None)
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    assert list(blas.candidates()) == []


def test_threads_are_capped_unless_the_user_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in THREADS:
        monkeypatch.setenv(name, "9")
    for name in THREADS[1:]:
        monkeypatch.delenv(name)
    blas.limit_threads(0)
    assert [os.environ[name] for name in THREADS] == ["9", "1", "1"]


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_another_libc_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    asked: list[str] = []

    def load(name: str) -> None:
        asked.append(name)
        raise error(name)

    monkeypatch.setattr(blas.ctypes, "CDLL", load)
    blas.keep_freed_memory()
    assert asked == ["libc.so.6"], "it was tried, and did not raise"


def test_glibc_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    class Libc:
        def mallopt(self, option: int, value: int) -> None:
            told.append((option, value))

    monkeypatch.setattr(blas.ctypes, "CDLL", lambda name: Libc())
    blas.keep_freed_memory()
    assert told == [(blas.M_MMAP_MAX, 0), (blas.M_TRIM_THRESHOLD, 2**31 - 1)]
