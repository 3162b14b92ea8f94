"""Training: a recipe and a base model make an adapter."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from persona_eval.errors import DataError, Problem, TrainingError
from persona_eval.models.adapter_files import AdapterConfig
from persona_eval.models.adapters import Base, add_lora, linear_keys, take_off, unmatched_keys
from persona_eval.training.adapter import EpochLoss, Manifest, is_stale, read_manifest
from persona_eval.training.batches import valid_batches
from persona_eval.training.checkpoint import save_adapter
from persona_eval.training.corpus import Conversation, read_conversations, split
from persona_eval.training.examples import Example, tokenize
from persona_eval.training.fingerprint import Fingerprint, Sources, adapter_fingerprint
from persona_eval.training.loop import Epoch, Loop, OnProgress, Progress
from persona_eval.training.loss import objective
from persona_eval.training.recipe import RECIPE_FILE, Recipe, train_path, valid_path
from persona_eval.training.stops import check_stop_tokens

LOCK_FILE = ".train.lock"
UNFINISHED = "unfinished"
"""Folder, inside the adapter's, of the best epoch so far; gone when training ends well."""
LIBRARIES = ("mlx", "mlx-lm", "transformers")


def silent(_: Progress) -> None:
    """Report nothing."""


def train(recipe: Recipe, base: Base, folder: Path, on_progress: OnProgress = silent) -> Manifest:
    """Train an adapter into ``folder``, where the recipe's data paths count from.

    The same recipe, data, base and machine give the same weights. Whatever happens, the base is
    plain again afterwards and an adapter that was there is replaced only by a finished one; a
    training that breaks off leaves its best epoch in ``folder/unfinished``. Raises DataError,
    TrainingError, or AdapterError.
    """
    with training_lock(folder, wait=False):
        return _train(recipe, base, folder, on_progress)


def ensure_trained(
    recipe: Recipe, base: Base, folder: Path, on_progress: OnProgress = silent
) -> Manifest:
    """The adapter's manifest, after training it if it is missing or stale. Waits for a training
    of another process in the same folder, and then uses what that one made."""
    with training_lock(folder, wait=True):
        wanted = fingerprint(recipe, folder, base.fingerprint)
        manifest = None if is_stale(folder, wanted) else read_manifest(folder)
        return manifest or _train(recipe, base, folder, on_progress)


def fingerprint(recipe: Recipe, folder: Path, base_fingerprint: str) -> Fingerprint:
    """Of the training that recipe and data ask for; loads no model. Raises DataError."""
    return adapter_fingerprint(recipe, read_sources(recipe, folder), base_fingerprint)


def read_sources(recipe: Recipe, folder: Path) -> Sources:
    """The recipe's conversations. Raises DataError with the problems of both files."""
    valid_file = valid_path(recipe, folder)
    problems: list[Problem] = []
    train = _read(train_path(recipe, folder), problems)
    valid = _read(valid_file, problems) if valid_file else []
    if problems:
        raise DataError(problems)
    if recipe.data.valid_share is not None:
        return Sources(*split(train, recipe.data.valid_share, recipe.seed))
    return Sources(train, valid)


def training_replies(folder: Path) -> list[str] | None:
    """The replies that an adapter was trained on; None where its folder holds no recipe."""
    from persona_eval.training.recipe_file import load_recipe

    if not (folder / RECIPE_FILE).is_file():
        return None
    conversations = read_sources(load_recipe(folder / RECIPE_FILE), folder).train
    return [m.content for c in conversations for m in c.messages if m.role == "assistant"]


def _read(path: Path, problems: list[Problem]) -> list[Conversation]:
    try:
        return read_conversations(path)
    except DataError as error:
        problems.extend(error.problems)
        return []


@contextmanager
def training_lock(folder: Path, wait: bool) -> Iterator[None]:
    """One training at a time in a folder. Raises TrainingError when another is at work and
    ``wait`` is not set."""
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_FILE, timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise TrainingError(
            f"another training is at work in {folder}: wait for it, or stop it first"
        ) from None
    try:
        yield
    finally:
        lock.release()


