"""GGUF files as the package gguf writes them, with the numbers it reads back, and tiny models as GGUF and as folders.

types.gguf        metadata of every type; a tensor of every number format: "NAME" out of quantize() where it can,
                  "NAME_blocks" of random valid blocks, every half and bfloat
values/T.f32      what dequantize() makes of tensor T, raw float32
refused/NAME.gguf one tensor of a format that is not supported
MODEL.gguf        a model as llama.cpp's converter writes it
MODEL/            the same weights as a Hugging Face folder
split/            the llama model in several files
"""
import os

import reference_folder

reference_folder.require("gguf", "numpy", "safetensors", "torch", "transformers")

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, RopeScalingType, dequantize, quantize
from transformers import (LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

SEED = 20240
# Where a block's half-precision scales lie: the only bytes that random bytes could make infinite or NaN.
SCALES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
QUANTISABLE = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"]
REFUSED = ["TQ1_0", "TQ2_0", "IQ4_NL", "IQ4_XS", "IQ2_XXS", "MXFP4", "F64", "I32"]
NAMES = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
ROOTS = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "lm_head.weight": "output.weight"}


def kind(name):
    return GGMLQuantizationType[name]


def random_blocks(rng, name, rows, columns, spread):
    """Rows of random blocks whose scales are random numbers of about `spread`, either sign."""
    values, size = GGML_QUANT_SIZES[kind(name)]
    blocks = rng.integers(0, 256, (rows * columns // values, size), dtype=np.uint8)
    for begin in SCALES[name]:
        scale = rng.normal(0, spread, len(blocks)).astype(np.float16)
        blocks[:, begin:begin + 2] = scale.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_metadata(writer):
    writer.add_uint8("t.uint8", 200)
    writer.add_int8("t.int8", -100)
    writer.add_uint16("t.uint16", 60000)
    writer.add_int16("t.int16", -30000)
    writer.add_uint32("t.uint32", 4000000000)
    writer.add_int32("t.int32", -2000000000)
    writer.add_uint64("t.uint64", 1 << 40)
    writer.add_int64("t.int64", -(1 << 40))
    writer.add_float32("t.float32", 0.1)
    writer.add_float64("t.float64", 0.1)
    writer.add_bool("t.bool", True)
    writer.add_string("t.string", "naïve")
    writer.add_array("t.strings", ["one", "", "drei"])
    writer.add_array("t.integers", [1, -2, 3])


def make_types(out):
    writer = GGUFWriter(f"{out}/types.gguf", "llama")
    add_metadata(writer)
    os.makedirs(f"{out}/values")

    def add(tensor, data, name):
        writer.add_tensor(tensor, data, raw_dtype=kind(name))
        dequantize(data, kind(name)).astype(np.float32).tofile(f"{out}/values/{tensor}.f32")

    rng = np.random.default_rng(SEED)
    for name in QUANTISABLE:
        add(name, quantize(rng.normal(0, 1, (3, 512)).astype(np.float32), kind(name)), name)
    for name in SCALES:
        add(f"{name}_blocks", random_blocks(rng, name, 9, 512, 0.1), name)
    every = np.arange(1 << 16, dtype=np.uint16)
    add("F16_every", every.view(np.float16).reshape(256, 256), "F16")
    add("BF16_every", every.view(np.uint8).reshape(256, 512), "BF16")
    finish(writer)


def make_refused(out):
    os.makedirs(f"{out}/refused")
    for name in REFUSED:
        values, size = GGML_QUANT_SIZES[kind(name)]
        writer = GGUFWriter(f"{out}/refused/{name}.gguf", "llama")
        writer.add_tensor("blk.0.attn_q.weight", np.zeros((2, 2 * size), np.uint8), raw_dtype=kind(name))
        finish(writer)


def pairwise(weight, heads):
    """Rows i and i + half of each head become neighbours, as llama.cpp's llama wants them; biases likewise."""
    per_head = weight.reshape(heads, 2, -1, *weight.shape[1:])
    return np.ascontiguousarray(per_head.swapaxes(1, 2)).reshape(weight.shape)


def half_split(weight, heads):
    per_head = weight.reshape(heads, -1, 2, *weight.shape[1:])
    return np.ascontiguousarray(per_head.swapaxes(1, 2)).reshape(weight.shape)


def rotated_heads(config, name):
    """Heads of a tensor whose rows llama.cpp keeps in another order, else 0."""
    if config.model_type not in ("llama", "mistral"):
        return 0
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    return next((count for part, count in heads.items() if part in name), 0)


def gguf_name(name):
    if name in ROOTS:
        return ROOTS[name]
    _, _, layer, rest = name.split(".", 3)
    part, ending = rest.rsplit(".", 1)
    return f"blk.{layer}.{NAMES[part]}.{ending}"


def rope_divisors(rope, dim):
    """By how much Llama 3's rule divides each rotary frequency."""
    old, low, high = rope["original_max_position_embeddings"], rope["low_freq_factor"], rope["high_freq_factor"]
    divisors = []
    for i in range(0, dim, 2):
        turns = old * rope["rope_theta"] ** (-i / dim) / (2 * np.pi)
        smooth = min(max((turns - low) / (high - low), 0.0), 1.0)
        divisors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(divisors, np.float32)


def add_config(writer, config):
    writer.add_name("a training run")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if dim * config.num_attention_heads != config.hidden_size:
        writer.add_key_length(dim)
        writer.add_value_length(dim)
    writer.add_rope_dimension_count(dim)
    rope = config.rope_parameters
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "llama3":
        writer.add_tensor("rope_freqs.weight", rope_divisors(rope, dim))
    if config.model_type == "mistral" and config.sliding_window:
        writer.add_sliding_window(config.sliding_window)


def write_gguf(path, model, stored=None, **split):
    """`stored` maps Hugging Face's names to (data, format) of tensors that are not float32."""
    config = model.config
    writer = GGUFWriter(path, "llama" if config.model_type == "mistral" else config.model_type, **split)
    add_config(writer, config)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if stored and name in stored:
            data, name_of_format = stored[name]
            writer.add_tensor(gguf_name(name), data, raw_dtype=kind(name_of_format))
            continue
        weight = tensor.numpy().astype(np.float32)
        heads = rotated_heads(config, name)
        writer.add_tensor(gguf_name(name), pairwise(weight, heads) if heads else weight)
    finish(writer)


def random_model(model_class, config, seed):
    torch.manual_seed(seed)
    model = model_class(config).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if "norm" in name else 0.0, 0.1)
    return model


SHAPE = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=300, max_position_embeddings=512, tie_word_embeddings=False, attn_implementation="eager")
LLAMA3 = dict(rope_type="llama3", rope_theta=50000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)


