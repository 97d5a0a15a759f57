// The container format of llama.cpp's models (GGUF version 2 and 3): metadata and tensors, bounds-checked.
#pragma once

#include "core/checkpoint/dequantise.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// Types of metadata values, numbered as in the file.
enum class GgufType : std::uint32_t {
    Uint8 = 0,
    Int8 = 1,
    Uint16 = 2,
    Int16 = 3,
    Uint32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    Uint64 = 10,
    Int64 = 11,
    Float64 = 12
};

/// Bytes of one value of this type; 0 for strings and arrays.
[[nodiscard]] std::uint64_t fixedSize(GgufType type);

/// One metadata value, still as stored; arrays hold `count` elements of `elementType`.
struct GgufValue {
    GgufType type = GgufType::Uint8;
    GgufType elementType = GgufType::Uint8;
    std::uint64_t count = 1;
    std::string_view bytes;
};

/// One tensor; `shape` has the slowest dimension first (the file stores it last).
struct GgufTensor {
    std::string name;
    StorageType type = StorageType::F32;
    std::vector<std::int64_t> shape;
    std::string_view bytes;
};

/// A parsed file. Views point into the bytes given, which must outlive it. Nothing is copied, so opening costs
/// little, and a count in a broken file never makes it allocate more than a file of that size needs.
class GgufFile {
public:
    /// Throws Error (BadInput) naming `source` and the place for anything that is not a whole, well-formed file of
    /// supported tensor types.
    GgufFile(std::string_view bytes, std::string source);

    [[nodiscard]] const std::string& source() const { return m_source; }
    [[nodiscard]] const std::vector<GgufTensor>& tensors() const { return m_tensors; }
    [[nodiscard]] const std::map<std::string, GgufValue, std::less<>>& metadata() const { return m_metadata; }
    [[nodiscard]] bool contains(std::string_view key) const { return m_metadata.find(key) != m_metadata.end(); }

    /// Value of a key, empty when the key is missing. Throws Error naming the key when it holds something else.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<double> number(std::string_view key) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    [[nodiscard]] std::vector<std::string_view> texts(std::string_view key) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view key) const;
    /// Whether the key holds a list.
    [[nodiscard]] bool isList(std::string_view key) const;

private:
    [[nodiscard]] const GgufValue* find(std::string_view key) const;
    [[noreturn]] void failKey(std::string_view key, const std::string& expected) const;

    std::string m_source;
    std::map<std::string, GgufValue, std::less<>> m_metadata;
    std::vector<GgufTensor> m_tensors;
};

}  // namespace consa
