"""Writes unicode_tables.cpp, the data of Unicode's composed form (NFC), out of Python's own Unicode database.

    python3 core/text/make_unicode_tables.py > core/text/unicode_tables.cpp
"""
import sys
import unicodedata


def canonical(character):
    """The canonical decomposition of one character, one step; empty when it has none."""
    mapping = unicodedata.decomposition(character)
    return [] if not mapping or mapping.startswith("<") else [int(word, 16) for word in mapping.split()]


def class_runs():
    """First and last code point of every run with the same combining class, other than 0."""
    runs = []
    for point in range(0x110000):
        kind = unicodedata.combining(chr(point))
        if kind and runs and runs[-1][1] == point - 1 and runs[-1][2] == kind:
            runs[-1][1] = point
        elif kind:
            runs.append([point, point, kind])
    return runs


def print_array(kind, name, rows):
    print(f"const std::array<{kind}, {len(rows)}> {name} = {{{{")
    line = "   "
    for row in rows:
        text = " {" + ", ".join(f"{value:#x}" for value in row) + "},"
        if len(line) + len(text) > 118:
            print(line)
            line = "   "
        line += text
    print(line + "\n}};\n")


def main():
    pairs, one_way = [], []
    for point in range(0x110000):
        parts = canonical(chr(point))
        if parts:
            row = [point] + parts + [0] * (2 - len(parts))
            composes = unicodedata.normalize("NFC", chr(point)) == chr(point)
            (pairs if composes else one_way).append(row)
    print(f"// Data of Unicode {unicodedata.unidata_version} for the composed form; written by make_unicode_tables.py.")
    print('#include "core/text/unicode_tables.h"\n')
    print("namespace consa::unicode {\n\n// clang-format off")
    print_array("Decomposition", "kPairs", pairs)
    print_array("Decomposition", "kOneWay", one_way)
    print_array("ClassRun", "kClassRuns", class_runs())
    print("// clang-format on\n\n}  // namespace consa::unicode")
    print(len(pairs), len(one_way), len(class_runs()), file=sys.stderr)


if __name__ == "__main__":
    main()
