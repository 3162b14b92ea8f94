"""YAML → items: one for each case and adapter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprExceptionInfo, ReprFileLocation, ReprTracebackNative

from persona_eval.errors import PersonaEvalError, ScorerError
from persona_eval.pytest_plugin import xdist
from persona_eval.pytest_plugin.adapters import adapter_names
from persona_eval.reports.plain import printable_lines
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Suite

if TYPE_CHECKING:
    from persona_eval.pytest_plugin.session import PersonaSession
    from persona_eval.scorers.registry import Registry

REGISTRY = pytest.StashKey["Registry"]()
COLLECTED = pytest.StashKey[dict[Path, Suite]]()
"""Every suite of the session, those whose cases are all deselected too."""


CONVERSATION = pytest.StashKey[str]()
"""What the author of a case that fails reads, whether that counts or not."""


class CaseFailed(Exception):  # noqa: N818 - it is a verdict, not an error
    """Too few trials of a case passed. The message is what the author reads."""


class CaseItem(pytest.Function):
    """One case with one adapter."""

    case: Case
    suite: Suite
    adapter: str

    @property
    def key(self) -> str:
        """Name of the case in the session: unique, and the same for every adapter."""
        return f"{self.parent.nodeid if self.parent else ''}::{self.case.id}"

    @property
    def id(self) -> Any:
        """The id as pytest 9.2 reads it from its cache, or ``--lf`` would not know the item: with
        the adapter apart, where pytest itself took it for a part of the name."""
        return type(super().id).parse(self.nodeid)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, self.case.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002
        error = excinfo.value
        if isinstance(error, pytest.xfail.Exception) and CONVERSATION in self.stash:
            return self._in_words(self.stash[CONVERSATION])
        if isinstance(error, CaseFailed):
            return self._in_words(str(error))
        if isinstance(error, PersonaEvalError) and not self.config.getoption("fulltrace"):
            return self._in_words(printable_lines(str(error)))
        return super().repr_failure(excinfo)

    def _in_words(self, text: str) -> ReprExceptionInfo:
        """The text without a traceback. pytest's summary, which it does not shorten under CI,
        and the ``message`` of JUnit take the first line."""
        first, line = text.split("\n", 1)[0], self.case.line
        return ReprExceptionInfo(
            ReprTracebackNative([f"{text}\n"]), ReprFileLocation(str(self.path), line, first)
        )


class SuiteFile(pytest.Module):
    """A suite. A ``Module`` without an object, as pytest's own text doctests are, so that
    fixtures of every scope work."""

    obj = None

    def collect(self) -> Iterable[CaseItem]:
        suite = self._load()
        self.config.stash.setdefault(COLLECTED, {})[self.path] = suite
        adapters = adapter_names(self.config)
        for adapter in adapters:
            for case in suite.cases:
                yield self._item(suite, case, adapter)

    def _load(self) -> Suite:
        from persona_eval.scorers.base import Tools
        from persona_eval.selfcheck import check_examples

        try:
            known = registry(self.config)
            suite = load_suite(self.path, known)
            findings = check_examples(suite, known, Tools(), exact_only=True)
        except PersonaEvalError as error:
            raise self.CollectError(str(error)) from None
        errors = [finding for finding in findings if finding.kind == "error"]
        if errors:
            raise self.CollectError("\n".join(map(str, errors)))
        return suite

    def _item(self, suite: Suite, case: Case, adapter: str) -> CaseItem:
        for tag in case.tags:
            self.config.addinivalue_line("markers", f"{tag}: tag of a suite")
        item: CaseItem = CaseItem.from_parent(
            self, name=f"{case.id}[{adapter}]", callobj=_callable(case)
        )
        item.case, item.suite, item.adapter = case, suite, adapter
        return item


def _callable(case: Case) -> Callable[..., None]:
    """The test function of a case. Marks must be on it before the item is made."""

    def run(request: pytest.FixtureRequest, persona_session: PersonaSession) -> None:
        persona_session.check(request.node)

    names = [case.category, *(["control"] if case.control else []), *case.tags]
    marks = [getattr(pytest.mark, name) for name in names]
    if case.skip:
        marks.append(pytest.mark.skip(reason=case.skip))
    if case.xfail:
        marks.append(pytest.mark.xfail(reason=case.xfail, raises=CaseFailed))
    if case.fixtures:
        marks.append(pytest.mark.usefixtures(*case.fixtures))
    for mark in marks:
        run = mark(run)
    return run


def registry(config: pytest.Config) -> Registry:
    """All expectations of this session: built-in, installed, and from ``conftest.py``."""
    from persona_eval.scorers.registry import default_registry

    if REGISTRY not in config.stash:
        answers = config.hook.pytest_persona_scorers(config=config)
        for answer in answers:
            if not isinstance(answer, Iterable) or isinstance(answer, type):
                raise ScorerError(
                    f"pytest_persona_scorers must return a list of classes, not {answer!r}"
                )
        config.stash[REGISTRY] = default_registry([cls for answer in answers for cls in answer])
    return config.stash[REGISTRY]


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check what all cases have in common, and put the items of an adapter together: putting
    one on costs more than a test. Raises UsageError."""
    cases = [item for item in items if isinstance(item, CaseItem)]
    if not cases:
        return
    try:
        _check(config, cases)
    except pytest.UsageError as error:
        xdist.tell_controller(config, str(error))
        raise
    _print_only(config, items, cases)
    if config.getoption("persona_sweep") and items:
        from persona_eval.pytest_plugin import sweep

        sweep.prepare(config, items, cases)
    order = {name: number for number, name in enumerate(adapter_names(config))}
    items.sort(key=lambda item: order.get(getattr(item, "adapter", ""), -1))


