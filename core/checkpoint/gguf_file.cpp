// Reads GGUF: header, metadata, tensor table. Every length is checked against what the file holds.
#include "core/checkpoint/gguf_file.h"

#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

namespace consa {
namespace {

constexpr std::uint64_t kMaxDimensions = 4;  // ggml's own limit
constexpr int kMaxArrayDepth = 4;            // arrays of arrays occur nowhere; a little room
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kSmallestPair = 13;    // empty key, type, one byte
constexpr std::uint64_t kSmallestTensor = 32;  // empty name, one dimension, type, offset

/// Names of ggml's tensor types by number, "" for numbers never used or retired.
constexpr std::array<const char*, 40> kTensorTypes = {
    "F32",    "F16",   "Q4_0",  "Q4_1",   "",      "",      "Q5_0",    "Q5_1",   "Q8_0",    "Q8_1",
    "Q2_K",   "Q3_K",  "Q4_K",  "Q5_K",   "Q6_K",  "Q8_K",  "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S",
    "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8",    "I16",   "I32",     "I64",    "F64",     "IQ1_M",
    "BF16",   "",      "",      "",       "TQ1_0", "TQ2_0", "",        "",       "",        "MXFP4"};

std::uint64_t fixedSize(GgufType type) {
    switch (type) {
        case GgufType::Uint8:
        case GgufType::Int8:
        case GgufType::Bool:
            return 1;
        case GgufType::Uint16:
        case GgufType::Int16:
            return 2;
        case GgufType::Uint32:
        case GgufType::Int32:
        case GgufType::Float32:
            return 4;
        case GgufType::Uint64:
        case GgufType::Int64:
        case GgufType::Float64:
            return 8;
        case GgufType::String:
        case GgufType::Array:
            break;
    }
    return 0;
}

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
    cursor.fail("tensor " + std::string(tensor) + " has type " +
                (known.empty() ? "number " + std::to_string(number) : known) +
                ", which is not supported; use a file of F32, F16, BF16, Q8_0, Q4_0 or Q4_1");
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
            cursor.fail("tensor " + tensor.name + " has an impossible shape; the file is damaged");
        }
        elements *= static_cast<std::uint64_t>(extent);
    }
    if (static_cast<std::uint64_t>(tensor.shape.back()) % values != 0) {
        cursor.fail("rows of tensor " + tensor.name + " are not whole blocks of " + toString(tensor.type) +
                    "; the file is damaged");
    }
    return elements / values * blockBytes(tensor.type);
}

