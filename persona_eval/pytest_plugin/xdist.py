"""Under pytest-xdist every worker loads a model of its own: few workers, a file each."""

from __future__ import annotations

import os
from typing import Any

import pytest

from persona_eval.pytest_plugin.options import asks_for_suites

ENDING = "persona_ending"
ENDED = pytest.StashKey[bool]()
"""On the controller: whether a worker ended the session because of wrong usage."""


def auto_workers(config: pytest.Config) -> int | None:
    """``-n auto`` means one worker for suites: a second one halves the cores of the first."""
    return 1 if asks_for_suites(config) else None


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Whole files instead of single items, so that a file's cases share a batch."""
    if config.getoption("dist") != "load" or not asks_for_suites(config):
        return None
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def worker_down(node: Any) -> None:
    """On the controller: notes whether a worker ended the session."""
    if getattr(node, "workeroutput", {}).get(ENDING):
        node.config.stash[ENDED] = True


def tell_controller(config: pytest.Config, why: str) -> None:
    """On a worker: why the session ends. xdist would take it for a crash of the worker."""
    if worker(config):
        config.pluginmanager.getplugin("session").shouldstop = why
        config.workeroutput[ENDING] = True  # type: ignore[attr-defined]


def worker(config: pytest.Config) -> str:
    """This worker's name, or an empty string outside xdist and on its controller."""
    return str(_input(config).get("workerid", ""))


def threads(config: pytest.Config) -> int:
    """How many threads this process may use."""
    return max(1, (os.cpu_count() or 1) // int(_input(config).get("workercount", 1)))


def _input(config: pytest.Config) -> dict[str, Any]:
    return getattr(config, "workerinput", {})
