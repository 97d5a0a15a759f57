// Writes GGUF files for tests, good and bad ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace consa::test {

/// Appends a number as it lies in memory.
template <typename T>
void append(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

inline void appendString(std::string& bytes, std::string_view text) {
    append(bytes, static_cast<std::uint64_t>(text.size()));
    bytes.append(text);
}

/// Collects metadata and tensors; bytes() puts the file together.
class GgufBuilder {
public:
    std::uint32_t version = 3;
    std::string magic = "GGUF";

    void addRaw(std::string_view key, std::uint32_t type, std::string_view value) {
        appendString(m_pairs, key);
        append(m_pairs, type);
        m_pairs.append(value);
        ++m_pairCount;
    }
    void add(std::string_view key, std::uint32_t value) { addRaw(key, 4, pack(value)); }
    void add(std::string_view key, float value) { addRaw(key, 6, pack(value)); }
    void add(std::string_view key, const char* value) {
        std::string packed;
        appendString(packed, value);
        addRaw(key, 8, packed);
    }
    void add(std::string_view key, const std::vector<std::string>& values) {
        std::string packed = pack(std::uint32_t{8}) + pack(std::uint64_t{values.size()});
        for (const std::string& value : values) appendString(packed, value);
        addRaw(key, 9, packed);
    }
    void add(std::string_view key, const std::vector<std::int32_t>& values) {
        std::string packed = pack(std::uint32_t{5}) + pack(std::uint64_t{values.size()});
        for (const std::int32_t value : values) append(packed, value);
        addRaw(key, 9, packed);
    }

    /// `shape` with the slowest dimension first.
    void addTensor(std::string_view name, const std::vector<std::int64_t>& shape, std::uint32_t type,
                   std::string_view data) {
        addRow(name, shape, type, m_data.size());
        m_data.append(data);
        pad(m_data);
    }
    /// A row of the tensor table alone, which may claim anything.
    void addRow(std::string_view name, const std::vector<std::int64_t>& shape, std::uint32_t type,
                std::uint64_t offset) {
        appendString(m_table, name);
        append(m_table, static_cast<std::uint32_t>(shape.size()));
        for (std::size_t i = shape.size(); i-- > 0;) append(m_table, shape[i]);
        append(m_table, type);
        append(m_table, offset);
        ++m_tensorCount;
    }
    void addFloats(std::string_view name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
        addTensor(name, shape, 0, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    }

    [[nodiscard]] std::string bytes() const {
        std::string result = magic + pack(version) + pack(m_tensorCount) + pack(m_pairCount) + m_pairs + m_table;
        pad(result);
        return result + m_data;
    }

    template <typename T>
    static std::string pack(T value) {
        std::string packed;
        append(packed, value);
        return packed;
    }

private:
    static void pad(std::string& bytes) { bytes.append((32 - bytes.size() % 32) % 32, '\0'); }

    std::string m_pairs;
    std::string m_table;
    std::string m_data;
    std::uint64_t m_pairCount = 0;
    std::uint64_t m_tensorCount = 0;
};

}  // namespace consa::test
