"""A training that was stopped, on disk: everything it needs to go on as if it never had been."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.training.adapter import Point
from persona_eval.training.loop import Loop

STATE_FILE = "state.safetensors"
RECORD = "record"


@dataclass
class Record:
    """What a training has seen so far."""

    fingerprint: str
    """Of what it is made from: another one cannot go on from here."""
    step: int = 0
    read: int = 0
    """Tokens read."""
    learned: int = 0
    """Reply tokens learnt from."""
    stepping: float = 0.0
    """Seconds in steps."""
    seconds: float = 0.0
    """Seconds in all, over all sittings."""
    loss: float = 0.0
    """Sum over the reply tokens since the last checkpoint, in nats."""
    tokens: int = 0
    """How many reply tokens that were."""
    points: list[Point] = field(default_factory=list)
    """The checkpoints so far."""


def save_state(folder: Path, loop: Loop, record: Record) -> None:
    """Write beside and rename, in full precision. Raises TrainingError when the disk refuses."""
    import mlx.core as mx
    from mlx.utils import tree_flatten

    record.step, record.read, record.stepping = loop.step, loop.read, loop.seconds
    points = [point.model_dump() for point in record.points]
    written = json.dumps(asdict(record) | {"points": points})
    tensors = {
        **{f"model.{k}": v for k, v in tree_flatten(loop.objective.model.trainable_parameters())},
        **{f"optimizer.{k}": v for k, v in tree_flatten(loop.optimizer.state)},
    }
    beside = folder / f".{STATE_FILE}"  # MLX appends the suffix to a name without it
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mx.save_safetensors(str(beside), tensors, metadata={RECORD: written})
        os.replace(beside, folder / STATE_FILE)
    except (OSError, RuntimeError) as error:  # RuntimeError: MLX's way to say so
        beside.unlink(missing_ok=True)
        raise TrainingError(
            f"the state of the training cannot be saved in {folder}: {error}"
        ) from error


def load_state(folder: Path, loop: Loop, fingerprint: str) -> Record | None:
    """Put the loop where a stopped training left it. None, and nothing is changed, when there is
    none, when it cannot be read, or when it was made from something else."""
    import mlx.core as mx
    from mlx.utils import tree_unflatten

    path = folder / STATE_FILE
    if not path.is_file():
        return None
    try:
        loaded: Any = mx.load(str(path), return_metadata=True)
        tensors, metadata = loaded
        record = _record(metadata[RECORD])
    except (RuntimeError, KeyError, TypeError, ValueError):  # damaged: nothing to go on from
        return None
    if record.fingerprint != fingerprint:
        return None
    loop.objective.model.update(tree_unflatten(_below("model.", tensors)))
    loop.optimizer.state = tree_unflatten(_below("optimizer.", tensors))
    loop.step, loop.read, loop.seconds = record.step, record.read, record.stepping
    return record


def _record(text: str) -> Record:
    data = json.loads(text)
    return Record(**data | {"points": [Point.model_validate(point) for point in data["points"]]})


def _below(prefix: str, tensors: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(k.removeprefix(prefix), v) for k, v in tensors.items() if k.startswith(prefix)]
