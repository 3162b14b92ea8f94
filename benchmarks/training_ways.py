"""One way of training an adapter on the shared examples, in a process of its own: prints JSON."""

from __future__ import annotations

import json
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training_work import Work

MODEL = "gemma3-270m"
OURS = "persona-eval"
STOCK, FAST = "mlx_lm.lora, stock", "mlx_lm.lora, fast BLAS"
TORCH = "transformers + PEFT"
IGNORED = -100
"""The label of a position that transformers does not learn."""


def prepare(work: Work) -> dict[str, Any]:
    """Write the examples as tokens; returns how many tokens they have, and how many of those are
    learnt."""
    from persona_eval.training.corpus import read_conversations
    from persona_eval.training.examples import tokenize

    examples = tokenize(read_conversations(work.train), _base().tokenizer, sys.maxsize)
    written = [{"tokens": e.tokens, "spans": e.spans} for e in examples]
    (work.folder / "examples.json").write_text(json.dumps(written), "utf-8")
    return {
        "examples": len(examples),
        "read": sum(len(e.tokens) for e in examples),
        "learnt": sum(e.learned for e in examples),
    }


def mlx_lm_lora(way: str, work: Work) -> Clock:
    """``mlx_lm.lora`` as its users run it; only its report of each step is listened to."""
    from mlx_lm.tuner import callbacks

    clock = Clock()
    callbacks.get_reporting_callbacks = lambda *_, **__: clock
    config = work.folder / "lora.yaml"
    lora = {"rank": work.rank, "scale": work.scale, "dropout": 0.0}
    adamw = {"adamw": {"weight_decay": 0.0, "bias_correction": True}}
    config.write_text(json.dumps({"lora_parameters": lora, "optimizer_config": adamw}), "utf-8")
    sys.argv = [
        "mlx_lm.lora", "--train", "--mask-prompt", "--num-layers", "-1", "-c", str(config),
        "--model", str(_model_folder()), "--data", str(work.train.parent),
        "--adapter-path", str(work.adapter(way)), "--iters", str(work.steps),
        "--batch-size", str(work.batch_size), "--optimizer", "adamw",
        "--learning-rate", str(work.learning_rate), "--seed", str(work.seed),
        "--steps-per-report", "1",
    ]  # fmt: skip
    runpy.run_module("mlx_lm.lora", run_name="__main__")
    return clock


def mlx_lm_lora_fast(way: str, work: Work) -> Clock:
    from persona_eval.models.blas import prepare_cpu

    prepare_cpu()
    return mlx_lm_lora(way, work)


