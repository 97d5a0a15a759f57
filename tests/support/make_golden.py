"""Makes tests/fixtures: what Hugging Face's packages say about the same models, tokenizers and numbers.

    pip install gguf==0.19.0 tokenizers==0.23.3 transformers==5.24.0 safetensors torch==2.11.0
    python3 tests/support/make_golden.py tests/fixtures [MODEL.gguf]

MODEL.gguf is the default model (SmolLM2-135M-Instruct.Q4_1.gguf as the set-up installs it); without it the parts that
need it are left as they are. Everything is seeded: running it again changes nothing but last digits.
"""
import json
import os
import sys
import unicodedata

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, dequantize, quantize
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

SEED = 20240
TYPES = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1"]

# Our own words; long enough for a context of about 200 tokens, with recalls, numbers, code and accents.
PASSAGE = """The lighthouse keeper of Tarn Island kept three ledgers: one for ships, one for storms, and one for letters.
On 14 March 1893 she wrote that the brig Amaryllis had passed at 06:45, bound for Göteborg with 212 barrels of tar.
"It's a fair wind," she noted, "and they'll be home before the week is out." The storm came at noon.

for (int hour = 0; hour < 24; ++hour) {
    log.write(hour, "wind", north[hour] * 1.852);
}

Years later a student found the ledgers in a tin box and copied them into a table. She saw that every ship named in
the first ledger was answered by a letter in the third, except one: the brig that had passed at 06:45 on the
fourteenth of March, bound for Göteborg, the Amaryllis.
"""

# Strings that have broken tokenizers.
TRICKY = [
    "",
    "Hello world",
    " Hello  world ",
    "digits 0 12 345 6789 1234567890, 3.14159e-10, 1,000,000, ½ Ⅳ ٣٤",
    "I'm you're she'd we'll they've it's O'Neil 'tis don't DON'T 'S 'LL",
    "tabs\tand\t\ttabs\nand\n\n\nlines\r\n\r\n  indented\n    more   \n",
    "          ten spaces, trailing          ",
    "naïve café Zürich Œuvre straße ŁÓDŹ",
    "Ελληνικά Русский עברית العربية हिन्दी ไทย 日本語 한국어 中文。",
    "emoji 😀 👩‍👩‍👧‍👦 🇩🇪 ✈️ ☃",
    "\u00a0no\u2003break\u200bzero\ufeffbom\u2028line",
    "if (a<=b && c!=d) { return x->y[0] += 0x1F; } // done",
    "def f(x):\n    return {k: v**2 for k, v in x.items()}\n",
    "<|im_start|>user\nHi<|im_end|>\n<|endoftext|>",
    "broken <|im_start > and <|im_start|><|im_start|>",
    "a" * 300,
    "-" * 200 + "=" * 77,
    "https://example.org/path?q=1&r=%20#frag foo_bar-baz.qux@mail",
    "!!!???...,,,;;;:::'''\"\"\"```~~~",
    "mixed123abc456 v2.0b1 x86_64 3rd 2nd",
    "\x01\x02\x1b[0m control \x7f",
    PASSAGE,
]
# Text that the composed form changes: marks out of order, single letters of Hangul, characters that stand for others.
UNCOMPOSED = ["cafe\u0301 A\u030a \u212b \u2126", "q\u0307\u0323 q\u0323\u0307 a\u0315\u0300\u05ae\u0062",
              "\u1112\u1161\u11ab\u1100\u1173\u11af \uac00\u11a8", "\u0958 \u0915\u093c \u0340 \u1f71 \ufb2a \u2adc"]
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

