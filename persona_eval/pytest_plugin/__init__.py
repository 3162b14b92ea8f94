"""The pytest plugin: hooks only, each handing over to the module that does the work.

This module is imported in every pytest session of the environment, with suites or without, so
it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.pytest_plugin import junit, options, recorder, written, xdist
from persona_eval.pytest_plugin.fixtures import (
    persona_adapters,
    persona_model,
    persona_session,
    persona_store,
    persona_tools,
)
from persona_eval.pytest_plugin.recorder import Recorder
from persona_eval.pytest_plugin.showing import Shown
from persona_eval.pytest_plugin.unmatched import Unmatched

if TYPE_CHECKING:
    from persona_eval.pytest_plugin.collect import SuiteFile

__all__ = [
    "persona_adapters",
    "persona_model",
    "persona_session",
    "persona_store",
    "persona_tools",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from persona_eval.pytest_plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    options.register_markers(config)
    config.pluginmanager.register(Recorder(config), "persona-recorder")
    config.pluginmanager.register(Shown(config), "persona-shown")
    config.pluginmanager.register(junit.Transcripts(config), "persona-transcripts")
    config.pluginmanager.register(Unmatched(config), "persona-unmatched")
    written.check_paths(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SuiteFile | None:
    if not options.is_suite(parent.config, file_path):
        return None
    from persona_eval.pytest_plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if options.seen_suites(config):
        from persona_eval.pytest_plugin import collect

        collect.arrange(config, items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if options.seen_suites(item.config):
        recorder.attach(item, call, report)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if options.seen_suites(session.config):
        recorder.finish(session)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if options.seen_suites(config):
        recorder.summarise(terminalreporter, config)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    return xdist.auto_workers(config)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return xdist.scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    xdist.worker_down(node)
