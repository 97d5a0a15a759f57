"""Small tokenizers with the pipelines of well-known models, texts, and what the `tokenizers` package makes of them.

    python3 tests/references/make_tokenizers.py FOLDER

A tokenizer NAME is NAME.json; NAME.bin holds its cases, each as three blocks: text, ids, text of the ids. A block is a
little-endian uint32 count and its content: bytes for texts, int32 for ids. files.json lists the names. GGUF files hold
vocabularies that transformers reads as the tokenizer of the same name. corpus.bin, made where the default model and text
are installed, has two blocks for every document of the text: its file's name and its ids.
"""
import json
import os
import random
import struct
import sys
import unicodedata

from reference_folder import make, require

require("tokenizers", "transformers", "gguf")

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

STRINGS = 100_000  # random ones, over all tokenizers
CASES = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CASES + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + TAIL
QWEN2 = CASES + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + TAIL
QWEN35 = CASES + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL[TAIL.index(r"|\s*"):]
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
TEKKEN = (r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + r"+|[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + TAIL[TAIL.index(r"|\s*"):])
MARK = "\u2581"

# Blocks that have been full since before Unicode 14, so that all versions in use agree on their characters.
LATER_BLOCKS = [(0x1f300, 0x1f64f), (0x1f900, 0x1f9ff), (0x1e900, 0x1e943), (0x12000, 0x12399), (0x20000, 0x2a6d6),
                (0x10a60, 0x10a9f), (0x1d400, 0x1d7ff), (0x2c00, 0x2c5f), (0xa500, 0xa63f), (0xac00, 0xd7a3)]

SYLLABLES = ("gate head full slide wind low sink key value layer atten tion model learn ing share ten tok en re un pre the "
             "of and to in that it was for on are as with his they at be this from have or by one had not but what "
             "all were when we there can an your which their said if do will each about how up out them then she "
             "naïve façade Straße приём слово мир 模型 注意 窗口 トークン 頭 모델 창 שלום نص गेट").split()
ADVERSARIAL = [
    "", " ", "  ", "   ", "\n", "\r\n", "\r", "\t", "\0", "a\0b", "\r\n\r\n  \r\n x", "x \n y\n\n\n z   ", "   lead", "trail   ",
    "it's IT'S we'Ll they\u2019ve 'sa 'S 'ſ", "1 12 123 1234 12345678 3.14 ١٢٣ ²³ ½ Ⅷ", "e\u0301 \u0301 \u0301\u0301 a\u0323\u0307 a\u0307\u0323",
    "\u0300", "\u0345\u0300", "\u1100\u1161\u11a8 \u1112\u1161\u11ab", "\uac00\u11a8", "\u212b \u2126 \uf900 \u0958",
    "👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ☃️", "a\u00a0b\u2003c\u3000d\u1680e\u0085f\u2028g\u180eh\ufeffi", "\u200b\u200c\u200d\u2060", "▁ ▁▁ a▁b ▁a",
    " ▁", "▁ x", "x▁▁y  z", "<s> </s> <unk> <0x41> <0x00><0xE2>", "<|im_start|>user\nhi<|im_end|>", "<tool> <tool>x< tool>",
    " <pad> <pad>  x  <pad>y", "\u2003<pad>\u3000z", "word wordy sword word, (word) _word word_ éword word\u0301 9word word",
    "Café CAFÉ Cafe\u0301 xCafé", "<both>x <both> <bo <both", "<nb><nbb><nb", "a<mask>b <mask> c", "two words two  words xtwo wordsy",
    "if (x) {\n\t\treturn y;\n    }\n", "https://example.org/a?b=c&d=%20e#f", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "-" * 300, " " * 300, "ab" * 300, "\n" * 70, "é" * 200, "\u0301" * 90, "x" + " " * 60 + "y", "中" * 120, "🙂" * 70, "\u2581" * 70,
    "Γειά σου Κόσμε", "नमस्ते दुनिया", "สวัสดีชาวโลก", "שָׁלוֹם", "مرحبًا", "გამარჯობა", "ⅷ Ⅷ ① ㊿ 𝟘𝟙 𝕏", "\ufffd\ufffe\uffff\U0010ffff", "\ue000\U000f0000",
]
BROKEN = [b"a\xc3\xff z", b"\x80", b"\xe4\xb8z", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"ok \xf0\x9f\x98\x80\xff", b"\xe0\x80\x80"]


def prose(dice, words):
    """Words of our own, with spaces, digits and signs between them."""
    text = []
    for _ in range(words):
        word = "".join(dice.choice(SYLLABLES) for _ in range(dice.choice((1, 1, 1, 2, 2, 3))))
        text.append(dice.choice((word, word, word, word.capitalize(), word.upper(), str(dice.randrange(3000)))))
        text.append(dice.choice((" ",) * 12 + (", ", ". ", "\n", "\n\n", "  ", "'s ", " (", ") ", "-", "\t", "🙂", "\r\n")))
    return "".join(text)


def character_pool():
    old = unicodedata.ucd_3_2_0
    points = [p for p in range(0x110000) if old.category(chr(p)) not in ("Cn", "Cs", "Co")]
    for begin, last in LATER_BLOCKS:
        points += [p for p in range(begin, last + 1) if unicodedata.category(chr(p)) != "Cn"]
    return sorted(set(points))


def random_string(dice, pool, special):
    """Short runs of one sort of character each: that is where tokenizers cut."""
    parts = []
    for _ in range(dice.randrange(1, 7)):
        kind = dice.random()
        count = dice.randrange(1, 6)
        if kind < 0.25:
            parts.append("".join(map(chr, dice.choices(pool, k=count))))
        elif kind < 0.35:
            begin = dice.randrange(len(pool))
            parts.append("".join(chr(p) for p in dice.choices(pool[begin:begin + 40], k=count)))
        elif kind < 0.45:
            parts.append("".join(dice.choices(" \n\r\t\u00a0\u3000 ", k=count)))
        elif kind < 0.55:
            parts.append("".join(dice.choices("\u0300\u0301\u0323\u0327\u0345\u093c\u3099\u200d\ufe0f\U0001f3fd", k=dice.randrange(1, 4))))
        elif kind < 0.62:
            parts.append(dice.choice(special))
        elif kind < 0.7:
            parts.append("".join(dice.choices("0123456789.,-+'sSdtTlL▁<>_", k=count)))
        else:
            parts.append(dice.choice(SYLLABLES) + dice.choice(("", " ", "s", "'s", "\n")))
    return "".join(parts)


def added_tokens():
    """Every flag, alone and with others."""
    return [AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<|im_end|>", special=True, normalized=False),
            AddedToken("<tool>", normalized=False), AddedToken("<pad>", lstrip=True, rstrip=True, special=True, normalized=False),
            AddedToken("word", single_word=True, normalized=False), AddedToken("Café", normalized=True),
            AddedToken("<both>", lstrip=True, normalized=True), AddedToken("<nb>", rstrip=True, normalized=False),
            AddedToken("<nbb>", normalized=False), AddedToken("<mask>", lstrip=True, special=True, normalized=True),
            AddedToken("two words", single_word=True, normalized=True)]


def train(tokenizer, texts, merges, special, alphabet):
    trainer = trainers.BpeTrainer(vocab_size=len(special) + len(alphabet) + merges, show_progress=False,
                                  special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)


def byte_level(texts, pre_tokenizer, normalizer=None, merges=900, added=True, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, texts, merges, ["<|endoftext|>"], sorted(pre_tokenizers.ByteLevel.alphabet()))
    if model.get("ignore_merges"):
        # Some tokens can be had only as whole words.
        description = json.loads(tokenizer.to_str())
        del description["model"]["merges"][50::9]
        tokenizer = Tokenizer.from_str(json.dumps(description))
    if added:
        tokenizer.add_tokens(added_tokens())
    return tokenizer


def byte_fallback(texts, normalizer, pre_tokenizer, decoder, added=True, words=True, **model):
    """Trained on words that begin with the mark, as SentencePiece's are, or on lines, so that tokens go across spaces;
    then put under the pipeline wanted."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="always", split=words)
    bytes_and_special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    lines = texts if words else [line for text in texts for line in text.split("\n")]
    train(trained, lines, 900, bytes_and_special, [MARK])
    model = json.loads(trained.to_str())["model"] | {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True} | model
    # The rarest characters leave the vocabulary again, so that falling back has something to do.
    merged = {side for merge in model["merges"] for side in merge}
    lone = [token for token in model["vocab"] if len(token) == 1 and ord(token) > 0x7f and token not in merged and token != MARK]
    for token in lone:
        del model["vocab"][token]
    model["vocab"] = {token: index for index, token in enumerate(model["vocab"])}
    tokenizer = Tokenizer(models.BPE(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], unk_token=model["unk_token"],
                                     fuse_unk=model["fuse_unk"], byte_fallback=model["byte_fallback"]))
    tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<unk>", "<s>", "</s>")])
    if added:
        tokenizer.add_tokens(added_tokens())
    return tokenizer


def split_then_bytes(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def build_tokenizers(texts):
    bytes_ = pre_tokenizers.ByteLevel
    metaspace = lambda scheme, split: pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme=scheme, split=split)
    legacy = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
    steps = [decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()]
    stripped = decoders.Sequence(steps + [decoders.Strip(" ", 1, 0)])
    meta_decoder = lambda scheme: decoders.Metaspace(replacement=MARK, prepend_scheme=scheme)
    return {
        "gpt2": byte_level(texts, bytes_(add_prefix_space=False)),
        "gpt2_prefix": byte_level(texts, bytes_(add_prefix_space=True), merges=300),
        "llama3": byte_level(texts, split_then_bytes(LLAMA3), ignore_merges=True),
        "qwen2": byte_level(texts, split_then_bytes(QWEN2), normalizers.NFC()),
        "qwen35": byte_level(texts, split_then_bytes(QWEN35), normalizers.NFC()),
        "tekken": byte_level(texts, split_then_bytes(TEKKEN), ignore_merges=True),
        "smollm2": byte_level(texts, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                                               bytes_(add_prefix_space=False)])),
        "digits": byte_level(texts, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False),
                                                              pre_tokenizers.Split("e", "merged_with_previous"),
                                                              bytes_(add_prefix_space=True, use_regex=False)]), merges=300),
        "inverted": byte_level(texts, pre_tokenizers.Sequence([pre_tokenizers.Split(Regex("[a-z0-4 ]+"), "removed", invert=True),
                                                                bytes_(add_prefix_space=True)]), merges=200),
        "splits": byte_level(texts, pre_tokenizers.Sequence([pre_tokenizers.Split("t", "merged_with_next"),
                                                              pre_tokenizers.Split(Regex(r"\s"), "contiguous"),
                                                              pre_tokenizers.Split(Regex("x"), "removed"),
                                                              bytes_(add_prefix_space=False, use_regex=False)]), merges=300),
        "llama2": byte_fallback(texts, legacy, None, stripped),
        "llama2_plain": byte_fallback(texts, legacy, None, stripped, added=False),
        "mistral_first": byte_fallback(texts, None, metaspace("first", False), stripped),
        "mistral_never": byte_fallback(texts, None, metaspace("never", False), decoders.Sequence(steps)),
        "tinyllama_always": byte_fallback(texts, None, metaspace("always", True), meta_decoder("always")),
        "metaspace_first": byte_fallback(texts, None, metaspace("first", True), meta_decoder("first")),
        "metaspace_never": byte_fallback(texts, normalizers.NFC(), metaspace("never", True), meta_decoder("never")),
        "across": byte_fallback(texts, None, metaspace("first", False), stripped, words=False),
        "across_split": byte_fallback(texts, None, metaspace("first", True), stripped, words=False),
        "no_fallback": byte_fallback(texts, None, metaspace("always", False), None, byte_fallback=False),
        "unfused": byte_fallback(texts, None, metaspace("first", True), stripped, byte_fallback=False, fuse_unk=False),
    }


def write_json(tokenizer, path, merges_as_strings):
    description = json.loads(tokenizer.to_str())
    if merges_as_strings:
        description["model"]["merges"] = [" ".join(merge) for merge in description["model"]["merges"]]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(description, file, ensure_ascii=False)


def write_cases(tokenizer, texts, path):
    """`texts` are bytes; the package gets them with U+FFFD for what is not UTF-8."""
    strings = [text.decode("utf-8", errors="replace") for text in texts]
    encoded = [e.ids for e in tokenizer.encode_batch(strings, add_special_tokens=False)]
    decoded = tokenizer.decode_batch(encoded, skip_special_tokens=False)
    with open(path, "wb") as file:
        for text, ids, back in zip(texts, encoded, decoded):
            back = back.encode("utf-8")
            file.write(struct.pack("<I", len(text)) + text + struct.pack(f"<I{len(ids)}i", len(ids), *ids))
            file.write(struct.pack("<I", len(back)) + back)


def write_gguf(path, model, tokens, types, merges=None, scores=None, pre=None, space_prefix=None):
    import gguf
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if merges is not None:
        writer.add_token_merges(merges)
    if scores is not None:
        writer.add_token_scores(scores)
    if pre is not None:
        writer.add_tokenizer_pre(pre)
    if space_prefix is not None:
        writer.add_add_space_prefix(space_prefix)
    writer.add_unk_token_id(0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def token_types(tokens, special):
    return [2 if t == "<unk>" else 3 if t in special else 6 if len(t) == 6 and t.startswith("<0x") else 1 for t in tokens]


def make_ggufs(folder, tokenizers):
    """Vocabularies in GGUF, and the tokenizers that transformers makes of them."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import convert_gguf_tokenizer, get_gguf_tokenizer
    made = {}
    vocab = json.loads(tokenizers["llama2_plain"].to_str())["model"]["vocab"]
    tokens = sorted(vocab, key=vocab.get)
    # SentencePiece's scores fall with the order of its merges; equal ones are the hard case.
    scores = [0.0 if i < 259 else float(-((i - 259) // 2)) for i in range(len(tokens))]
    path = os.path.join(folder, "spm.gguf")
    write_gguf(path, "llama", tokens, token_types(tokens, ("<s>", "</s>")), scores=scores)
    architecture, fields, _ = get_gguf_tokenizer(path)
    made["spm"] = convert_gguf_tokenizer(architecture, fields)[0]
    made["spm_no_prefix"] = Tokenizer.from_str(made["spm"].to_str())
    made["spm_no_prefix"].pre_tokenizer = pre_tokenizers.Metaspace(replacement=MARK, prepend_scheme="never", split=False)
    made["spm_no_prefix"].decoder = decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()])
    write_gguf(os.path.join(folder, "spm_no_prefix.gguf"), "llama", tokens, token_types(tokens, ("<s>", "</s>")),
               scores=scores, space_prefix=False)
    for name, source, pre in (("bpe_llama", "llama3", "llama-bpe"), ("bpe_qwen2", "qwen2", "qwen2"), ("bpe_smollm", "smollm2", "smollm"),
                              ("bpe_qwen35", "qwen35", "qwen35"),
                              ("bpe_tekken", "tekken", "tekken"), ("bpe_gpt2", "gpt2", "gpt-2"), ("bpe_default", "gpt2", "default")):
        description = json.loads(tokenizers[source].to_str())
        description["added_tokens"] = [t for t in description["added_tokens"] if t["content"] == "<|endoftext|>"]
        for token in description["added_tokens"]:
            token["normalized"] = False
        model = description["model"]
        made[name] = Tokenizer.from_str(json.dumps(description))
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        write_gguf(os.path.join(folder, name + ".gguf"), "gpt2", tokens, token_types(tokens, ("<|endoftext|>",)),
                   merges=[" ".join(m) for m in model["merges"]], pre=pre)
    return made


def default_tokenizer(path):
    """The default model's, out of its GGUF file: the pipeline of SmolLM2."""
    import gguf
    reader = gguf.GGUFReader(path)
    field = lambda key: reader.fields[key].contents()
    vocab = {token: index for index, token in enumerate(field("tokenizer.ggml.tokens"))}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[tuple(m.split(" ")) for m in field("tokenizer.ggml.merges")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    kinds = field("tokenizer.ggml.token_type")
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, i in vocab.items() if kinds[i] == 3])
    return tokenizer


def make_corpus(folder):
    home = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    data = os.environ.get("CONSA_DATA_DIR") or os.path.join(home, "consa-explorer")
    model = os.path.join(data, "models", "SmolLM2-135M-Instruct.Q4_1.gguf")
    text = os.path.join(data, "texts", "perl-doc")
    if not os.path.exists(model) or not os.path.isdir(text):
        return
    tokenizer = default_tokenizer(model)
    with open(os.path.join(folder, "corpus.bin"), "wb") as out:
        for name in sorted(os.listdir(text)):
            with open(os.path.join(text, name), "rb") as file:
                ids = tokenizer.encode(file.read().decode("utf-8", errors="replace"), add_special_tokens=False).ids
            packed = name.encode("utf-8")
            out.write(struct.pack("<I", len(packed)) + packed + struct.pack(f"<I{len(ids)}i", len(ids), *ids))


def build(folder):
    dice = random.Random(7)
    texts = [prose(dice, 120) for _ in range(160)]
    tokenizers = build_tokenizers(texts)
    for index, (name, tokenizer) in enumerate(tokenizers.items()):
        write_json(tokenizer, os.path.join(folder, name + ".json"), merges_as_strings=index % 2 == 1)
    ggufs = make_ggufs(folder, tokenizers)
    pool = character_pool()
    special = [t.content for t in added_tokens()] + ["<s>", "</s>", "<unk>", "<|endoftext|>", "<0x41>"]
    everyone = list((tokenizers | ggufs).items())
    for index, (name, tokenizer) in enumerate(everyone):
        count = STRINGS // len(everyone) + (index < STRINGS % len(everyone))
        strings = ADVERSARIAL + [prose(dice, 400)] + [random_string(dice, pool, special) for _ in range(count)]
        write_cases(tokenizer, [s.encode("utf-8") for s in strings] + BROKEN, os.path.join(folder, name + ".bin"))
    with open(os.path.join(folder, "files.json"), "w", encoding="ascii") as file:
        json.dump({"json": list(tokenizers), "gguf": list(ggufs)}, file)
    make_corpus(folder)


make(__file__, build)