NAMES = {"attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
         "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
         "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
ROOTS = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


def short(values, digits=7):
    return [float(f"%.{digits}g" % value) for value in values]


def make_types(out):
    """One tensor of every supported type, and metadata of every type."""
    path = f"{out}/types.gguf"
    writer = GGUFWriter(path, "llama")
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
    rng = np.random.default_rng(SEED)
    for name in TYPES:
        values = rng.normal(0, 1, (3, 64)).astype(np.float32)
        kind = GGMLQuantizationType[name]
        writer.add_tensor(name.lower(), quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    values = {t.name: short(dequantize(t.data, t.tensor_type).astype(np.float32).ravel(), 9) for t in GGUFReader(path).tensors}
    write_json(f"{out}/types.json", values)


def half_split(weight, heads):
    """Rows 2i and 2i+1 of each head become rows i and i + half."""
    per_head = weight.reshape(heads, -1, weight.shape[-1])
    return np.concatenate([per_head[:, 0::2], per_head[:, 1::2]], axis=1).reshape(weight.shape)


def read_gguf(source):
    reader = GGUFReader(source)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    state = {}
    for tensor in reader.tensors:
        weight = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        weight = weight.reshape([int(n) for n in reversed(tensor.shape)])
        if tensor.name in ROOTS:
            state[ROOTS[tensor.name]] = weight
            continue
        _, layer, part, _ = tensor.name.split(".")
        if part == "attn_q":
            weight = half_split(weight, fields["llama.attention.head_count"])
        if part == "attn_k":
            weight = half_split(weight, fields["llama.attention.head_count_kv"])
        state[f"model.layers.{layer}.{NAMES[part]}.weight"] = weight
    return fields, state


def model_from_gguf(fields, state):
    config = LlamaConfig(
        hidden_size=fields["llama.embedding_length"], intermediate_size=fields["llama.feed_forward_length"],
        num_hidden_layers=fields["llama.block_count"], num_attention_heads=fields["llama.attention.head_count"],
        num_key_value_heads=fields["llama.attention.head_count_kv"], vocab_size=len(fields["tokenizer.ggml.tokens"]),
        max_position_embeddings=fields["llama.context_length"], rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": float(fields["llama.rope.freq_base"])})
    assert abs(fields["llama.attention.layer_norm_rms_epsilon"] - 1e-5) < 1e-9
    model = LlamaForCausalLM(config).float().eval()
    tensors = {name: torch.from_numpy(np.ascontiguousarray(weight)) for name, weight in state.items()}
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model


def tokenizer_from_gguf(fields):
    vocab = {token: index for index, token in enumerate(fields["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens([token for token, index in vocab.items() if kinds[index] == 3])
    return tokenizer


def encoded(tokenizer, texts):
    return [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in texts]


@torch.no_grad()
def measure(model, ids):
    logits = model(torch.tensor([ids])).logits[0].double()
    nll = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="none")
    return logits, nll


def make_default(out, source):
    fields, state = read_gguf(source)
    tokenizer = tokenizer_from_gguf(fields)
    write_json(f"{out}/default_tokenizer.json", encoded(tokenizer, TRICKY))

    rng = np.random.default_rng(SEED)
    samples = []
    names = ["model.embed_tokens.weight", "model.norm.weight", "model.layers.0.self_attn.q_proj.weight",
             "model.layers.17.self_attn.k_proj.weight", "model.layers.29.self_attn.v_proj.weight",
             "model.layers.3.mlp.down_proj.weight", "model.layers.12.input_layernorm.weight"]
    for name in names:
        flat = state[name].ravel()
        places = sorted(int(i) for i in rng.choice(flat.size, 48, replace=False))
        samples.append({"name": name, "shape": list(state[name].shape), "indices": places,
                        "values": short(flat[places], 9), "sum": float(flat.astype(np.float64).sum())})
    write_json(f"{out}/default_tensors.json", samples)

    ids = tokenizer.encode(PASSAGE, add_special_tokens=False).ids
    logits, nll = measure(model_from_gguf(fields, state), ids)
    tops = []
    for position in [0, 1, 7, 40, 90, 150, len(ids) - 1]:
        top = torch.topk(logits[position], 5)
        tops.append({"position": position, "ids": top.indices.tolist(), "logits": short(top.values.tolist())})
    write_json(f"{out}/default_model.json", {"text": PASSAGE, "ids": ids, "nll": short(nll.tolist()), "topLogits": tops,
                                             "perplexity": float(nll.mean().exp())})
    print("default model:", len(ids), "tokens, perplexity", float(nll.mean().exp()))


def make_trained_tokenizers(out):
    """Small vocabularies of our own under the pre-tokenizers of Llama 3, Qwen 2 and GPT-2."""
    split = lambda pattern: pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    kinds = {"llama3": (split(LLAMA3), None, True), "qwen2": (split(QWEN2), normalizers.NFC(), False),
             "gpt2_prefix_space": (pre_tokenizers.ByteLevel(add_prefix_space=True), None, False)}
    for name, (pre_tokenizer, normalizer, ignores_merges) in kinds.items():
        tokenizer = Tokenizer(models.BPE(ignore_merges=ignores_merges))
        tokenizer.pre_tokenizer = pre_tokenizer
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=480, show_progress=False, special_tokens=["<|end|>"],
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator([PASSAGE] * 3 + TRICKY[1:9], trainer)
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        tokenizer.add_tokens([AddedToken("<tool>", lstrip=True, rstrip=True, normalized=False),
                              AddedToken("whole", single_word=True, normalized=False)])
        texts = [t for t in TRICKY if t] + UNCOMPOSED + ["a <tool> b<|end|>c", "the whole, wholesome un-whole whole"]
        description = json.loads(tokenizer.to_str())
        write_json(f"{out}/tokenizer_{name}.json", description)
        write_json(f"{out}/tokenizer_{name}_ids.json", encoded(tokenizer, texts))


def make_composed_form(out):
    """Random sequences of characters that the composed form treats in some way, through tokenizers' NFC."""
    rng = np.random.default_rng(SEED)
    pool = [p for p in range(0x20, 0x30000) if not 0xD800 <= p <= 0xDFFF and
            (unicodedata.combining(chr(p)) or unicodedata.normalize("NFD", chr(p)) != chr(p))]
    # tokenizers knows an older Unicode than ours: take characters that both know.
    pool = [p for p in pool if unicodedata.ucd_3_2_0.category(chr(p)) != "Cn"]
    pool = [p for p in pool if not 0xAC00 <= p <= 0xD7A3 or p % 211 == 0]
    simple = [0x41, 0x61, 0x65, 0x6F, 0x3B1, 0x915, 0xAC00] + list(range(0x300, 0x345)) + list(range(0x1100, 0x11C3))
    texts = [[int(p) for p in rng.choice(pool if i % 2 else simple, rng.integers(1, 7))] for i in range(1200)]
    normalizer = normalizers.NFC()
    texts = ["".join(map(chr, points)) for points in texts]
    write_json(f"{out}/composed_form.json", [[text, normalizer.normalize_str(text)] for text in texts])


def save_tiny(model, folder, extra):
    os.makedirs(folder, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(folder, **extra)
    for name in os.listdir(folder):
        if name == "generation_config.json":
            os.remove(f"{folder}/{name}")
        else:
            os.chmod(f"{folder}/{name}", 0o644)


def make_tiny(out, name, config, kind, extra):
    """A random model in bf16, its logits in float32."""
    torch.manual_seed(SEED)
    folder = f"{out}/{name}"
    model = kind(config)
    for key, weight in model.named_parameters():
        if key.endswith("norm.weight"):
            torch.nn.init.normal_(weight, 1.0, 0.2)
    save_tiny(model, folder, extra)
    reloaded = kind.from_pretrained(folder, dtype=torch.float32).eval()
    ids = np.random.default_rng(SEED).integers(0, 256, 20).tolist()
    logits, nll = measure(reloaded, ids)
    write_json(f"{out}/golden/{name}.json", {"ids": ids, "nll": short(nll.tolist()),
                                             "logits": [short(row, 6) for row in logits.tolist()]})
    return folder


def make_tiny_llama(out):
    config = LlamaConfig(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, vocab_size=260, max_position_embeddings=128, rms_norm_eps=1e-5,
                         tie_word_embeddings=False, initializer_range=0.25, bos_token_id=None, eos_token_id=None)
    folder = make_tiny(out, "tiny_llama", config, LlamaForCausalLM, {"max_shard_size": "40KB"})
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([PASSAGE], trainers.BpeTrainer(
        vocab_size=260, show_progress=False, special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.save(f"{folder}/tokenizer.json")


def make_tiny_qwen3(out):
    config = Qwen3Config(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, head_dim=16, vocab_size=256, max_position_embeddings=128,
                         rms_norm_eps=1e-6, tie_word_embeddings=True, initializer_range=0.25,
                         rope_parameters={"rope_type": "default", "rope_theta": 1000000.0},
                         bos_token_id=None, eos_token_id=None)
    folder = make_tiny(out, "tiny_qwen3", config, Qwen3ForCausalLM, {})
    with open(f"{folder}/config.json", encoding="utf-8") as file:
        description = json.load(file)
    # The older place of the rotary base, and our own mark for one id a byte.
    description.pop("rope_parameters", None)
    description.update(rope_theta=1000000.0, rope_scaling=None, consa_tokenizer="bytes")
    with open(f"{folder}/config.json", "w", encoding="utf-8") as file:
        json.dump(description, file, indent=2)
        file.write("\n")


def main(out, source=None):
    golden = f"{out}/golden"
    os.makedirs(golden, exist_ok=True)
    make_types(golden)
    make_trained_tokenizers(golden)
    make_composed_form(golden)
    make_tiny_llama(out)
    make_tiny_qwen3(out)
    if source:
        make_default(golden, source)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