TableRow readTableRow(ByteCursor& cursor) {
    TableRow row;
    row.tensor.name = cursor.string("a tensor's name");
    const auto dimensions = cursor.read<std::uint32_t>("a tensor's shape");
    if (dimensions < 1 || dimensions > kMaxDimensions) {
        cursor.fail("tensor " + row.tensor.name + " has " + std::to_string(dimensions) +
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
    if (row.offset % alignment != 0) cursor.fail("tensor " + row.tensor.name + " is not aligned; the file is damaged");
    if (row.offset > data.size() || row.size > data.size() - row.offset) {
        cursor.fail("tensor " + row.tensor.name + " lies past the end of the file; it is cut short, fetch it again");
    }
    return data.substr(row.offset, row.size);
}

template <typename T>
T loadScalar(std::string_view bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
}

/// An integer of any width; empty for other types and for values past the signed range.
std::optional<std::int64_t> loadInteger(GgufType type, std::string_view bytes) {
    switch (type) {
        case GgufType::Uint8:
            return loadScalar<std::uint8_t>(bytes);
        case GgufType::Int8:
            return loadScalar<std::int8_t>(bytes);
        case GgufType::Uint16:
            return loadScalar<std::uint16_t>(bytes);
        case GgufType::Int16:
            return loadScalar<std::int16_t>(bytes);
        case GgufType::Uint32:
            return loadScalar<std::uint32_t>(bytes);
        case GgufType::Int32:
            return loadScalar<std::int32_t>(bytes);
        case GgufType::Int64:
            return loadScalar<std::int64_t>(bytes);
        case GgufType::Uint64: {
            const auto value = loadScalar<std::uint64_t>(bytes);
            if (value > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
            return static_cast<std::int64_t>(value);
        }
        default:
            return std::nullopt;
    }
}

void checkHeader(ByteCursor& cursor) {
    if (cursor.take(4, "its header") != "GGUF") cursor.fail("it is not a GGUF file");
    const auto version = cursor.read<std::uint32_t>("its header");
    if (version != 2 && version != 3) {
        cursor.fail("it is GGUF version " + std::to_string(version) +
                    "; versions 2 and 3 (little-endian) are supported");
    }
}

}  // namespace

GgufFile::GgufFile(std::string_view bytes, std::string source) : m_source(std::move(source)) {
    ByteCursor cursor(bytes, m_source);
    checkHeader(cursor);
    const std::uint64_t tensorCount = cursor.count(kSmallestTensor, "tensors");
    const std::uint64_t pairCount = cursor.count(kSmallestPair, "metadata pairs");
    for (std::uint64_t i = 0; i < pairCount; ++i) {
        const std::string key(cursor.string("a metadata key"));
        if (!m_metadata.emplace(key, readValue(cursor, bytes)).second)
            cursor.fail("metadata key " + key + " appears twice; the file is damaged");
    }
    std::vector<TableRow> table;
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < tensorCount; ++i) {
        table.push_back(readTableRow(cursor));
        const std::string& name = table.back().tensor.name;
        if (!names.insert(name).second) cursor.fail("tensor " + name + " appears twice; the file is damaged");
    }
    const auto alignment = static_cast<std::uint64_t>(integer("general.alignment").value_or(kDefaultAlignment));
    if (!std::has_single_bit(alignment))
        cursor.fail("its alignment " + std::to_string(alignment) + " is not a power of two; the file is damaged");
    const std::uint64_t padding = (alignment - cursor.position() % alignment) % alignment;
    const std::string_view data =
        tensorCount == 0 ? std::string_view() : (cursor.take(padding, "the tensors"), bytes.substr(cursor.position()));
    for (TableRow& row : table) {
        row.tensor.bytes = locate(row, data, alignment, cursor);
        m_tensors.push_back(std::move(row.tensor));
    }
}

const GgufValue* GgufFile::find(std::string_view key) const {
    const auto found = m_metadata.find(key);
    return found == m_metadata.end() ? nullptr : &found->second;
}

void GgufFile::failKey(std::string_view key, const std::string& expected) const {
    throw Error("cannot use " + m_source + ": its metadata " + std::string(key) + " is not " + expected);
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto result = loadInteger(value->type, value->bytes);
    if (!result) failKey(key, "one whole number");
    return result;
}

std::optional<double> GgufFile::number(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type == GgufType::Float32) return loadScalar<float>(value->bytes);
    if (value->type == GgufType::Float64) return loadScalar<double>(value->bytes);
    const auto whole = loadInteger(value->type, value->bytes);
    if (!whole) failKey(key, "one number");
    return static_cast<double>(*whole);
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type != GgufType::Bool) failKey(key, "true or false");
    return value->bytes.front() != 0;
}

std::optional<std::string> GgufFile::text(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->type != GgufType::String) failKey(key, "a string");
    return std::string(value->bytes.substr(sizeof(std::uint64_t)));
}

std::vector<std::string_view> GgufFile::texts(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return {};
    if (value->type != GgufType::Array || value->elementType != GgufType::String) failKey(key, "a list of strings");
    std::vector<std::string_view> result;
    result.reserve(value->count);
    ByteCursor cursor(value->bytes, m_source);
    for (std::uint64_t i = 0; i < value->count; ++i) result.push_back(cursor.string("a metadata string"));
    return result;
}

std::vector<std::int64_t> GgufFile::integers(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return {};
    const std::uint64_t size = fixedSize(value->elementType);
    if (value->type != GgufType::Array || size == 0) failKey(key, "a list of whole numbers");
    std::vector<std::int64_t> result;
    result.reserve(value->count);
    for (std::uint64_t i = 0; i < value->count; ++i) {
        const auto element = loadInteger(value->elementType, value->bytes.substr(i * size, size));
        if (!element) failKey(key, "a list of whole numbers");
        result.push_back(*element);
    }
    return result;
}

}  // namespace consa
