"""Session fixtures, each of which a ``conftest.py`` may override."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from persona_eval.pytest_plugin import options

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.pytest_plugin.session import PersonaSession
    from persona_eval.runner import WornAdapter
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store


@pytest.fixture(scope="session")
def persona_store(pytestconfig: pytest.Config) -> Iterator[Store]:
    """Where replies, embeddings and runs are kept."""
    from persona_eval.pytest_plugin.defaults import ending_on_error
    from persona_eval.store import STORE_FILE, Store

    with ending_on_error(pytestconfig):
        store = Store(options.store_folder(pytestconfig) / STORE_FILE)
    yield store
    store.close()


@pytest.fixture(scope="session")
def persona_model(pytestconfig: pytest.Config) -> Model:
    """The base model. It loads when the first reply is generated, not before."""
    from persona_eval.pytest_plugin.defaults import default_model, ending_on_error

    with ending_on_error(pytestconfig):
        return default_model(pytestconfig)


@pytest.fixture(scope="session")
def persona_adapters(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    persona_model: Model,
    persona_store: Store,
    persona_tools: Tools,
) -> dict[str, WornAdapter]:
    """The adapters of this session by name, in order. A stale one is trained here when
    ``--persona-train`` is given; else the session ends with the command to run."""
    from persona_eval.pytest_plugin.defaults import ending_on_error, ready_adapters
    from persona_eval.pytest_plugin.training import trainer

    with ending_on_error(pytestconfig):
        train = trainer(request.session, persona_model, persona_store, persona_tools)
        return ready_adapters(pytestconfig, persona_model, train)


@pytest.fixture(scope="session")
def persona_tools(pytestconfig: pytest.Config, persona_store: Store) -> Tools:
    """What scorers may use besides the text: embeddings, stored as they are made."""
    from persona_eval.pytest_plugin.defaults import default_tools, ending_on_error

    with ending_on_error(pytestconfig):
        return default_tools(pytestconfig, persona_store)


@pytest.fixture(scope="session")
def persona_session(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    persona_model: Model,
    persona_adapters: dict[str, WornAdapter],
    persona_store: Store,
    persona_tools: Tools,
) -> Iterator[PersonaSession]:
    """Everything that checks a case."""
    from persona_eval.pytest_plugin.defaults import ending_on_error
    from persona_eval.pytest_plugin.session import PersonaSession

    with ending_on_error(pytestconfig):
        session = PersonaSession(
            pytestconfig, persona_model, persona_adapters, persona_store, persona_tools
        )
    yield session
    session.close(request.session)
