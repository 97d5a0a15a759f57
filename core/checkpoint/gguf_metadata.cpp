// Hands out GGUF metadata as numbers, texts and lists.
#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/gguf_file.h"

#include <cstring>
#include <limits>

namespace consa {
namespace {

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

}  // namespace

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

bool GgufFile::isList(std::string_view key) const {
    const GgufValue* value = find(key);
    return value != nullptr && value->type == GgufType::Array;
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
