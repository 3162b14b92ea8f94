"""The YAML language server that most editors use, driven as they drive it. npm brings it, once;
YAML_LANGUAGE_SERVER names another. Without either these tests are skipped and say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from edited import ROOT, SETTINGS, Editor, find_server
from language_server import LanguageServer


@pytest.fixture(scope="package")
def editor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Editor]:
    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir("npm") if cache else tmp_path_factory.mktemp("npm")
    try:
        command = find_server(folder)
    except LookupError as reason:
        pytest.skip(str(reason))
    server = LanguageServer(command, ROOT, SETTINGS)
    yield Editor(server)
    server.stop()