class Clock:
    """Seconds of each step, of wall and of processor, as a callback of mlx_lm's and of ours."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.processor: list[float] = []
        self.start()

    def start(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """A step is done, and the next one begins."""
        wall, processor = self._began
        self.start()
        self.seconds.append(self._began[0] - wall)
        self.processor.append(self._began[1] - processor)

    def on_train_loss_report(self, report: dict[str, Any]) -> None:
        self.stop()
        self.seconds[-1] = 1 / report["iterations_per_second"]

    def on_val_loss_report(self, report: dict[str, Any]) -> None:
        """Not timed."""

    def __call__(self, progress: Any) -> None:
        if progress.step > len(self.seconds):
            self.stop()
        self.start()


def transformers_peft(way: str, work: Work) -> Clock:
    """A plain loop over shuffled batches that are padded to their longest example."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(work.seed)
    base = AutoModelForCausalLM.from_pretrained(str(_model_folder()), dtype=torch.float32)
    lora = LoraConfig(
        r=work.rank, lora_alpha=int(work.scale * work.rank), target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip
    model = get_peft_model(base, lora).train()
    loader = torch.utils.data.DataLoader(
        work.examples(), batch_size=work.batch_size, shuffle=True, collate_fn=_padded
    )
    learnt = (p for p in model.parameters() if p.requires_grad)
    optimizer = torch.optim.AdamW(learnt, lr=work.learning_rate, weight_decay=0.0)
    clock = Clock()
    for _ in range(work.epochs):
        for batch in loader:
            clock.start()
            model(**batch).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            clock.stop()
    model.save_pretrained(str(work.adapter(way)))
    return clock


def _padded(examples: list[dict[str, Any]]) -> dict[str, Any]:
    """Token ids, attention mask and labels, padded at the right."""
    import torch

    longest = max(len(example["tokens"]) for example in examples)
    rows = [
        (
            example["tokens"],
            [1] * len(example["tokens"]),
            [
                token if any(start <= place < end for start, end in example["spans"]) else IGNORED
                for place, token in enumerate(example["tokens"])
            ],
        )
        for example in examples
    ]
    names = (("input_ids", 0), ("attention_mask", 0), ("labels", IGNORED))
    return {
        name: torch.tensor([row[n] + [pad] * (longest - len(row[n])) for row in rows])
        for n, (name, pad) in enumerate(names)
    }


def ours(way: str, work: Work) -> Clock:
    """``persona-eval train``, without validation on the way."""
    from persona_eval.training.train import train

    clock = Clock()
    train(recipe(work), _base(), work.adapter(way), clock)
    return clock


def recipe(work: Work) -> Any:
    """The settings as a recipe of ours."""
    from persona_eval.training.recipe import Recipe

    return Recipe.model_validate(
        {
            "data": {"train": str(work.train)},
            "lora": {"rank": work.rank, "scale": work.scale},
            "learning_rate": work.learning_rate,
            "schedule": "constant",
            "warmup": 0,
            "batch_size": work.batch_size,
            "epochs": work.epochs,
            "seed": work.seed,
            "max_length": 1 << 20,
            "clip": None,
            "select": "last",
        }
    )


def judge(work: Work) -> dict[str, Any]:
    """Validation losses in nats per reply token, all by our own code: of the base, and of each
    adapter by the name of its folder."""
    from persona_eval.models.adapter_files import PEFT_FILES
    from persona_eval.models.adapters import take_off, wear
    from persona_eval.training.batches import valid_batches
    from persona_eval.training.corpus import read_conversations
    from persona_eval.training.examples import tokenize
    from persona_eval.training.loss import objective
    from persona_eval.training.peft import import_peft

    base = _base()
    examples = tokenize(read_conversations(work.valid), base.tokenizer, sys.maxsize)
    batches = list(valid_batches(examples, work.batch_size))
    goal = objective(base.model, batches[0])
    learnt = sum(len(batch.targets) for batch in batches)

    def loss() -> float:
        return sum(float(goal.total(batch).item()) for batch in batches) / learnt

    losses = {"": loss()}
    for folder in sorted((work.folder / "adapters").iterdir()):
        worn = folder
        if (folder / PEFT_FILES[0]).is_file():
            import_peft(folder, work.folder / "imported", folder.name, lambda: base)
            worn = work.folder / "imported" / folder.name
        originals = wear(base, worn)
        losses[folder.name] = loss()
        take_off(base.model, originals)
    return losses


def _base() -> Any:
    from persona_eval.models.blas import prepare_cpu

    prepare_cpu()
    from persona_eval.models.locate import locate
    from persona_eval.models.mlx import load_base

    return load_base(locate(MODEL))


def _model_folder() -> Path:
    """The converted model, which transformers reads as well; ``prepare`` has seen to it that it
    is there, so that nothing loads MLX here."""
    from persona_eval.models.locate import locate

    return locate(MODEL).path


WAYS: dict[str, Callable[[str, Work], Clock]] = {
    OURS: ours,
    STOCK: mlx_lm_lora,
    FAST: mlx_lm_lora_fast,
    TORCH: transformers_peft,
}


def main(name: str, folder: Path) -> dict[str, Any]:
    """What a way or a step of the benchmark has to say."""
    work = Work.load(folder)
    if name == "prepare":
        return prepare(work)
    if name == "judge":
        return judge(work)
    if name == "parts":
        from training_parts import parts

        return parts(work)
    clock = WAYS[name.removesuffix(AGAIN)](name, work)
    return {"seconds": clock.seconds[-work.timed :], "processor": clock.processor[-work.timed :]}


AGAIN = ", again"

if __name__ == "__main__":
    from persona_eval.models.memory import peak
    from persona_eval.models.offline import offline

    with offline():
        found = main(sys.argv[1], Path(sys.argv[2]))
    print(f"\n{json.dumps(found | {'peak': peak()})}")
