"""What the session fixtures hold unless a ``conftest.py`` says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.errors import PersonaEvalError
from persona_eval.pytest_plugin import adapters, options, xdist
from persona_eval.runner import WornAdapter

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store


@contextmanager
def ending_on_error(config: pytest.Config) -> Iterator[None]:
    """End the session with one message, instead of failing each test with the same one."""
    try:
        yield
    except PersonaEvalError as error:
        xdist.tell_controller(config, f"persona-eval: {error}")
        pytest.exit(f"persona-eval: {error}", returncode=pytest.ExitCode.USAGE_ERROR)


def say(config: pytest.Config, text: str) -> None:
    """Write a line into the session's output, also while a test runs; not in a worker of xdist."""
    terminal: Any = config.pluginmanager.get_plugin("terminalreporter")
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or xdist.worker(config):
        return
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        terminal.ensure_newline()
        terminal.write_line(f"persona-eval: {text}")
        terminal.flush()


def default_model(config: pytest.Config) -> Model:
    """The model that options and ini file name. Raises ModelError."""
    from persona_eval.models.blas import limit_threads
    from persona_eval.models.locate import locate
    from persona_eval.models.mlx import MLXModel

    limit_threads(xdist.threads(config))
    spec = options.setting(config, "model") or "gemma3-270m"
    base = locate(spec, tell=lambda text: say(config, text))
    return MLXModel(base, config.getoption("persona_batch_size"))


def default_tools(config: pytest.Config, store: Store) -> Tools:
    """Vectors kept in the store; their models load when a text is new."""
    from persona_eval.scorers import tools

    chosen = options.setting(config, "embedder")
    folder = config.rootpath / chosen if chosen else None
    return tools.default_tools(folder if folder and folder.is_dir() else chosen, store)


def ready_adapters(
    config: pytest.Config, model: Model, train: adapters.Train | None = None
) -> dict[str, WornAdapter]:
    """The session's adapters; stale ones are trained where ``train`` is given. Raises
    AdapterError."""
    root = adapters.adapters_root(config)
    specs = adapters.adapter_specs(config)
    ready = [adapters.ready_adapter(spec, root, model, train) for spec in specs]
    return dict(zip(adapters.adapter_names(config), ready, strict=True))
