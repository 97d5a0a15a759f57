"""Times the `tokenizers` package on the documents that `consa bench tokenize` wrote, on one thread, and compares ids.

    python3 -I tokenize_reference.py FOLDER REPEATS

FOLDER holds tokenizer.json and documents.bin: for each document two blocks, its text and the ids of consa. A block is a
little-endian uint32 count and bytes or int32 numbers. One JSON object goes to stdout.
"""
import json
import os
import statistics
import struct
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers


def read_documents(path):
    with open(path, "rb") as file:
        data = file.read()
    place = 0
    while place < len(data):
        (size,) = struct.unpack_from("<I", data, place)
        text = data[place + 4:place + 4 + size].decode("utf-8", errors="replace")
        place += 4 + size
        (count,) = struct.unpack_from("<I", data, place)
        yield text, list(struct.unpack_from(f"<{count}i", data, place + 4))
        place += 4 + 4 * count


def main():
    folder, repeats = sys.argv[1], int(sys.argv[2])
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    documents = list(read_documents(os.path.join(folder, "documents.bin")))
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        for text, _ in documents:
            tokenizer.encode(text, add_special_tokens=False)
        seconds.append(time.perf_counter() - begin)
    encoded = [tokenizer.encode(text, add_special_tokens=False).ids for text, _ in documents]
    different = [i for i, (found, (_, ids)) in enumerate(zip(encoded, documents)) if found != ids]
    print(json.dumps({"version": tokenizers.__version__, "seconds": statistics.median(seconds),
                      "tokens": sum(map(len, encoded)), "differentDocuments": different}))


main()
