"""Seeds for the fuzz targets: FOLDER/TARGET/NAME, small files of every kind that the parsers read, good ones and bad.

Needs nothing but Python's own library, so that every build can make them.
"""
import gzip
import json
import os
import struct
import sys

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")


def fixture(name):
    with open(os.path.join(FIXTURES, name), "rb") as file:
        return file.read()


def text(value):
    return json.dumps(value).encode()


# GGUF -----------------------------------------------------------------------------------------------------------------

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
FORMATS = {U8: "<B", I8: "<b", U16: "<H", I16: "<h", U32: "<I", I32: "<i", F32: "<f", BOOL: "<B", U64: "<Q", I64: "<q",
           F64: "<d"}


def gguf_string(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def gguf_value(kind, value):
    if kind == STRING:
        return gguf_string(value)
    if kind == ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(gguf_value(inner, item) for item in items)
    return struct.pack(FORMATS[kind], value)


def gguf(pairs, tensors, version=3, magic=b"GGUF"):
    """`tensors`: name, ggml type, shape with the fastest dimension first, bytes."""
    out = magic + struct.pack("<IQQ", version, len(tensors), len(pairs))
    for key, kind, value in pairs:
        out += gguf_string(key) + struct.pack("<I", kind) + gguf_value(kind, value)
    data = b""
    for name, kind, shape, raw in tensors:
        out += gguf_string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape)
        out += struct.pack("<IQ", kind, len(data))
        data += raw + bytes(-len(raw) % 32)
    return out + bytes(-len(out) % 32) + data


def model_pairs(architecture):
    key = architecture + "."
    return [("general.architecture", STRING, architecture), (key + "block_count", U32, 1),
            (key + "embedding_length", U32, 4), (key + "feed_forward_length", U32, 4), (key + "context_length", U32, 16),
            (key + "attention.head_count", U32, 2), (key + "attention.head_count_kv", ARRAY, (I32, [1])),
            (key + "attention.layer_norm_rms_epsilon", F32, 1e-5), (key + "rope.freq_base", F32, 10000.0)]


def model_tensors(architecture):
    def floats(name, *shape):
        count = 1
        for extent in shape:
            count *= extent
        return name, 0, shape, struct.pack(f"<{count}f", *range(count))

    tensors = [floats("token_embd.weight", 4, 6), floats("blk.0.attn_norm.weight", 4),
               floats("blk.0.attn_q.weight", 4, 4), floats("blk.0.attn_k.weight", 4, 2),
               floats("blk.0.attn_v.weight", 4, 2), floats("blk.0.attn_output.weight", 4, 4),
               floats("blk.0.ffn_norm.weight", 4), floats("blk.0.ffn_gate.weight", 4, 4),
               floats("blk.0.ffn_up.weight", 4, 4), floats("blk.0.ffn_down.weight", 4, 4),
               floats("output_norm.weight", 4)]
    if architecture == "llama":
        tensors.append(floats("rope_freqs.weight", 1))
    return tensors


def tokenizer_pairs(model):
    pairs = [("tokenizer.ggml.model", STRING, model),
             ("tokenizer.ggml.tokens", ARRAY, (STRING, ["<unk>", "<s>", "a", "b", "ab", "▁", "▁a", "<0x20>"])),
             ("tokenizer.ggml.token_type", ARRAY, (I32, [2, 3, 1, 1, 1, 1, 1, 6])),
             ("tokenizer.ggml.bos_token_id", U32, 1), ("tokenizer.chat_template", STRING, "{{ x }}")]
    if model == "gpt2":
        return pairs + [("tokenizer.ggml.pre", STRING, "llama-bpe"), ("tokenizer.ggml.merges", ARRAY, (STRING, ["a b"]))]
    return pairs + [("tokenizer.ggml.scores", ARRAY, (F32, [0, 0, -1, -2, -3, -4, float("nan"), 0])),
                    ("tokenizer.ggml.add_space_prefix", BOOL, 1)]