def plain(theta):
    return dict(rope_type="default", rope_theta=theta)


def models():
    shape = SHAPE
    yield "llama", LlamaForCausalLM, LlamaConfig(**shape, rms_norm_eps=1e-5, rope_parameters=plain(10000.0))
    yield "llama3", LlamaForCausalLM, LlamaConfig(**{**shape, "tie_word_embeddings": True, "num_hidden_layers": 3},
                                                  rms_norm_eps=1e-5, rope_parameters=LLAMA3)
    yield "llama_linear", LlamaForCausalLM, LlamaConfig(**shape, rms_norm_eps=1e-5, rope_parameters=dict(
        rope_type="linear", rope_theta=10000.0, factor=4.0))
    yield "mistral", MistralForCausalLM, MistralConfig(**shape, rms_norm_eps=1e-5, head_dim=32, sliding_window=24,
                                                       rope_parameters=plain(10000.0))
    yield "qwen2", Qwen2ForCausalLM, Qwen2Config(**{**shape, "tie_word_embeddings": True}, rms_norm_eps=1e-6,
                                                 use_sliding_window=False, rope_parameters=plain(1000000.0))
    yield "qwen3", Qwen3ForCausalLM, Qwen3Config(**shape, rms_norm_eps=1e-6, head_dim=32,
                                                 rope_parameters=plain(1000000.0))


def make_mixed(out):
    """A llama in all quantised formats; its folder holds what they stand for."""
    config = LlamaConfig(**{**SHAPE, "hidden_size": 256, "intermediate_size": 512}, rms_norm_eps=1e-5,
                         rope_parameters=plain(10000.0))
    model = random_model(LlamaForCausalLM, config, SEED)
    rng = np.random.default_rng(SEED)
    formats = list(SCALES)
    # Scales that give weights of about 0.05: by the largest whole number that each format multiplies them with.
    spread = {"Q8_0": 5e-4, "Q4_0": 1e-2, "Q4_1": 5e-3, "Q5_0": 5e-3, "Q5_1": 2.5e-3, "Q2_K": 2e-3, "Q3_K": 1e-3,
              "Q4_K": 1e-4, "Q5_K": 5e-5, "Q6_K": 4e-5}
    stored, state = {}, model.state_dict()
    for i, (name, tensor) in enumerate((n, t) for n, t in state.items() if t.dim() == 2):
        format_name = formats[i % len(formats)]
        data = random_blocks(rng, format_name, *tensor.shape, spread[format_name])
        values = dequantize(data, kind(format_name)).astype(np.float32)
        heads = rotated_heads(config, name)
        state[name] = torch.from_numpy(half_split(values, heads) if heads else values)
        stored[name] = (data, format_name)
    model.load_state_dict(state)
    model.save_pretrained(f"{out}/llama_mixed")
    write_gguf(f"{out}/llama_mixed.gguf", model, stored)


def build(out):
    make_types(out)
    make_refused(out)
    for i, (name, model_class, config) in enumerate(models()):
        model = random_model(model_class, config, SEED + i)
        model.save_pretrained(f"{out}/{name}")
        write_gguf(f"{out}/{name}.gguf", model)
        if name == "llama":
            os.makedirs(f"{out}/split")
            write_gguf(f"{out}/split/llama.gguf", model, split_max_tensors=8)
    make_mixed(out)


reference_folder.make(__file__, build)
