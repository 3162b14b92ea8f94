"""One way of answering the prompts of Tully's suites, in a process of its own: prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ADAPTER = ROOT / "adapters" / "tully"
PROMPTS, TOKENS, ROWS = 32, 64, 32
ALONE = 12
"""Prompts of a way that takes one at a time: its rate does not depend on their number."""
TEMPERATURE, TOP_P, TOP_K = 0.8, 0.95, 50


def conversations(count: int) -> list[list[dict[str, str]]]:
    """First turns of cases, spread over the suites."""
    from persona_eval.scorers.registry import default_registry
    from persona_eval.suite.load import load_suite
    from persona_eval.trials import Trial

    registry = default_registry()
    suites = [load_suite(path, registry) for path in sorted(ROOT.glob("suites/tully/*.suite.yaml"))]
    cases = [(case, suite.persona) for suite in suites for case in suite.cases]
    requests = [Trial(*each, 0).next_request() for each in cases[:: len(cases) // count]]
    return [
        [{"role": m.role, "content": m.content} for m in request.messages]
        for request in requests[:count]
        if request
    ]


def measured(generate: Callable[[], Iterator[int]], replies: int) -> dict[str, float]:
    """Runs it; each number it yields is a count of generated tokens."""
    started = time.perf_counter()
    tokens = sum(generate())
    seconds = time.perf_counter() - started
    return {"tokens/s": tokens / seconds, "replies/s": replies / seconds}


def mlx_loop() -> dict[str, float]:
    """``mlx_lm.generate`` in a loop, as its README shows."""
    from mlx_lm import load, stream_generate
    from mlx_lm.sample_utils import make_sampler

    model, tokenizer = load(str(_model_folder()), adapter_path=str(ADAPTER))[:2]
    sampler = make_sampler(TEMPERATURE, top_p=TOP_P, top_k=TOP_K)
    prompts = [
        tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        for turns in conversations(ALONE)
    ]

    def generate() -> Iterator[int]:
        for prompt in prompts:
            stream = stream_generate(model, tokenizer, prompt, max_tokens=TOKENS, sampler=sampler)
            yield [part.generation_tokens for part in stream][-1]

    return measured(generate, ALONE)


def mlx_loop_fast_blas() -> dict[str, float]:
    from persona_eval.models.blas import load_fast_blas

    load_fast_blas()
    return mlx_loop()


def transformers(rows: int, count: int) -> dict[str, float]:
    """Hugging Face on torch, the adapter merged into the weights, batches padded at the left."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = str(_model_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    _merge(model, ADAPTER)
    prompts = [
        tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=False)
        for turns in conversations(count)
    ]
    stop = tokenizer.eos_token_id

    def generate() -> Iterator[int]:
        for start in range(0, len(prompts), rows):
            part = prompts[start : start + rows]
            longest = max(map(len, part))
            ids = torch.tensor([[0] * (longest - len(p)) + p for p in part])
            mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in part])
            with torch.inference_mode():
                out = model.generate(
                    ids, attention_mask=mask, do_sample=True, temperature=TEMPERATURE,
                    top_p=TOP_P, top_k=TOP_K, max_new_tokens=TOKENS, eos_token_id=stop,
                    pad_token_id=0,
                )  # fmt: skip
            for reply in out[:, longest:].tolist():
                yield reply.index(stop) + 1 if stop in reply else len(reply)

    return measured(generate, count)


def _merge(model: Any, adapter: Path) -> None:
    import torch
    from safetensors.torch import load_file

    weights = load_file(adapter / "adapters.safetensors")
    scale = json.loads((adapter / "adapter_config.json").read_text())["lora_parameters"]["scale"]
    modules = dict(model.named_modules())
    with torch.no_grad():
        for name in {key.rsplit(".", 1)[0] for key in weights}:
            a, b = (weights[f"{name}.lora_{side}"].float() for side in "ab")
            modules[name].weight += scale * (a @ b).T


