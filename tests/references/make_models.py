"""Tiny random models of every architecture, with what transformers computes for them.

Writes FOLDER/<model>/ (config.json, safetensors) and FOLDER/cases.json: for each case the model's folder, ids, logits,
losses of the predicted tokens and, where the case runs a layout on a model that has none, the layers that stay full and
the window of the others.
"""
import json
import os
import sys

from reference_folder import make, require

require("transformers", "torch", "safetensors")

import torch
import transformers

transformers.utils.logging.disable_progress_bar()

SEED = 77
TOKENS = 48
WINDOW = 9
LAYERS = 3
SIZES = dict(vocab_size=97, hidden_size=32, intermediate_size=48, num_hidden_layers=LAYERS, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=256, initializer_range=0.15, rms_norm_eps=1e-5,
             bos_token_id=1, eos_token_id=2, pad_token_id=None, attn_implementation="eager")
LLAMA3 = dict(rope_type="llama3", rope_theta=500.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=24)
SLIDING, FULL = "sliding_attention", "full_attention"

# name: class, fields of its configuration
MODELS = {
    "llama_mha": ("Llama", dict(num_key_value_heads=4)),
    "llama_tied": ("Llama", dict(tie_word_embeddings=True)),
    "llama_wide_heads": ("Llama", dict(head_dim=16)),
    "llama_linear": ("Llama", dict(rope_parameters=dict(rope_type="linear", rope_theta=1000.0, factor=3.0))),
    "llama_dynamic": ("Llama", dict(max_position_embeddings=20,
                                    rope_parameters=dict(rope_type="dynamic", rope_theta=1000.0, factor=2.5))),
    "llama3": ("Llama", dict(rope_parameters=LLAMA3)),
    "mistral": ("Mistral", dict(sliding_window=None, head_dim=12)),
    "mistral_window": ("Mistral", dict(sliding_window=WINDOW)),
    "ministral": ("Ministral", dict(head_dim=8, sliding_window=WINDOW, layer_types=[SLIDING, FULL, SLIDING])),
    "qwen2": ("Qwen2", dict()),
    "qwen2_upper_window": ("Qwen2", dict(use_sliding_window=True, sliding_window=WINDOW, max_window_layers=1)),
    "qwen2_layer_types": ("Qwen2", dict(use_sliding_window=True, sliding_window=WINDOW,
                                        layer_types=[FULL, SLIDING, FULL])),
    "qwen3": ("Qwen3", dict(head_dim=8)),
    "qwen3_layer_types": ("Qwen3", dict(head_dim=8, use_sliding_window=True, sliding_window=WINDOW,
                                        layer_types=[SLIDING, SLIDING, FULL])),
}
# Layouts on models that have no windows of their own: the same weights under layer_types.
LAYOUTS = [("qwen2", [FULL, SLIDING, SLIDING]), ("qwen3", [SLIDING, FULL, SLIDING]), ("qwen3", [SLIDING] * LAYERS)]


def build_model(kind, fields):
    config = getattr(transformers, kind + "Config")(**{**SIZES, **fields})
    model = getattr(transformers, kind + "ForCausalLM")(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(".bias"):
                parameter.normal_(0, 0.3)
            elif "norm" in name:
                parameter.normal_(1, 0.2)
    return model


def outputs(model):
    ids = torch.randint(3, SIZES["vocab_size"], (1, TOKENS), generator=torch.Generator().manual_seed(SEED))
    with torch.no_grad():
        # Dynamic rotary positions depend on the text's length; transformers keeps those of the longest text so far.
        shorter = model(ids[:, :-1]).logits[0]
        logits = model(ids).logits[0]
    losses = torch.nn.functional.cross_entropy(shorter, ids[0, 1:], reduction="none")
    return dict(ids=ids[0].tolist(), logits=[[round(x, 6) for x in row] for row in logits.tolist()],
                losses=losses.tolist())


def spell_as_version_4(folder):
    """Rewrites a config.json with the field names of transformers 4."""
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["torch_dtype"] = config.pop("dtype", "float32")
    kind = rope.pop("rope_type")
    if kind == "llama3":
        config["rope_scaling"] = dict(rope, rope_type=kind)
    else:
        config["rope_scaling"] = None if kind == "default" else dict(rope, type=kind)  # the oldest spelling
    with open(path, "w") as file:
        json.dump(config, file)


def build(folder):
    torch.manual_seed(SEED)
    cases = []
    for name, (kind, fields) in MODELS.items():
        model = build_model(kind, fields)
        result = outputs(model)
        model.save_pretrained(os.path.join(folder, name))
        cases.append(dict(name=name, folder=name, **result))
        if name in ("llama_mha", "llama_linear", "llama_dynamic", "llama3", "mistral_window", "qwen2"):
            model.save_pretrained(os.path.join(folder, name + "_v4"))
            spell_as_version_4(os.path.join(folder, name + "_v4"))
            cases.append(dict(name=name + ", spelling of transformers 4", folder=name + "_v4", **result))
        if name == "qwen2":
            shards = os.path.join(folder, "sharded")
            model.save_pretrained(shards, max_shard_size="20KB")
            assert os.path.exists(os.path.join(shards, "model.safetensors.index.json"))
            cases.append(dict(name="shards", folder="sharded", **result))
            commit = "0123456789abcdef0123456789abcdef01234567"
            cached = os.path.join(folder, "models--someone--qwen2-tiny")
            model.save_pretrained(os.path.join(cached, "snapshots", commit))
            os.makedirs(os.path.join(cached, "refs"))
            with open(os.path.join(cached, "refs", "main"), "w") as file:
                file.write(commit)
            cases.append(dict(name="cache", folder=os.path.basename(cached), **result))
    for dtype in (torch.float16, torch.bfloat16):
        name = str(dtype).split(".")[1]
        build_model("Llama", {}).to(dtype).save_pretrained(os.path.join(folder, name))
        model = transformers.LlamaForCausalLM.from_pretrained(os.path.join(folder, name), dtype=torch.float32,
                                                              attn_implementation="eager")
        cases.append(dict(name=name, folder=name, **outputs(model.eval())))
    for name, types in LAYOUTS:
        kind, fields = MODELS[name]
        layout = dict(use_sliding_window=True, sliding_window=WINDOW, layer_types=types, attn_implementation="eager")
        model = getattr(transformers, kind + "ForCausalLM").from_pretrained(os.path.join(folder, name), **layout)
        assert model.config.layer_types == types and model.config.sliding_window == WINDOW
        cases.append(dict(name=f"{name} with {types}", folder=name, full=[int(t == FULL) for t in types],
                          window=WINDOW, **outputs(model.float().eval())))
    with open(os.path.join(folder, "cases.json"), "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    make(__file__, build)
