"""Perplexity of a Hugging Face folder in transformers, on the windows that `consa evaluate --dump-tokens` wrote.

    python3 perplexity_reference.py FOLDER TOKENS [--device cuda] [--dtype float32] [--windows N]

Prints one JSON line: windows, predicted tokens, mean loss in nats, perplexity.
"""
import argparse
import json
import math

import torch
from transformers import AutoModelForCausalLM


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("tokens", help="one window a line, ids separated by spaces")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--windows", type=int, help="only the first so many")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    model = AutoModelForCausalLM.from_pretrained(arguments.folder, dtype=getattr(torch, arguments.dtype))
    model = model.to(arguments.device).eval()
    with open(arguments.tokens) as file:
        windows = [[int(word) for word in line.split()] for line in file][: arguments.windows]
    total, count = 0.0, 0
    with torch.inference_mode():
        for window in windows:
            ids = torch.tensor([window], device=arguments.device)
            logits = model(ids[:, :-1], use_cache=False).logits[0].float()
            total += torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum").item()
            count += len(window) - 1
    print(json.dumps({"folder": arguments.folder, "dtype": arguments.dtype, "windows": len(windows), "tokens": count,
                      "loss": total / count, "perplexity": math.exp(total / count),
                      "layer_types": getattr(model.config, "layer_types", None)}))


if __name__ == "__main__":
    main()
