"""The middle layers of the packaged MiniLM."""

from __future__ import annotations

import numpy as np
import pytest

from persona_eval.scorers.base import Tools
from persona_eval.scorers.embedders import MiniLMEmbedder
from persona_eval.scorers.reader import LAYERS, WordingReader
from persona_eval.scorers.tools import default_tools, prepare

TEXTS = ["I don't know, love.", "", "Word " * 3000, "🦔", "It's Lima.", "Я не знаю."]


@pytest.fixture(scope="module")
def reader() -> WordingReader:
    return WordingReader()


def test_each_layer_has_length_one(reader: WordingReader) -> None:
    found = reader.embed(TEXTS)
    assert found.shape == (len(TEXTS), len(LAYERS) * 384)
    lengths = np.linalg.norm(found.reshape(len(TEXTS), len(LAYERS), -1), axis=2)
    assert lengths == pytest.approx(np.ones_like(lengths), abs=1e-5)
    assert reader.embed([]).shape == (0, 0)


def test_a_text_reads_the_same_alone_and_among_others(reader: WordingReader) -> None:
    together = reader.embed(TEXTS)
    for index, text in enumerate(TEXTS):
        assert reader.embed([text])[0] == pytest.approx(together[index], abs=1e-4)


def test_nothing_loads_before_a_text_is_new() -> None:
    tools = default_tools()
    prepare(tools, [])
    assert tools.reader is not None
    assert "_inner" not in vars(tools.reader)
    assert Tools().reader is None


def test_the_layers_are_those_that_transformers_computes(reader: WordingReader) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = MiniLMEmbedder().trusted_folder
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
    for text in TEXTS[:2] + TEXTS[3:]:
        with torch.inference_mode():
            tokens = tokenizer(text, return_tensors="pt")
            states = model(**tokens, output_hidden_states=True).hidden_states
        means = [states[layer].mean(1) for layer in LAYERS]
        expected = torch.cat([m / m.norm() for m in means], dim=1)[0].numpy()
        assert reader.embed([text])[0] == pytest.approx(expected, abs=1e-5)