def step() -> dict[str, float]:
    """A step of ours at 32 rows, beside its bare matrix products and its sampling."""
    from persona_eval.models.blas import prepare_cpu

    prepare_cpu()
    import mlx.core as mx
    import numpy as np

    from persona_eval.models.decoding import Decoder, _likeliest_by_word, merged
    from persona_eval.models.locate import locate
    from persona_eval.models.mlx import MLXModel
    from persona_eval.models.sampling import PENALTY_WINDOW, Sampling, draw
    from persona_eval.suite.card import Generation

    model = MLXModel(locate("gemma3-270m"), ROWS)
    model.wear(ADAPTER)
    decoder = Decoder(model.base.model)
    prompt = decoder.new_cache()
    decoder.read([list(range(100, 100 + CACHED))], prompt)
    rows = merged([prompt] * ROWS)
    sampling = Sampling.of([Generation()] * ROWS)
    recent = np.zeros((ROWS, PENALTY_WINDOW), dtype=int)
    count = 50 + PENALTY_WINDOW
    ids, logits = decoder.step([5] * ROWS, rows, count)
    banned, uniform = np.zeros(ids.shape, dtype=bool), np.full(ROWS, 0.5)
    scores = mx.random.normal((262144, ROWS))
    matrices = _matrices(model.base.model)
    inputs = {width: mx.random.normal((width, ROWS)) for width in {w.shape[1] for w in matrices}}
    heads, attended = _attention(model.base.model, rows)
    mx.eval(scores, inputs, heads)
    times = alternating(
        {
            "step": lambda: decoder.step([5] * ROWS, rows, count),
            "products of weights": lambda: mx.eval([w @ inputs[w.shape[1]] for w in matrices]),
            "products of attention": lambda: mx.eval(
                [heads @ keys.swapaxes(-1, -2) @ values for keys, values in attended]
            ),
            "likeliest": lambda: mx.eval(_likeliest_by_word(scores, count)),
            "draw": lambda: draw(ids, logits, sampling, recent, banned, uniform),
        }
    )
    return {f"seconds of {name}": seconds for name, seconds in times.items()}


CACHED = 96
"""Tokens a row that a step looks back on."""


def _attention(model: Any, cache: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """Queries of one token a row, and the keys and values of each layer as they are kept."""
    import mlx.core as mx

    kept = [[mx.contiguous(part[:, :, :CACHED]) for part in layer.state[:2]] for layer in cache]
    rows, shared, _, width = kept[0][0].shape
    grouped = model.args.num_attention_heads // shared
    return mx.random.normal((rows, shared, grouped, width)), kept


def _matrices(model: Any) -> list[Any]:
    from mlx.utils import tree_flatten

    return [w for _, w in tree_flatten(model.parameters()) if w.ndim == 2]


def alternating(work: dict[str, Callable[[], Any]], rounds: int = 9) -> dict[str, float]:
    """The median seconds of each, taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, do in work.items():
            started = time.perf_counter()
            do()
            if number:
                times[name].append(time.perf_counter() - started)
    return {name: sorted(taken)[len(taken) // 2] for name, taken in times.items()}


def _model_folder() -> Path:
    """The converted model; it must have been converted before, without loading MLX here."""
    from persona_eval.models.locate import locate

    return locate("gemma3-270m").path


WAYS: dict[str, Callable[[], dict[str, float]]] = {
    "mlx_lm.generate, stock": mlx_loop,
    "mlx_lm.generate, fast BLAS": mlx_loop_fast_blas,
    "transformers, one at a time": lambda: transformers(1, ALONE),
    "transformers, batches of 8": lambda: transformers(8, PROMPTS),
    "transformers, batches of 32": lambda: transformers(32, PROMPTS),
    "step": step,
}

if __name__ == "__main__":
    from persona_eval.models.memory import peak
    from persona_eval.models.offline import offline

    with offline():
        found = WAYS[sys.argv[1]]()
    print(json.dumps(found | {"peak GiB": peak() / 2**30}))