def lora_config(recipe: Recipe, base: Base) -> AdapterConfig:
    """The recipe's adapter for this base, all defaults written out. Raises TrainingError."""
    blocks = len(base.model.layers)
    layers = blocks if recipe.lora.layers is None else recipe.lora.layers
    if layers > blocks:
        raise TrainingError(f"lora.layers is {layers}, but {base.name} has {blocks} layers")
    lora, inside = recipe.lora, linear_keys(base.model)
    if unknown := unmatched_keys(base.model, lora.keys or (), set(inside)):
        raise TrainingError(f"lora.{unknown}")
    return AdapterConfig(
        fine_tune_type="lora",
        num_layers=layers,
        rank=lora.rank,
        scale=lora.scale,
        dropout=lora.dropout,
        keys=lora.keys or inside,
        base_fingerprint=base.fingerprint,
        base_name=_plain_name(base.name),
    )


@contextmanager
def wearing_new(model: Any, config: AdapterConfig, seed: int) -> Iterator[None]:
    """Fresh LoRA layers while the block runs, the only ones that learn; then plain again."""
    import mlx.core as mx

    mx.random.seed(seed)
    model.freeze()
    originals = add_lora(model, config)
    try:
        yield
    finally:
        take_off(model, originals)


def _train(recipe: Recipe, base: Base, folder: Path, on_progress: OnProgress) -> Manifest:
    sources = read_sources(recipe, folder)
    check_stop_tokens(base.model, base.tokenizer)
    train = tokenize(sources.train, base.tokenizer, recipe.max_length)
    valid = tokenize(sources.valid, base.tokenizer, recipe.max_length)
    config = lora_config(recipe, base)
    split_model = objective(base.model, next(valid_batches(train, 1)))
    made_from = adapter_fingerprint(recipe, sources, base.fingerprint)
    run = Run(recipe, folder, config, made_from, train, valid)
    with wearing_new(base.model, config, recipe.seed):
        return run.finish(Loop(recipe, split_model, train, valid, on_progress))


class Run:
    """One training: which epoch is kept, and what is written down about it."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        config: AdapterConfig,
        made_from: Fingerprint,
        train: list[Example],
        valid: list[Example],
    ):
        self.recipe, self.folder, self.config = recipe, folder, config
        self.made_from, self.train, self.valid = made_from, train, valid
        self.losses: list[EpochLoss] = []
        self.best: Epoch | None = None
        self.began = time.perf_counter()

    def finish(self, loop: Loop) -> Manifest:
        """Train all epochs and write the adapter. Raises TrainingError."""
        unfinished = self.folder / UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            for epoch in loop.epochs():
                self._note(epoch)
                if self.best is epoch:
                    save_adapter(
                        unfinished, epoch.tensors, self.config, self._manifest(loop, False)
                    )
        except TrainingError as error:
            raise TrainingError(f"{error}. {self._kept()}") from error
        assert self.best is not None
        manifest = self._manifest(loop, True)
        saved = save_adapter(self.folder, self.best.tensors, self.config, manifest)
        shutil.rmtree(unfinished, ignore_errors=True)
        return saved

    def _note(self, epoch: Epoch) -> None:
        self.losses.append(
            EpochLoss(epoch=epoch.number, train=epoch.train_loss, valid=epoch.valid_loss)
        )
        if epoch.number and self._better(epoch):
            self.best = epoch

    def _better(self, epoch: Epoch) -> bool:
        if self.recipe.select == "last" or self.best is None:
            return True
        assert epoch.valid_loss is not None
        assert self.best.valid_loss is not None
        return epoch.valid_loss < self.best.valid_loss

    def _kept(self) -> str:
        if self.best is None:
            return "No epoch had ended: nothing is kept"
        return f"The weights of epoch {self.best.number} are kept in {self.folder / UNFINISHED}"

    def _manifest(self, loop: Loop, finished: bool) -> Manifest:
        assert self.best is not None
        return Manifest(
            recipe_fingerprint=self.made_from.recipe,
            data_fingerprint=self.made_from.data,
            base_fingerprint=self.made_from.base,
            fingerprint=self.made_from.whole,
            base_name=self.config.base_name or "",
            weights_sha256="",
            finished=finished,
            selected_epoch=self.best.number,
            losses=tuple(self.losses),
            seed=self.recipe.seed,
            train_examples=len(self.train),
            valid_examples=len(self.valid),
            trained_tokens=self.losses[-1].epoch * sum(example.learned for example in self.train),
            seconds=round(time.perf_counter() - self.began, 1),
            tokens_per_second=round(loop.tokens_per_second, 1),
            versions=dict(_versions()),
        )


def _versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            continue


def _plain_name(name: str) -> str:
    """A base's name without the way to it on this machine."""
    return Path(name).name if Path(name).is_absolute() else name
