"""This repository's own choices. The plugin itself arrives by its entry point, and the default
adapter is named in ``pyproject.toml``.

Any session fixture of the plugin can be overridden like the one below. Another model, for example:

    @pytest.fixture(scope="session")
    def persona_model():
        return MLXModel(locate("models/my-model"), batch_size=16)
"""

from __future__ import annotations

from pathlib import Path

import pytest

SHIPPED = Path(__file__).parent / "adapters"


@pytest.fixture(scope="session")
def persona_adapters(persona_adapters):
    """The plugin's own value, after a look at the licence: what is shipped from here is derived
    from Gemma, and must not go without a NOTICE of its terms."""
    for adapter in persona_adapters.values():
        folder = adapter.folder and adapter.folder.resolve()
        if not folder or not folder.is_relative_to(SHIPPED):
            continue
        if not any((each / "NOTICE").is_file() for each in (folder, *folder.parents)):
            pytest.exit(f"{adapter.folder} has no NOTICE of the Gemma terms: add one", returncode=4)
    return persona_adapters