def gguf_seeds():
    every = [(f"k{kind}", kind, 1) for kind in FORMATS]
    nested = [("nested", ARRAY, (ARRAY, [(ARRAY, [(U8, [1, 2]), (STRING, ["x"])]), (F64, [0.5])]))]
    # Sizes of one block of each quantised format, by ggml's number.
    blocks = {2: 18, 3: 20, 6: 22, 7: 24, 8: 34, 10: 84, 11: 110, 12: 144, 13: 176, 14: 210}
    quantised = [(f"t{kind}", kind, [256], bytes(range(size)) * (1 if size > 40 else 8)) for kind, size in blocks.items()]
    seeds = {a: gguf(model_pairs(a) + tokenizer_pairs(t), model_tensors(a))
             for a, t in (("llama", "llama"), ("qwen2", "gpt2"), ("qwen3", "gpt2"))}
    seeds.update({
        "every_type": gguf(every + nested, []), "quantised": gguf([], quantised), "half": gguf(
            [("general.alignment", U32, 64)], [("h", 1, [2], b"\0\x3c\0\x7c"), ("b", 30, [3, 2], bytes(12))]),
        "version_2": gguf(model_pairs("llama"), [], version=2), "big_endian": gguf([], [], version=3 << 24),
        # What other readers fell for.
        "wrapping_shape": gguf([], [("t", 0, [4194305, 4194305, 211106198978564], bytes(16))]),
        "wrapping_array": b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + gguf_string("k") + struct.pack("<IIQ", ARRAY, U64, 1 << 61),
        "huge_counts": b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60), "zero_extent": gguf([], [("t", 0, [0, 4], b"")]),
        "negative_extent": gguf([], [("t", 0, [(1 << 64) - 2], bytes(8))]),
        "same_name": gguf([], [("t", 0, [1], bytes(4)), ("t", 0, [1], bytes(4))]),
        "same_key": gguf([("k", U8, 1), ("k", U8, 2)], []), "bad_name": gguf([("\x1b[31m", U8, 1)], [(b"\xff\xfe", 0, [1], bytes(4))])})
    return seeds


# safetensors ----------------------------------------------------------------------------------------------------------


