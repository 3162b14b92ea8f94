"""Under pytest-xdist every worker loads a model of its own: few workers, a file each."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import pytest

from persona_eval.pytest_plugin.options import asks_for_suites

ENDING = "persona_ending"
ENDED = pytest.StashKey[bool]()
"""On the controller: whether a worker ended the session because of wrong usage."""
FACTS_OUTPUT = "persona_facts"
FACTS = pytest.StashKey[dict[str, Any]]()
"""What a process that checked cases knows of the session: plain JSON."""


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
    """On the controller: notes whether a worker ended the session, and what it knows of it."""
    output = getattr(node, "workeroutput", {})
    if output.get(ENDING):
        node.config.stash[ENDED] = True
    if FACTS_OUTPUT in output:
        node.config.stash[FACTS] = output[FACTS_OUTPUT]


def tell(config: pytest.Config, facts: dict[str, Any]) -> None:
    """Let the end of the session, on the controller, know what this process knows of it."""
    if worker(config):
        config.workeroutput[FACTS_OUTPUT] = facts  # type: ignore[attr-defined]
    config.stash[FACTS] = facts


def session_token(config: pytest.Config) -> str:
    """The same in all processes of a session, and in no other."""
    return str(_input(config).get("testrunuid") or uuid4())


def stopped_by_failures(session: pytest.Session) -> bool:
    """On the controller: whether ``-x`` ended the session, which xdist calls an interruption."""
    running = session.config.pluginmanager.getplugin("dsession")
    most = session.config.getoption("maxfail")
    return bool(running and most and session.testsfailed >= most)


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
