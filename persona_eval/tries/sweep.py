"""All variants of a recipe, one after the other: what is due, how long it takes, what came out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from persona_eval.choosing import Chooser, Chosen, chooser
from persona_eval.errors import AdapterError, DataError, EngineError, ModelError, TrainingError
from persona_eval.models.adapters import Base
from persona_eval.models.locate import BaseFiles, locate
from persona_eval.models.mlx import MLXModel
from persona_eval.runner import ReplyStore
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import Registry
from persona_eval.training.adapter import Manifest, read_manifest
from persona_eval.training.estimate import estimate
from persona_eval.training.run import OnProgress
from persona_eval.training.train import lora_config, prepare, train
from persona_eval.tries.folders import Attempt, Record

Load = Callable[[BaseFiles], MLXModel]


@dataclass(frozen=True)
class Plan:
    """What there is to do before the table is complete."""

    due: tuple[Attempt, ...]
    """To train."""
    refused: Mapping[Path, str]
    """Why a variant cannot be trained, by its folder."""
    seconds: float
    """An estimate of the trainings, by a few steps of the first one on each base."""


@dataclass(frozen=True)
class Result:
    """A row of the table."""

    attempt: Attempt
    state: Literal["finished", "refused", "diverged"]
    reason: str = ""
    """Why it is not finished; or why its replies could not be judged."""
    manifest: Manifest | None = None
    record: Record | None = None
    passed: float | None = None
    """Share of the replies that pass, 0 to 1."""

    @property
    def loss(self) -> float | None:
        """On the way to the kept checkpoint, taken while learning; nats per reply token."""
        return self.manifest.selected.train if self.manifest else None

    @property
    def valid(self) -> float | None:
        """Validation loss of the kept checkpoint, in nats per reply token."""
        return self.manifest.selected.valid if self.manifest else None

    @property
    def per_character(self) -> float | None:
        """The same loss in nats per character of the replies. Tokens are each base's own, and
        characters are not: sum over tokens / characters, the stop tokens' loss included."""
        if self.valid is None or self.record is None or not self.attempt.characters:
            return None
        return self.valid * self.record.reply_tokens / self.attempt.characters


@dataclass(frozen=True)
class Judging:
    """What judges replies: the checkpoints of `select: suite`, and the finished variants."""

    store: ReplyStore
    tools: Tools
    registry_of: Callable[[Path], Registry]
    cases: Sequence[Chosen] = ()
    """For the finished variants."""

    def of_checkpoints(self, attempt: Attempt, model: MLXModel) -> Chooser | None:
        """None where no suite chooses."""
        recipe, folder = attempt.recipe, attempt.folder
        return chooser(recipe, folder, model, self.store, self.tools, self.registry_of)

    def of_finished(self, model: MLXModel) -> Chooser | None:
        """None where no cases were given."""
        if not self.cases:
            return None
        return Chooser(self.cases, model, self.store, self.tools, self.registry_of)


class Models:
    """Base models, one of them in memory at a time."""

    def __init__(self, load: Load):
        self._load = load
        self._held: MLXModel | None = None

    def of(self, files: BaseFiles) -> MLXModel:
        """The model of these files; the one before is dropped."""
        if self._held is None or self._held.files != files:
            if self._held is not None:
                self._drop()
            self._held = self._load(files)
        return self._held

    def _drop(self) -> None:
        import mlx.core as mx

        self._held = None
        gc.collect()
        mx.clear_cache()


def locate_all(specs: Sequence[str]) -> dict[str, BaseFiles]:
    """Every base by what the recipe calls it. Raises ModelError with all that cannot be found."""
    found, wrong = dict[str, BaseFiles](), list[str]()
    for spec in dict.fromkeys(specs):
        try:
            found[spec] = locate(spec)
        except ModelError as error:
            wrong.append(str(error))
    if wrong:
        raise ModelError("\n".join(wrong))
    return found