def safetensors(header, data=b""):
    raw = header if isinstance(header, bytes) else text(header)
    return struct.pack("<Q", len(raw)) + raw + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors_seeds():
    good = {"__metadata__": {"format": "pt"}, "a": tensor("F32", [2, 1], 0, 8), "b": tensor("BF16", [3], 8, 14),
            "c": tensor("F16", [], 14, 16), "d": tensor("F32", [0, 4], 16, 16), "e": tensor("I64", [1], 16, 24)}
    big = {f"t{i}": tensor("U8", [0], 0, 0) for i in range(300)}
    return {"good": safetensors(good, bytes(24)), "empty": safetensors({}), "many": safetensors(big),
            "nan": safetensors({"n": tensor("F32", [2], 0, 8)}, struct.pack("<2f", float("nan"), float("inf"))),
            "wrapping_shape": safetensors({"a": tensor("F32", [4194305, 4194305, 211106198978564], 0, 16)}, bytes(16)),
            "short_offsets": safetensors({"a": tensor("F32", [1000000], 0, 8)}, bytes(8)),
            "negative": safetensors({"a": tensor("F32", [-2], 0, 8)}, bytes(8)),
            "fraction": safetensors({"a": tensor("F32", [2.0], 0, 8)}, bytes(8)),
            "overlap": safetensors({"a": tensor("F32", [2], 0, 8), "b": tensor("F32", [2], 4, 12)}, bytes(12)),
            "hole": safetensors({"a": tensor("F32", [1], 4, 8)}, bytes(8)),
            "trailing": safetensors({"a": tensor("F32", [1], 0, 4)}, bytes(5)),
            "zero_sharing": safetensors({"a": tensor("F32", [0], 4, 4), "b": tensor("F32", [1], 0, 4)}, bytes(4)),
            "duplicate": safetensors(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
                                     b'"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"),
            "zero_byte": safetensors(b'{}\0{"a":1}'), "mark": safetensors(b"\xef\xbb\xbf{}"),
            "spaces": safetensors(b"  {} "), "nested": safetensors(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"),
            "header_length": struct.pack("<Q", (1 << 64) - 8) + b"{}", "invalid_utf8": safetensors(b'{"\xff":1}'),
            "shard": fixture("tiny_llama/model-00001-of-00002.safetensors")[:4096]}


def index_seeds():
    def index(names):
        return text({"metadata": {"total_size": 1}, "weight_map": {f"t{i}": name for i, name in enumerate(names)}})

    return {"good": fixture("tiny_llama/model.safetensors.index.json"), "two": index(["a.safetensors", "b.safetensors"]),
            "above": index(["../a.safetensors"]), "absolute": index(["/etc/passwd"]), "dots": index([".."]),
            "pickle": index(["pytorch_model.bin"]), "zero": index(["a\0.safetensors"]), "number": index([3]),
            "twice": b'{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', "none": b"{}",
            "long": index(["x" * 300 + ".safetensors"])}


# Configurations and layouts -------------------------------------------------------------------------------------------


def config_seeds():
    llama = json.loads(fixture("tiny_llama/config.json"))
    qwen = json.loads(fixture("tiny_qwen3/config.json"))
    sliding = dict(qwen, use_sliding_window=True, sliding_window=16, max_window_layers=1)
    types = dict(qwen, layer_types=["full_attention"] * qwen["num_hidden_layers"])
    scaled = dict(llama, rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                       "high_freq_factor": 4.0, "original_max_position_embeddings": 64})
    ours = {"name": "m", "architecture": "llama", "layerCount": 2, "queryHeadCount": 2, "kvHeadCount": 1, "headDim": 4,
            "hiddenSize": 8, "feedForwardSize": 8, "vocabularySize": 16, "contextTokens": 64, "ropeTheta": 1e4,
            "rmsNormEpsilon": 1e-5, "tiedEmbeddings": True, "hasQkNorm": False, "nativeWindows": [0, 8],
            "ropeScaling": {"form": "linear", "factor": 2.0, "lowFrequencyFactor": 1.0, "highFrequencyFactor": 4.0,
                            "originalContextTokens": 8, "divisors": []}}
    seeds = {"llama": llama, "qwen": qwen, "sliding": sliding, "types": types, "scaled": scaled, "ours": ours,
             "dynamic": dict(llama, rope_scaling={"type": "dynamic", "factor": 2.0}),
             "huge": dict(llama, num_hidden_layers=1 << 40, hidden_size=-1, head_dim=1e300)}
    result = {name: text(value) for name, value in seeds.items()}
    result["nested"] = b'{"a":' * 300
    result["twice"] = b'{"hidden_size":1,"hidden_size":2}'
    return result


def layout():
    return {"format": "consa-layout", "version": 1,
            "model": {"name": "demo", "architecture": "llama", "layers": 2, "kvHeads": 2}, "granularity": "kv-head",
            "windowTokens": 64, "sinkTokens": 4, "sparsity": 0.5, "units": [[1, 0], [0, 1]],
            "probabilities": [[0.9, 0.1], [0.2, 0.8]],
            "provenance": {"run": "r", "step": 3, "seed": 0, "target": 0.5, "version": "0.1.0", "created": ""},
            "note": "n"}


def layout_seeds():
    by_layer = dict(layout(), granularity="layer", units=[[1], [0]])
    del by_layer["probabilities"]
    huge = dict(layout(), model={"name": "", "architecture": "", "layers": 4096, "kvHeads": 4096})
    return {"heads": text(layout()), "layers": text(by_layer), "huge": text(huge),
            "newer": text(dict(layout(), version=2)), "nan": text(layout()).replace(b"0.9", b"NaN"),
            "twice": text(layout())[:-1] + b',"units":[[0,0],[0,0]]}'}


def exchange_seeds():
    soft, hard = b"0.5\t1e-3\n0.25\t1\n", b"1.0\t0.0\r\n0.0\t1.0\r\n"
    duo = text({"sink_size": 4, "recent_size": 16, "sparsity": 0.5, "model_name": "a/b"})
    mask = text({"local_window_size": 8, "sink_size": 2})
    return {"duo": b"d" + soft + b"\xff" + duo, "duo_alone": b"d" + soft, "prulong": b"p" + hard + b"\xff" + mask,
            "prulong_alone": b"p" + hard, "soft": b"l" + soft, "json": b"l" + text(layout()),
            "config": b"l" + config_seeds()["types"], "nan": b"pnan\tinf\n", "ragged": b"p1\t0\n1\n",
            "wide": b"p" + b"1\t" * 5000 + b"1\n", "long": b"p" + b"1\n" * 5000, "empty": b"p\n#\n"}


# Tokenizers -----------------------------------------------------------------------------------------------------------

BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


def tokenizer(**parts):
    whole = {"added_tokens": [{"id": 5, "content": "<s>", "special": True}], "normalizer": None,
             "pre_tokenizer": BYTE_LEVEL, "decoder": {"type": "ByteLevel"},
             "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "aba": 3, "Ġ": 4},
                       "merges": ["a b", ["ab", "a"]]}}
    whole.update(parts)
    return whole


