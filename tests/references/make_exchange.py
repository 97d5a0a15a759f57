"""Tiny random models of every architecture as Hugging Face folders, and layouts as DuoAttention's numpy writes them."""
import json
import os
import sys

sys.dont_write_bytecode = True
from reference_folder import make, require

require("numpy", "torch", "transformers")

import numpy
import torch
import transformers

SHAPE = dict(num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, hidden_size=64, intermediate_size=96,
             vocab_size=300, max_position_embeddings=256)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 5e5, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}


def models():
    """Name and configuration of each model."""
    yield "llama", transformers.LlamaConfig(**SHAPE, head_dim=16, rms_norm_eps=1e-5, tie_word_embeddings=True)
    yield "llama_wide", transformers.LlamaConfig(**SHAPE, head_dim=32, rope_parameters=LLAMA3)
    yield "llama_linear", transformers.LlamaConfig(
        **SHAPE, rope_parameters={"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0})
    yield "llama_dynamic", transformers.LlamaConfig(
        **{**SHAPE, "max_position_embeddings": 64},
        rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0})
    yield "mistral", transformers.MistralConfig(**SHAPE, sliding_window=None)
    yield "mistral_window", transformers.MistralConfig(**SHAPE, sliding_window=24)
    yield "qwen2", transformers.Qwen2Config(**SHAPE)
    yield "qwen3", transformers.Qwen3Config(**SHAPE, head_dim=32)


def build_models(folder):
    for seed, (name, config) in enumerate(models()):
        torch.manual_seed(seed)
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        # Random weights of the usual size make all positions alike; larger ones make attention matter.
        with torch.no_grad():
            for key, value in model.named_parameters():
                if "layernorm" not in key and "norm.weight" not in key:
                    value.normal_(0, 0.3 if "bias" in key else 0.15)
        model.save_pretrained(os.path.join(folder, name), max_shard_size="150KB" if name == "mistral" else "1GB")


def build_layouts(folder):
    """A directory as DuoAttention's training leaves it, and masks as PruLong's csv.writer writes them."""
    dice = numpy.random.default_rng(7)
    values = numpy.clip(dice.normal(0.6, 0.5, (4, 2)), -0.0015, 1.0003)
    values[0] = [-0.00140380859375, 1.0]
    duo = os.path.join(folder, "duo")
    os.makedirs(duo)
    numpy.savetxt(os.path.join(duo, "full_attention_heads.tsv"), values, delimiter="\t")
    with open(os.path.join(duo, "config.json"), "w", encoding="ascii") as file:
        json.dump({"model_name": "models/Tiny-Llama", "sink_size": 128, "recent_size": 256, "deploy_sink_size": None,
                   "deploy_recent_size": None, "threshold": 0.5, "sparsity": None}, file)
    with open(os.path.join(folder, "duo_values.json"), "w", encoding="ascii") as file:
        json.dump(values.tolist(), file)


def build(folder):
    build_models(folder)
    build_layouts(folder)


make(__file__, build)
