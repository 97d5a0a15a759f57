"""What the Rust reader of safetensors, through its Python package, says of seeds, mutations of them and composed headers.

files/NNNN  a file
verdicts    one line a file: its name, and "accepted" or "refused"
"""
import json
import os
import random
import sys

import reference_folder

reference_folder.require("safetensors")

import safetensors

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))
import make_corpus

SEED = 7
MUTATIONS = 2500
COMPOSED = 2500
# What a header's text breaks at; each stands in place of a piece of about its length.
PIECES = [b"0", b"1", b"-1", b"1.0", b"1e1", b"-0", b"18446744073709551616", b"9223372036854775808", b"{", b"}", b"[", b"]",
          b",", b":", b'"', b"null", b"true", b'"F32"', b'"I8"', b'"shape"', b'"dtype"', b'"data_offsets"', b"[0,8]",
          b"[0,0]", b'"a"', b'"b"', b'"__metadata__"', b"\0", b"\xff", b" ", b"\n", b"\\u0000", b"\\ud800", b"\xef\xbb\xbf"]


def mutated(seeds, rng):
    raw = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(raw) + 1)
        piece = rng.choice(PIECES)
        kind = rng.randrange(4)
        if kind == 0 and raw:
            raw[at % len(raw)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            raw[at:at] = piece
        elif kind == 2:
            raw[at:at + len(piece)] = piece
        else:
            del raw[at:at + rng.randint(1, 12)]
    if rng.random() < 0.8 and len(raw) > 8:  # else nearly all fail at the header's length
        end = raw.rfind(b"}") + 1
        raw[:8] = max(end - 8, 0).to_bytes(8, "little")
    return bytes(raw)


def composed(rng):
    """A header that holds together but for one or no detail."""
    entries, place = [], 0
    for number in range(rng.randint(0, 4)):
        dtype, size = rng.choice([("F32", 4), ("BF16", 2), ("F16", 2), ("I64", 8), ("U8", 1), ("BOOL", 1)])
        shape = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
        count = size
        for extent in shape:
            count *= extent
        entries.append((f"t{number}", {"dtype": dtype, "shape": shape, "data_offsets": [place, place + count]}))
        place += count
    rng.shuffle(entries)
    detail = rng.randrange(16)
    if entries:
        name, entry = rng.choice(entries)
        offsets, shape = entry["data_offsets"], entry["shape"]
        if detail == 0:
            offsets[rng.randrange(2)] += rng.choice([-1, 1, 2, 1 << 63])
        elif detail == 1:
            shape.append(rng.choice([0, 1, 2, -1, 1.0, 1 << 32, 1 << 63, "1", None, True]))
        elif detail == 2:
            entry["dtype"] = rng.choice(["f32", "F64", "Q4", "", None, 4, "F8_E4M3", "C64", "F4"])
        elif detail == 3:
            del entry[rng.choice(list(entry))]
        elif detail == 4:
            entry[rng.choice(["extra", "dtype "])] = rng.choice([1, None, [], {"a": [[]]}])
        elif detail == 5:
            entries.append((name, dict(entry)))
        elif detail == 6:
            offsets.append(0)
        elif detail == 7:
            place += rng.choice([-1, 1])
        elif detail == 8:
            entries.append(("t9", dict(entry)))
    metadata = rng.choice([None, None, {}, {"format": "pt"}, {"a": 1}, {"a": None}, [], 3, "x", "twice"])
    members = [json.dumps(name) + ":" + json.dumps(entry) for name, entry in entries]
    if metadata is not None:
        members += ['"__metadata__":' + json.dumps({} if metadata == "twice" else metadata)] * (1 + (metadata == "twice"))
    text = "{" + ",".join(members) + "}" + rng.choice(["", "", "", " ", "\n", "\t  "])
    return make_corpus.safetensors(text.encode(), bytes(max(place, 0)))


def verdict(raw):
    try:
        safetensors.deserialize(raw)
    except safetensors.SafetensorError:
        return "refused"
    return "accepted"


def build(folder):
    rng = random.Random(SEED)
    seeds = [raw for raw in make_corpus.safetensors_seeds().values() if len(raw) < 2048]
    files = seeds + [mutated(seeds, rng) for _ in range(MUTATIONS)] + [composed(rng) for _ in range(COMPOSED)]
    os.makedirs(os.path.join(folder, "files"))
    with open(os.path.join(folder, "verdicts"), "w", encoding="ascii") as verdicts:
        for number, raw in enumerate(files):
            name = f"{number:04d}"
            with open(os.path.join(folder, "files", name), "wb") as file:
                file.write(raw)
            verdicts.write(f"{name} {verdict(raw)}\n")


reference_folder.make(__file__, build)