def split(pattern, behavior="Isolated"):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False}


def sequence(kind, steps):
    return {"type": "Sequence", kind: steps}


def spaced(text_steps):
    vocabulary = {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "▁a": 4, "ab": 5}
    vocabulary.update({f"<0x{byte:02X}>": 6 + byte for byte in range(256)})
    model = {"type": "BPE", "vocab": vocabulary, "merges": ["▁ a", "a b"], "unk_token": "<unk>", "fuse_unk": True,
             "byte_fallback": True}
    decoders = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]
    return tokenizer(model=model, decoder=sequence("decoders", decoders), **text_steps)


def tokenizer_seeds():
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    doubling = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    qwen = r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    added = [{"id": 9, "content": "<x>", "lstrip": True, "rstrip": True, "single_word": True, "normalized": True}]
    steps = {"bytes": tokenizer(), "digits": tokenizer(pre_tokenizer=sequence(
                 "pretokenizers", [{"type": "Digits", "individual_digits": True}, BYTE_LEVEL])),
             "split": tokenizer(pre_tokenizer=sequence("pretokenizers", [split(qwen), dict(BYTE_LEVEL, use_regex=False)]),
                                normalizer={"type": "NFC"}),
             "metaspace": spaced({"pre_tokenizer": metaspace}),
             "replace": spaced({"pre_tokenizer": None, "normalizer": sequence(
                 "normalizers", [{"type": "Prepend", "prepend": "▁"}, replace])}),
             "added": tokenizer(added_tokens=added), "doubling": spaced(
                 {"pre_tokenizer": None, "normalizer": sequence("normalizers", [doubling] * 60)}),
             "pieces": spaced({"pre_tokenizer": sequence("pretokenizers", [dict(metaspace, prepend_scheme="always"),
                                                                         split(".")] * 30)}),
             "decoding": tokenizer(pre_tokenizer=None, decoder=sequence("decoders", [doubling] * 60)),
             "half_characters": tokenizer(pre_tokenizer=sequence("pretokenizers", [split(r"\C"), split(r"\w+"), BYTE_LEVEL])),
             "backtracking": tokenizer(pre_tokenizer=sequence("pretokenizers", [split(r"(a+)+$"), BYTE_LEVEL])),
             "recursion": tokenizer(pre_tokenizer=split(r"(?R)?a|(b(?1)?)")), "sparse": tokenizer(
                 model={"type": "BPE", "vocab": {"a": 2097151}, "merges": []})}
    for behavior in ("Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        steps[behavior] = tokenizer(pre_tokenizer=sequence("pretokenizers", [split(r"\s+|b", behavior), BYTE_LEVEL]))
    words = "ab aba  <s>é\u0301 12345\n\n<x> 日本 a".encode() + b"\xf0\x9f\x99"
    return {name: text(value) + b"\xff" + words for name, value in steps.items()}


# Texts ----------------------------------------------------------------------------------------------------------------


def zstd(raw):
    """A frame of one uncompressed block, or of one repeated byte."""
    if raw and raw == raw[:1] * len(raw):
        block = struct.pack("<I", 1 | 1 << 1 | len(raw) << 3)[:3] + raw[:1]
    else:
        block = struct.pack("<I", 1 | len(raw) << 3)[:3] + raw
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(raw)) + block


