from __future__ import annotations

# Runs inside this process forget the modules that they import: what is compared by class, what
# cannot be imported twice and what takes long (hypothesis: 1.3 s) is therefore imported before.
import hypothesis  # noqa: F401
import mlx.core  # noqa: F401
import numpy.fft
import numpy.polynomial  # noqa: F401
import pygal  # noqa: F401
import pytest
from projects import Project

import persona_eval.pytest_plugin.session
import persona_eval.reports.explain
import persona_eval.selfcheck
import persona_eval.training.train  # noqa: F401
from persona_eval.scorers.registry import default_registry


@pytest.fixture(autouse=True, scope="session")
def _imported() -> None:
    default_registry()


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)