def _check(config: pytest.Config, cases: list[CaseItem]) -> None:
    from persona_eval.pytest_plugin import folders
    from persona_eval.pytest_plugin.adapters import require_adapters

    if _prints_only(config) and xdist.worker(config):
        raise pytest.UsageError(
            "--persona-explain and --persona-plan print from one process: add -n0"
        )
    if config.getoption("persona_sweep") and xdist.worker(config):
        raise pytest.UsageError("--persona-sweep runs in one process, in full batches: add -n0")
    try:
        collected = config.stash[COLLECTED]
        config.stash[folders.FOLDERS] = folders.gather(config, collected)
    except PersonaEvalError as error:
        raise pytest.UsageError(str(error)) from None
    if config.getoption("persona_explain"):
        return
    chosen = {(item.path, item.case.id) for item in cases}
    if not config.getoption("persona_plan"):  # which tells how many cases it would take
        folders.refuse_impossible(config.stash[folders.FOLDERS].values(), chosen)
    require_adapters(config)
    twice = [node for node, count in Counter(item.nodeid for item in cases).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"these ids occur more than once: {', '.join(twice)}")


def _prints_only(config: pytest.Config) -> bool:
    return bool(config.getoption("persona_explain") or config.getoption("persona_plan"))


def _print_only(config: pytest.Config, items: list[pytest.Item], cases: list[CaseItem]) -> None:
    """Print what was asked for, and run nothing then."""
    if config.getoption("persona_explain"):
        _explain(config, cases)
    elif config.getoption("persona_plan"):
        _plan(config, cases)
    if _prints_only(config):
        items.clear()


def _plan(config: pytest.Config, cases: list[CaseItem]) -> None:
    from persona_eval.pytest_plugin.folders import FOLDERS
    from persona_eval.reports.plan import plan_lines

    chosen = {(item.path, item.case.id) for item in cases}
    write = config.get_terminal_writer()
    for folder in config.stash[FOLDERS].values():
        picked = [(s, c) for s, c in folder.cases if (s.path, c.id) in chosen]
        for line in plan_lines(folder.path, picked, folder.policy, folder.baseline):
            write.line(line)


def _explain(config: pytest.Config, cases: list[CaseItem]) -> None:
    from persona_eval.reports.explain import explain_case

    known, first = registry(config), adapter_names(config)[0]
    write = config.get_terminal_writer()
    for item in cases:
        if item.adapter == first:
            write.line(explain_case(item.suite, item.case, known))
