"""Training: a recipe and a base model make an adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from persona_eval.errors import DataError, Problem, TrainingError
from persona_eval.models.adapter_files import AdapterConfig
from persona_eval.models.adapters import (
    Base,
    Originals,
    add_lora,
    linear_keys,
    take_off,
    taken_off,
    unmatched_keys,
)
from persona_eval.training.adapter import Manifest, is_stale, read_manifest
from persona_eval.training.batches import valid_batches
from persona_eval.training.corpus import Conversation, read_conversations, split
from persona_eval.training.examples import Example, tokenize
from persona_eval.training.fingerprint import Fingerprint, Sources, adapter_fingerprint
from persona_eval.training.loop import Loop
from persona_eval.training.loss import objective
from persona_eval.training.recipe import RECIPE_FILE, Recipe, train_path, valid_path
from persona_eval.training.run import Measure, OnProgress, Progress, Run
from persona_eval.training.stops import check_stop_tokens

LOCK_FILE = ".train.lock"


def silent(_: Progress) -> None:
    """Report nothing."""


def train(
    recipe: Recipe,
    base: Base,
    folder: Path,
    on_progress: OnProgress = silent,
    measure: Measure | None = None,
) -> Manifest:
    """Train an adapter into ``folder``, where the recipe's data paths count from.

    The same recipe, data, base and machine give the same weights, also where the training was
    stopped in between: it goes on from its last saved step (``folder/unfinished``). Whatever
    happens, the base is plain again afterwards and an adapter that was there is replaced only by
    a finished one. ``measure`` judges the checkpoints of `select: suite`. Raises DataError,
    TrainingError, or AdapterError.
    """
    if recipe.select == "suite" and measure is None:
        raise TrainingError("`select: suite` needs somebody who runs the suites: give `measure`")
    with training_lock(folder, wait=False):
        return _train(recipe, base, folder, on_progress, measure)


def ensure_trained(
    recipe: Recipe,
    base: Base,
    folder: Path,
    on_progress: OnProgress = silent,
    measure: Measure | None = None,
) -> Manifest:
    """The adapter's manifest, after training it if it is missing or stale. Waits for a training
    of another process in the same folder, and then uses what that one made."""
    with training_lock(folder, wait=True):
        wanted = fingerprint(recipe, folder, base.fingerprint)
        manifest = None if is_stale(folder, wanted) else read_manifest(folder)
        return manifest or _train(recipe, base, folder, on_progress, measure)


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


def prepare(
    recipe: Recipe, base: Base, folder: Path
) -> tuple[Fingerprint, list[Example], list[Example]]:
    """What the adapter is made from, and the examples to train and to validate on.

    Raises DataError, or TrainingError for a base that cannot learn to stop.
    """
    sources = read_sources(recipe, folder)
    check_stop_tokens(base.model, base.tokenizer)
    train = tokenize(sources.train, base.tokenizer, recipe.max_length)
    valid = tokenize(sources.valid, base.tokenizer, recipe.max_length)
    return adapter_fingerprint(recipe, sources, base.fingerprint), train, valid


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
        fine_tune_type=recipe.lora.type,
        num_layers=layers,
        rank=lora.rank,
        scale=lora.scale,
        dropout=lora.dropout,
        keys=lora.keys or inside,
        base_fingerprint=base.fingerprint,
        base_name=_plain_name(base.name),
    )


@contextmanager
def wearing_new(model: Any, config: AdapterConfig, seed: int) -> Iterator[Originals]:
    """Fresh LoRA layers while the block runs, the only ones that learn; then plain again. Gives
    what they replace."""
    import mlx.core as mx

    mx.random.seed(seed)
    model.freeze()
    originals = add_lora(model, config)
    try:
        yield originals
    finally:
        take_off(model, originals)


def _train(
    recipe: Recipe, base: Base, folder: Path, on_progress: OnProgress, measure: Measure | None
) -> Manifest:
    made_from, train, valid = prepare(recipe, base, folder)
    config = lora_config(recipe, base)
    split_model = objective(base.model, next(valid_batches(train, 1)))
    with wearing_new(base.model, config, recipe.seed) as originals:
        loop = Loop(recipe, split_model, train, valid)
        apart = measure and _without(base.model, originals, measure)
        return Run(recipe, folder, config, made_from, loop, on_progress, apart).finish()


def _without(model: Any, originals: Originals, measure: Measure) -> Measure:
    """The measure, taken on a base that does not wear what is being trained."""

    def measured(folder: Path) -> float:
        with taken_off(model, originals):
            return measure(folder)

    return measured


def _plain_name(name: str) -> str:
    """A base's name without the way to it on this machine."""
    return Path(name).name if Path(name).is_absolute() else name
