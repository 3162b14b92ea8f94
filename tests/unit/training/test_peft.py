"""What of a PEFT adapter is imported, and which configurations are refused and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from peft_files import Tensors, tiny_tensors, write_peft

from persona_eval.errors import AdapterError
from persona_eval.training.adapter import find_adapters, load_adapter, resolve_adapter
from persona_eval.training.peft import import_peft


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "adapters"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def written(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "adapter_config.json").read_text()))


def test_an_import_is_an_adapter_like_others(tmp_path: Path, root: Path) -> None:
    import_peft(write_peft(tmp_path / "peft"), root, "tully")
    assert find_adapters(root) == ["tully"]
    assert resolve_adapter("tully", root) == root / "tully"
    assert load_adapter(root / "tully").manifest is None
    assert names(root / "tully") == ["adapter_config.json", "adapters.safetensors"]
    assert written(root / "tully") == {
        "base_fingerprint": None,
        "base_name": "someone/tiny-llama",
        "fine_tune_type": "lora",
        "lora_parameters": {
            "dropout": 0.05,
            "keys": ["mlp.down_proj", "self_attn.q_proj"],
            "rank": 4,
            "scale": 2.0,
        },
        "num_layers": -1,
    }


@pytest.mark.parametrize(
    ("changes", "scale"),
    [({}, 2.0), ({"lora_alpha": 1}, 0.25), ({"use_rslora": True}, 4.0), ({"lora_alpha": 6.0}, 1.5)],
)
def test_the_scale(changes: dict[str, Any], scale: float, tmp_path: Path, root: Path) -> None:
    import_peft(write_peft(tmp_path / "peft", **changes), root, "tully")
    assert written(root / "tully")["lora_parameters"]["scale"] == scale


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("google/gemma-3-270m", "google/gemma-3-270m"),
        ("/models/tiny", "tiny"),
        ("./tiny/", "tiny"),
        ("C:\\models\\tiny", "tiny"),
        ("", None),
        (None, None),
    ],
)
def test_the_base_is_named_without_the_way_to_it(
    path: str | None, name: str | None, tmp_path: Path, root: Path
) -> None:
    import_peft(write_peft(tmp_path / "peft", base_model_name_or_path=path), root, "tully")
    assert written(root / "tully")["base_name"] == name


def test_a_configuration_of_an_early_version_is_enough(tmp_path: Path, root: Path) -> None:
    source = write_peft(tmp_path / "peft")
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]}
    (source / "adapter_config.json").write_text(json.dumps(config))
    import_peft(source, root, "tully")
    assert written(root / "tully")["lora_parameters"]["scale"] == 2.0


HARMLESS: dict[str, dict[str, Any]] = {
    "new and off": {"later_a": None, "later_b": False, "later_c": {}, "later_d": [], "later_e": 0},
    "how it was started": {"init_lora_weights": "gaussian", "eva_config": {"rho": 2.0}},
    "how it was trained": {"inference_mode": False, "revision": "main", "task_type": None},
    "all linear layers": {"target_modules": "all-linear"},
}


@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_settings(case: str, tmp_path: Path, root: Path) -> None:
    import_peft(write_peft(tmp_path / "peft", **HARMLESS[case]), root, "tully")
    assert written(root / "tully")["lora_parameters"]["keys"] == [
        "mlp.down_proj",
        "self_attn.q_proj",
    ]


LAST_BLOCK = {name: t for name, t in tiny_tensors().items() if ".layers.1." in name}
PICKED: dict[str, tuple[Tensors, dict[str, Any]]] = {
    "by number": (LAST_BLOCK, {"layers_to_transform": [1], "layers_pattern": "layers"}),
    "by one number": (LAST_BLOCK, {"layers_to_transform": 1}),
    "left out": (LAST_BLOCK, {"exclude_modules": r".*\.0\..*"}),
    "by a regular expression": (LAST_BLOCK, {"target_modules": r".*\.1\..*(q|down)_proj"}),
    "by their paths": (LAST_BLOCK, {"target_modules": ["layers.1.self_attn.q_proj"]}),
}


@pytest.mark.parametrize("case", PICKED)
def test_picked_layers_are_named_by_their_full_paths(case: str, tmp_path: Path, root: Path) -> None:
    tensors, changes = PICKED[case]
    import_peft(write_peft(tmp_path / "peft", tensors, **changes), root, "tully")
    assert written(root / "tully")["lora_parameters"]["keys"] == [
        "model.layers.1.mlp.down_proj",
        "model.layers.1.self_attn.q_proj",
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "whole modules": ({"modules_to_save": ["lm_head"]}, "modules_to_save: whole modules were trained"),
    "ranks": ({"rank_pattern": {"q_proj": 8}}, "rank_pattern: some layers have a rank of their own"),
    "scales": ({"alpha_pattern": {"q_proj": 8}}, "alpha_pattern: some layers have a scale of their own"),
    "biases": ({"bias": "lora_only"}, "bias: is 'lora_only': biases of the base were trained too"),
    "biases of updates": ({"lora_bias": True}, "lora_bias: the updates have biases"),
    "DoRA": ({"use_dora": True}, "use_dora: DoRA scales the sum"),
    "another type": ({"peft_type": "IA3"}, "peft_type: is 'IA3', and only LORA can be imported"),
    "no type": ({"peft_type": None}, "peft_type: is missing, so this is no configuration of PEFT"),
    "transposed weights": ({"fan_in_fan_out": True}, "fan_in_fan_out: the layers store their weights the other"),
    "parameters": ({"target_parameters": ["experts.up"]}, "target_parameters: bare parameters"),
    "tokens": ({"trainable_token_indices": [5]}, "trainable_token_indices: embeddings of single tokens"),
    "repeated layers": ({"layer_replication": [[0, 2], [1, 2]]}, "layer_replication: layers of the base are"),
    "another start": ({"init_lora_weights": "pissa_niter_4"}, "is 'pissa_niter_4', which changes the base's own"),
    "a strange start": ({"init_lora_weights": ["x"]}, r"is \['x'\], which changes"),
    "unknown and on": ({"use_later": True}, "use_later: is not known here, and not off"),
    "no rank": ({"r": 0}, "r: is 0, and must be a whole number above 0"),
    "no alpha": ({"lora_alpha": None}, "lora_alpha: is None, and must be a number other than 0"),
    "alpha 0": ({"lora_alpha": 0}, "lora_alpha: is 0, and"),
    "odd dropout": ({"lora_dropout": 1.5}, "lora_dropout: is 1.5, and must be from 0 to below 1"),
    "odd switch": ({"use_rslora": "yes"}, "use_rslora: is 'yes', and must be true or false"),
    "a pattern alone": ({"layers_pattern": "h"}, "layers_pattern: has no layers_to_transform"),
    "an odd pattern": ({"layers_pattern": 3}, "layers_pattern: is 3, and must be a name or several"),
    "another pattern": (
        {"layers_pattern": "h", "layers_to_transform": [0, 1]},
        r"layers_to_transform: leaves out layers that have tensors: model\.layers\.0\.mlp",
    ),
    "odd blocks": ({"layers_to_transform": ["0"]}, r"layers_to_transform: is \['0'\], and must list whole"),
    "fewer blocks": (
        {"layers_to_transform": [0]},
        r"leaves out layers that have tensors: model\.layers\.1\.mlp\.down_proj, model\.layers\.1\.self",
    ),
    "more blocks": ({"layers_to_transform": [0, 1, 7]}, "names layers without tensors: 7"),
    "odd targets": ({"target_modules": [1]}, r"target_modules: is \[1\], and must be a name or several"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_configurations(case: str, tmp_path: Path, root: Path) -> None:
    changes, message = REFUSED[case]
    source = write_peft(tmp_path / "peft", **changes)
    with pytest.raises(AdapterError, match=f"peft cannot be imported:\n- .*{message}") as caught:
        import_peft(source, root, "tully")
    assert "\n  Mend: " in str(caught.value)
    assert not root.exists()


def test_all_reasons_come_at_once_each_mend_said_once(tmp_path: Path, root: Path) -> None:
    nan = {name: tensor * np.nan for name, tensor in tiny_tensors().items()}
    source = write_peft(tmp_path / "peft", nan, use_dora=True, bias="all", r=0)
    with pytest.raises(AdapterError) as caught:
        import_peft(source, root, "base")
    lines = str(caught.value).splitlines()
    reasons = [line.split(":")[0] for line in lines[1:] if line.startswith("- ")]
    assert reasons == [
        "- the name base",
        "- adapter_config.json, use_dora",
        "- adapter_config.json, bias",
        "- adapter_config.json, r",
        "- adapter_model.safetensors",
    ]
    mends = [line for line in lines if line.startswith("  Mend: ")]
    assert len(mends) == len(set(mends)) == 4
