"""Make a LoRA adapter of Hugging Face PEFT (adapter_config.json and adapter_model.safetensors) into
one of mlx-lm below adapters/. What cannot be carried over exactly is refused, with the reason."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from persona_eval.models.blas import prepare_cpu
from persona_eval.models.bundled import NAME
from persona_eval.models.mlx import load_base
from persona_eval.training.peft import PeftAdapter, import_peft

ADAPTERS = Path("adapters")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", type=Path, metavar="DIR", help="folder of the PEFT adapter")
    parser.add_argument("name", metavar="NAME", help="what to call it: a new folder of adapters/")
    parser.add_argument("--adapters-dir", type=Path, default=ADAPTERS, metavar="DIR")
    parser.add_argument(
        "--base", metavar="NAME_OR_DIR", help=f"try it on this base: {NAME}, or an MLX directory"
    )
    parser.add_argument("--force", action="store_true", help="replace an import of that name")


def run(options: argparse.Namespace) -> int:
    """Import. Raises AdapterError or ModelError."""
    base = None
    if options.base:
        prepare_cpu()  # the conversion imports MLX before the base is loaded
        base = partial(load_base, options.base)
    adapter = import_peft(options.source, options.adapters_dir, options.name, base, options.force)
    print(_told(options, adapter))
    return 0


def _told(options: argparse.Namespace, adapter: PeftAdapter) -> str:
    config, folder = adapter.config, options.adapters_dir / options.name
    trained_on = f", trained on {config.base}" if config.base else ""
    known = options.adapters_dir == ADAPTERS
    return (
        f"{folder}: {len(adapter.paths)} layers of rank {config.rank}, scale {config.scale:g}"
        f"{trained_on}. Try it: pytest suites/ --persona-model {options.base or 'ITS_BASE'} "
        f"--persona-adapter {options.name if known else folder}"
    )
