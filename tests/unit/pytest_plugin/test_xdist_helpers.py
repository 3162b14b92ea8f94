"""What a worker knows, and how it tells the controller why the session ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from persona_eval.pytest_plugin import xdist


class Config(SimpleNamespace):
    """As much of a configuration as is asked for."""

    def getini(self, name: str) -> list[str]:
        return ["*.suite.yaml"]

    def getoption(self, name: str) -> str:
        return str(self.dist)


def config(**fields: Any) -> Any:
    session = SimpleNamespace(shouldstop=False)
    manager = SimpleNamespace(getplugin=lambda name: session)
    defaults = {"args": [], "dist": "load", "stash": pytest.Stash(), "workeroutput": {}}
    return Config(**{**defaults, "session": session, "pluginmanager": manager, **fields})


WORKER = {"workerid": "gw1", "workercount": 2}


def test_names_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    worker, alone = config(workerinput=WORKER), config()
    assert (xdist.worker(worker), xdist.worker(alone)) == ("gw1", "")
    assert (xdist.threads(worker), xdist.threads(alone)) == (4, 8)
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert xdist.threads(worker) == 1


def test_a_worker_that_ends_the_session_stops_the_controller() -> None:
    worker, controller = config(workerinput=WORKER), config()
    xdist.tell_controller(worker, "no adapter")
    assert worker.session.shouldstop == "no adapter"
    node = SimpleNamespace(workeroutput=worker.workeroutput, config=controller)
    xdist.worker_down(node)
    assert controller.stash[xdist.ENDED]


def test_alone_there_is_nobody_to_tell() -> None:
    alone = config()
    xdist.tell_controller(alone, "no adapter")
    assert alone.session.shouldstop is False


@pytest.mark.parametrize("node", [{"workeroutput": {}}, {}])
def test_a_worker_that_finished_or_crashed_is_xdists_own_affair(node: dict[str, Any]) -> None:
    controller = config()
    xdist.worker_down(SimpleNamespace(**node, config=controller))
    assert xdist.ENDED not in controller.stash


@pytest.mark.parametrize(
    ("argument", "suites"),
    [("a.suite.yaml::tea[base]", True), ("test_a.py", False), ("deep", True)],
)
def test_only_sessions_with_suites_are_arranged_by_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, argument: str, suites: bool
) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.suite.yaml").touch()
    (tmp_path / "deep" / ".hidden").mkdir()
    monkeypatch.chdir(tmp_path)
    assert xdist.auto_workers(config(args=[argument])) == (1 if suites else None)
    if not suites:
        assert xdist.scheduler(config(args=[argument]), None) is None
    assert xdist.scheduler(config(args=[argument], dist="worksteal"), None) is None


def test_hidden_folders_are_not_searched(tmp_path: Any) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "a.suite.yaml").touch()
    assert xdist.auto_workers(config(args=[str(tmp_path)])) is None
