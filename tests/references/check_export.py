"""Compares exported Hugging Face folders with the models that they were made from: check_export.py JOBS

JOBS is JSON, a list of {"exported": folder, "original": folder, "slides": [0 or 1 a layer], "window": tokens, "tokens":
length of the text}. The original runs layer by layer under masks drawn here, so nothing of the exported configuration is
trusted. Prints a JSON list, an object a job: {"difference": largest difference of two logits, "effect": largest change
that the sliding layers make, "reference": how far this reference is from the original where nothing slides, "class":
name of the exported model's class, "largest": largest logit, "sameTokens": whether AutoTokenizer gives the ids of the
folder's tokenizer.json, null without one}.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
from reference_folder import require

require("tokenizers", "torch", "transformers")

import tokenizers
import torch
import transformers


def load(folder):
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    unread = {key: list(value) for key, value in report.items() if value}
    if unread:
        sys.exit(f"{folder}: {unread}")
    return model.eval()


def mask(tokens, window):
    """0 where a query may look, a very low number elsewhere, [1, 1, tokens, tokens]. window 0: no bound."""
    distance = torch.arange(tokens)[:, None] - torch.arange(tokens)[None, :]
    visible = (distance >= 0) & ((distance < window) if window else True)
    return torch.where(visible, 0.0, torch.finfo(torch.float32).min)[None, None]


def native_window(config, layer):
    """Tokens that a layer of the original sees, 0 for no bound."""
    window = getattr(config, "sliding_window", None) or 0
    types = getattr(config, "layer_types", None)
    return window if types is None or types[layer] == "sliding_attention" else 0


def smallest(*windows):
    bounds = [window for window in windows if window]
    return min(bounds) if bounds else 0


def reference(model, ids, slides, window):
    body = model.model
    hidden = body.embed_tokens(ids)
    positions = torch.arange(ids.shape[1])[None]
    rotary = body.rotary_emb(hidden, positions)
    for index, layer in enumerate(body.layers):
        bound = smallest(native_window(model.config, index), window if slides[index] else 0)
        result = layer(hidden, attention_mask=mask(ids.shape[1], bound), position_ids=positions,
                       position_embeddings=rotary)
        hidden = result[0] if isinstance(result, tuple) else result
    return model.lm_head(body.norm(hidden))


def largest(first, second):
    return (first - second).abs().max().item()


def has_same_tokens(folder):
    path = os.path.join(folder, "tokenizer.json")
    if not os.path.exists(path):
        return None
    text = "Hello, World's END!!\n\nIn 1998   pi was\t3.14159 - na\u00efve caf\u00e9"
    expected = tokenizers.Tokenizer.from_file(path).encode(text).ids
    return transformers.AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == expected


@torch.no_grad()
def compare(job):
    exported, original = load(job["exported"]), load(job["original"])
    torch.manual_seed(1)
    ids = torch.randint(0, original.config.vocab_size, (1, job["tokens"]))
    whole = original(ids).logits
    expected = reference(original, ids, job["slides"], job["window"])
    unbounded = reference(original, ids, [0] * len(job["slides"]), 0)
    return {"difference": largest(exported(ids).logits, expected), "effect": largest(expected, whole),
            "reference": largest(unbounded, whole), "class": type(exported).__name__,
            "largest": expected.abs().max().item(), "sameTokens": has_same_tokens(job["exported"])}


print(json.dumps([compare(job) for job in json.loads(sys.argv[1])]))
