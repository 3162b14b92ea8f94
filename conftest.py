"""This repository's own choices; the plugin itself arrives by its entry point.

The bundled model and the adapter ``tully`` come from ``pyproject.toml``. The fixtures of the
plugin can be overridden here: uncomment to compare every run with a model of your own, or wrap
an adapter before it is worn.

    import pytest

    @pytest.fixture(scope="session")
    def persona_model():
        from persona_eval.models.locate import locate
        from persona_eval.models.mlx import MLXModel

        return MLXModel(locate("models/my-model"), batch_size=16)
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def persona_tools(persona_tools):
    """Shows how a fixture is overridden: it may use the plugin's own value, and change it."""
    return persona_tools