def plan(attempts: Sequence[Attempt], models: Models) -> Plan:
    """Look at every variant that is due on its base, and train nothing."""
    due, refused, seconds = list[Attempt](), dict[Path, str](), 0.0
    unknown = [each for each in attempts if each.record is None or each.to_train]
    for base in dict.fromkeys(each.base for each in unknown):
        group = [each for each in unknown if each.base == base]
        tokens = list(_looked_at(group, models, refused))
        if tokens:
            first, read = tokens[0]
            whole = estimate(first.recipe, models.of(base).base, first.folder)
            seconds += whole.seconds * sum(count for _, count in tokens) / read
        due += [attempt for attempt, _ in tokens]
    return Plan(tuple(due), refused, seconds)


def _looked_at(
    group: Sequence[Attempt], models: Models, refused: dict[Path, str]
) -> Iterator[tuple[Attempt, int]]:
    """The variants of one base that are to be trained, and how many tokens each will read. Keeps
    the count of their validation replies' tokens, and writes down why others are refused."""
    try:
        base = models.of(group[0].base).base
    except ModelError as error:
        refused.update({attempt.folder: str(error) for attempt in group})
        return
    for attempt in group:
        try:
            read, validated = _counted(attempt, base)
        except (DataError, TrainingError) as error:
            refused[attempt.folder] = str(error)
            continue
        if attempt.record is None:
            attempt.keep(Record(fingerprint=attempt.wanted.whole, reply_tokens=validated))
        if attempt.to_train:
            yield attempt, read


def sweep(
    attempts: Sequence[Attempt],
    planned: Plan,
    models: Models,
    judging: Judging | None,
    progress: Callable[[Attempt], OnProgress],
) -> Iterator[Result]:
    """Train what is due, base by base, and give a result for every variant. What is stopped goes
    on the next time. Raises TrainingError where no variant could be kept (a full disk), or what
    judging raises."""
    for base in dict.fromkeys(attempt.base for attempt in attempts):
        for attempt in (each for each in attempts if each.base == base):
            if attempt.folder in planned.refused:
                yield Result(attempt, "refused", planned.refused[attempt.folder])
                continue
            if attempt.to_train:
                _train(attempt, models.of(base), judging, progress(attempt))
            yield _result(attempt, models, judging)


def _counted(attempt: Attempt, base: Base) -> tuple[int, int]:
    """How many tokens its training reads, and of how many its validation replies consist. Raises
    what training raises before its first step."""
    _, train, valid = prepare(attempt.recipe, base, attempt.folder)
    lora_config(attempt.recipe, base)
    read = attempt.recipe.epochs * sum(len(example.tokens) for example in train)
    return read, sum(example.learned for example in valid)


def _train(
    attempt: Attempt, model: MLXModel, judging: Judging | None, on_progress: OnProgress
) -> None:
    """Until it is finished or diverges, either of which is kept."""
    base = model.base  # loads MLX in the right order
    import mlx.core as mx

    record = attempt.record
    assert record is not None, "its replies were counted when it was planned"
    measure = judging.of_checkpoints(attempt, model) if judging else None
    mx.reset_peak_memory()
    try:
        train(attempt.recipe, base, attempt.folder, on_progress, measure)
    except TrainingError as error:
        if not _is_divergence(error):
            raise
        attempt.keep(record.model_copy(update={"diverged": str(error)}))
    else:
        attempt.keep(record.model_copy(update={"memory": int(mx.get_peak_memory())}))


def _is_divergence(error: TrainingError) -> bool:
    """A training that breaks off among its steps has the reason as its cause. That is one of
    figures, unless it has a cause itself: what the disk said."""
    cause = error.__cause__
    return isinstance(cause, TrainingError) and cause.__cause__ is None


def _result(attempt: Attempt, models: Models, judging: Judging | None) -> Result:
    record = attempt.record
    if record is not None and record.diverged is not None:
        return Result(attempt, "diverged", record.diverged, record=record)
    manifest = read_manifest(attempt.folder)
    measure = judging.of_finished(models.of(attempt.base)) if judging else None
    passed, reason = manifest.selected.passed if manifest else None, ""
    if measure:
        try:
            passed = measure(attempt.folder)
        except (AdapterError, EngineError) as error:  # of this variant: the others go on
            passed, reason = None, str(error)
    return Result(attempt, "finished", reason, manifest, record, passed)
