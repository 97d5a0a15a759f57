// Reads GGUF: header, metadata, tensor table. Every length is checked against what the file holds.
#include "core/checkpoint/gguf_file.h"

#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <set>

namespace consa {
namespace {

constexpr std::uint64_t kMaxDimensions = 4;  // ggml's own limit
constexpr int kMaxArrayDepth = 4;            // arrays of arrays occur nowhere; a little room
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kSmallestPair = 13;    // empty key, type, one byte
constexpr std::uint64_t kSmallestTensor = 32;  // empty name, one dimension, type, offset
// Far above any model, and low enough that the tables made of a file of nothing else stay small.
constexpr std::uint64_t kMaxPairs = 1U << 16U;
constexpr std::uint64_t kMaxTensors = 1U << 17U;

/// Names of ggml's tensor types by number, "" for numbers never used or retired.
constexpr std::array<const char*, 42> kTensorTypes = {
    "F32",   "F16",    "Q4_0",  "Q4_1", "",     "",        "Q5_0",   "Q5_1",    "Q8_0",  "Q8_1",   "Q2_K",
    "Q3_K",  "Q4_K",   "Q5_K",  "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S",
    "IQ2_S", "IQ4_XS", "I8",    "I16",  "I32",  "I64",     "F64",    "IQ1_M",   "BF16",  "",       "",
    "",      "TQ1_0",  "TQ2_0", "",     "",     "",        "MXFP4",  "NVFP4",   "Q1_0"};

GgufType readType(ByteCursor& cursor) {
    const auto number = cursor.read<std::uint32_t>("a metadata type");
    if (number > static_cast<std::uint32_t>(GgufType::Float64)) {
        cursor.fail("metadata type " + std::to_string(number) +
                    " is unknown; the file is damaged or newer than version 3");
    }
    return static_cast<GgufType>(number);
}

void skipArray(ByteCursor& cursor, GgufValue& value, int depth);

void skipElements(ByteCursor& cursor, GgufType type, std::uint64_t count, int depth) {
    if (const std::uint64_t size = fixedSize(type); size > 0) {
        // count() has made sure that the product fits.
        cursor.take(size * count, "a metadata value");
        return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
        if (type == GgufType::String) {
            cursor.string("a metadata string");
        } else {
            GgufValue inner;
            skipArray(cursor, inner, depth + 1);
        }
    }
}

void skipArray(ByteCursor& cursor, GgufValue& value, int depth) {
    if (depth > kMaxArrayDepth) cursor.fail("metadata arrays are nested too deeply; the file is damaged");
    value.elementType = readType(cursor);
    const std::uint64_t size = fixedSize(value.elementType);
    const std::uint64_t smallest = size > 0 ? size : (value.elementType == GgufType::String ? 8U : 12U);
    value.count = cursor.count(smallest, "array elements");
    skipElements(cursor, value.elementType, value.count, depth);
}

GgufValue readValue(ByteCursor& cursor, std::string_view bytes) {
    GgufValue value;
    value.type = readType(cursor);
    std::uint64_t begin = cursor.position();
    if (value.type == GgufType::Array) {
        skipArray(cursor, value, 0);
        begin += 12;
    } else {
        skipElements(cursor, value.type, 1, 0);
    }
    value.bytes = bytes.substr(begin, cursor.position() - begin);
    return value;
}

StorageType storageType(std::uint32_t number, std::string_view tensor, const ByteCursor& cursor) {
    const std::string known = number < kTensorTypes.size() ? kTensorTypes[number] : "";
    if (const auto type = storageTypeFromString(known)) return *type;
    cursor.fail("tensor " + printable(tensor) + " has type " +
                (known.empty() ? "number " + std::to_string(number) : known) +
                ", which is not supported; use a file of F32, F16, BF16, " + supportedQuantisations());
}

/// A tensor's row of the table; `bytes` is set later, when the place of the data is known.
struct TableRow {
    GgufTensor tensor;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// Bytes of `shape` in blocks along its last dimension, which is checked to be whole blocks.
std::uint64_t storedSize(const GgufTensor& tensor, const ByteCursor& cursor) {
    const auto values = static_cast<std::uint64_t>(blockValues(tensor.type));
    std::uint64_t elements = 1;
    for (const std::int64_t extent : tensor.shape) {
        const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 64);
        if (extent <= 0 || static_cast<std::uint64_t>(extent) > limit / elements) {
            cursor.fail("tensor " + printable(tensor.name) + " has an impossible shape; the file is damaged");
        }
        elements *= static_cast<std::uint64_t>(extent);
    }
    if (static_cast<std::uint64_t>(tensor.shape.back()) % values != 0) {
        cursor.fail("rows of tensor " + printable(tensor.name) + " are not whole blocks of " + toString(tensor.type) +
                    "; the file is damaged");
    }
    return elements / values * blockBytes(tensor.type);
}

TableRow readTableRow(ByteCursor& cursor) {
    TableRow row;
    row.tensor.name = cursor.string("a tensor's name");
    const auto dimensions = cursor.read<std::uint32_t>("a tensor's shape");
    if (dimensions < 1 || dimensions > kMaxDimensions) {
        cursor.fail("tensor " + printable(row.tensor.name) + " has " + std::to_string(dimensions) +
                    " dimensions; 1 to 4 are possible, the file is damaged");
    }
    for (std::uint32_t i = 0; i < dimensions; ++i) {
        const auto extent = cursor.read<std::uint64_t>("a tensor's shape");
        row.tensor.shape.push_back(
            extent > std::numeric_limits<std::int64_t>::max() ? -1 : static_cast<std::int64_t>(extent));
    }
    std::reverse(row.tensor.shape.begin(), row.tensor.shape.end());
    row.tensor.type = storageType(cursor.read<std::uint32_t>("a tensor's type"), row.tensor.name, cursor);
    row.offset = cursor.read<std::uint64_t>("a tensor's offset");
    row.size = storedSize(row.tensor, cursor);
    return row;
}

/// Where a tensor's bytes lie, checked against the file's end.
std::string_view locate(const TableRow& row, std::string_view data, std::uint64_t alignment, const ByteCursor& cursor) {
    if (row.offset % alignment != 0)
        cursor.fail("tensor " + printable(row.tensor.name) + " is not aligned; the file is damaged");
    if (row.offset > data.size() || row.size > data.size() - row.offset) {
        cursor.fail("tensor " + printable(row.tensor.name) +
                    " lies past the end of the file; it is cut short, fetch it again");
    }
    return data.substr(row.offset, row.size);
}

/// Refuses tensors that share bytes. `table` has been located.
void requireApart(const std::vector<TableRow>& table, const ByteCursor& cursor) {
    std::vector<const TableRow*> ordered;
    ordered.reserve(table.size());
    for (const TableRow& row : table) ordered.push_back(&row);
    std::sort(ordered.begin(), ordered.end(),
              [](const TableRow* a, const TableRow* b) { return a->offset < b->offset; });
    for (std::size_t i = 1; i < ordered.size(); ++i) {
        const TableRow &before = *ordered[i - 1], &after = *ordered[i];
        if (after.offset - before.offset >= before.size) continue;
        cursor.fail("tensors " + printable(before.tensor.name) + " and " + printable(after.tensor.name) +
                    " overlap; the file is damaged");
    }
}

void checkHeader(ByteCursor& cursor) {
    if (cursor.remaining() < 4 || cursor.take(4, "its header") != "GGUF") {
        cursor.fail("it is not a GGUF file; name a .gguf file or a folder with config.json and safetensors");
    }
    const auto version = cursor.read<std::uint32_t>("its header");
    if (version == 2 || version == 3) return;
    if (version == 2U << 24U || version == 3U << 24U) {
        cursor.fail("it is big-endian; convert it with `gguf-convert-endian FILE little` of the Python package gguf");
    }
    cursor.fail("it is GGUF version " + std::to_string(version) + "; versions 2 and 3 are supported");
}

std::uint64_t readCount(ByteCursor& cursor, std::uint64_t smallest, std::uint64_t most, const char* what) {
    const std::uint64_t count = cursor.count(smallest, what);
    if (count > most) {
        cursor.fail("it claims " + std::to_string(count) + " " + what + ", more than any model has (" +
                    std::to_string(most) + "); the file is damaged");
    }
    return count;
}

std::vector<TableRow> readTable(ByteCursor& cursor, std::uint64_t count) {
    std::vector<TableRow> table;
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) {
        table.push_back(readTableRow(cursor));
        const std::string& name = table.back().tensor.name;
        if (!names.insert(name).second)
            cursor.fail("tensor " + printable(name) + " appears twice; the file is damaged");
    }
    return table;
}

}  // namespace