def text_seeds():
    lines = b'{"text": "one \\u00e9 \\ud83d\\ude00", "x": [1, {"text": 2}]}\n\n{"text": "two", "text": "three"}\r\n'
    surrogates = b'{"text": "\\ud800 \\udc00 \\\\ud800"}\n'
    html = b"<html><head><title>t</title><style>x</style></head><body><h1>A &amp; b</h1><pre> x\n y</pre><table><tr><td>1" \
           b"<td>2</table><!-- c --><p>&#x41;&#0;&#xffffffff;&Gt;<script>if(a<b)</script></body>"
    pod = b"=head1 NAME\n\nB<bold I<it>> C<< a > b >> L<text|http://x> E<lt>\n\n=over 4\n\n=item *\n\nx\n\n=back\n\n=cut\n"
    bomb = gzip.compress(bytes(0x20 for _ in range(1 << 20)), 9, mtime=0)
    return {"lines": b"\0" + lines, "surrogates": b"\0" + surrogates, "gzip": b"\1" + gzip.compress(lines, mtime=0),
            "two_members": b"\1" + gzip.compress(lines, mtime=0) * 2, "zstd": b"\2" + zstd(lines),
            "frames": b"\2" + zstd(lines) * 2 + b"\x50\x2a\x4d\x18\x02\0\0\0xx", "bomb": b"\3" + bomb,
            "repeats": b"\4" + zstd(b" " * 131072) * 3, "cut": b"\1" + gzip.compress(lines, mtime=0)[:-9],
            "html": b"\5" + html, "pod": b"\6" + pod, "plain": b"\7\xef\xbb\xbfplain \xc3\xa9 text\n",
            "nested": b"\0" + b'{"a":' + b"[" * 400, "pickle": b"\7\x80\x04K\x01.", "latin": b"\7" + bytes(range(160, 256)) * 2}


# Run folders ----------------------------------------------------------------------------------------------------------


def checkpoint(training, extra=None):
    values = {"logAlpha": 0, "firstMoment": 1, "secondMoment": 2}
    header = {name: tensor("F32", [2, 2], 16 * place, 16 * place + 16) for name, place in values.items()}
    header["__metadata__"] = dict({"training": json.dumps(training)}, **(extra or {}))
    return safetensors(header, struct.pack("<12f", *(0.25 * i for i in range(12))))


def run_seeds():
    training = {"step": 20, "updateCount": 20, "multipliers": [0.5, 1.0], "isFrozen": False, "pins": ["0.1=full"],
                "ramp": {"from": 0.0, "target": 0.5, "beginStep": 0, "rampSteps": 10}, "stepCount": 150, "bestLoss": 2.5}
    old = dict(training, multiplier=0.5)
    del old["multipliers"]
    step = {"event": "step", "step": 1, "loss": 2.0, "objective": 2.5, "expectedSparsity": 0.1, "scheduledTarget": 0.1,
            "target": 0.5, "multiplier": 0.1, "seconds": 0.5}
    events = [step, dict(step, step=2, loss=None), {"event": "retarget", "step": 2, "text": "t", "time": "x", "target": 0.6,
              "rampSteps": 5}, {"event": "pin", "step": 2, "pins": ["0.1=full"]}, dict(step, step="3"), {"event": 7}]
    lines = b"\n".join(text(event) for event in events) + b'\n{"event":"st'
    config = {"format": "consa-run", "version": 1, "created": "", "config": {"model": "demo", "corpus": ["demo"], "seed": 3,
              "moves": ["10=0.5"], "pins": ["0=full"]}, "model": json.loads(config_seeds()["ours"]),
              "modelFingerprint": "0", "corpus": {"origin": "o", "fingerprint": "1"}, "device": "CPU", "dataType": "float32",
              "versions": {"consa": "0.1.0", "torch": "2"}}
    return {"config": b"\0" + text(config), "newer": b"\0" + text(dict(config, version=2)),
            "knob": b"\0" + text(dict(config, config={"nonsense": 1})), "events": b"\1" + lines,
            "state": b"\2" + checkpoint(training), "old": b"\2" + checkpoint(old),
            "steered": b"\2" + checkpoint(training, {"steering": json.dumps(
                [{"step": 3, "target": 0.6, "rampSteps": 5}, {"step": 4, "pins": ["0=full"]}, {"step": 9, "frozen": True}])}),
            "weights": b"\2" + checkpoint(training, {"weights": "../../weights-000020.safetensors"}),
            "newer_state": b"\2" + checkpoint(training, {"format": "consa-checkpoint", "version": "99"}),
            "huge": b"\2" + checkpoint(dict(training, step=1e300, updateCount=-1)), "held": b"\3" + text(layout())}


SEEDS = {"gguf": gguf_seeds, "safetensors": safetensors_seeds, "safetensors_index": index_seeds,
         "model_config": config_seeds, "layout_file": layout_seeds, "layout_exchange": exchange_seeds,
         "tokenizer": tokenizer_seeds, "text": text_seeds, "run_folder": run_seeds}


def main():
    for target, make in SEEDS.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, content in make().items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)


if __name__ == "__main__":
    main()