GgufFile::GgufFile(std::string_view bytes, std::string source) : m_source(std::move(source)) {
    ByteCursor cursor(bytes, m_source);
    checkHeader(cursor);
    const std::uint64_t tensorCount = readCount(cursor, kSmallestTensor, kMaxTensors, "tensors");
    const std::uint64_t pairCount = readCount(cursor, kSmallestPair, kMaxPairs, "metadata pairs");
    for (std::uint64_t i = 0; i < pairCount; ++i) {
        const std::string key(cursor.string("a metadata key"));
        if (!m_metadata.emplace(key, readValue(cursor, bytes)).second)
            cursor.fail("metadata key " + printable(key) + " appears twice; the file is damaged");
    }
    std::vector<TableRow> table = readTable(cursor, tensorCount);
    const auto alignment = static_cast<std::uint64_t>(integer("general.alignment").value_or(kDefaultAlignment));
    if (!std::has_single_bit(alignment) || alignment > std::numeric_limits<std::uint32_t>::max())
        cursor.fail("its general.alignment is not a power of two; the file is damaged");
    const std::uint64_t padding = (alignment - cursor.position() % alignment) % alignment;
    const std::string_view data =
        tensorCount == 0 ? std::string_view() : (cursor.take(padding, "the tensors"), bytes.substr(cursor.position()));
    for (TableRow& row : table) row.tensor.bytes = locate(row, data, alignment, cursor);
    requireApart(table, cursor);
    for (TableRow& row : table) m_tensors.push_back(std::move(row.tensor));
}

}  // namespace consa
