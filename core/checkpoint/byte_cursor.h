// Reading little-endian numbers and strings out of a file that may be damaged.
#pragma once

#include "core/base/error.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace consa {

static_assert(std::endian::native == std::endian::little, "model files are read as little-endian");

/// A name out of a file, fit for a message: at most 80 characters, '?' for what is no printable ASCII.
[[nodiscard]] inline std::string printable(std::string_view text) {
    constexpr std::size_t kLongest = 80;
    std::string result(text.substr(0, kLongest));
    for (char& letter : result) letter = letter < ' ' || letter > '~' ? '?' : letter;
    return text.size() > kLongest ? result + "..." : result;
}

/// A place in the file that moves forward and never past the end. Every function throws Error (BadInput) naming the
/// file and the byte when the file ends too soon.
class ByteCursor {
public:
    ByteCursor(std::string_view bytes, const std::string& source) : m_bytes(bytes), m_source(source) {}

    [[nodiscard]] std::uint64_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_bytes.size() - m_position; }

    template <typename T>
    T read(const char* what) {
        T value;
        std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
        return value;
    }

    std::string_view take(std::uint64_t count, const char* what) {
        if (count > remaining())
            fail(std::string("the file ends inside ") + what + "; it is cut short or damaged, fetch it again");
        const std::string_view taken = m_bytes.substr(m_position, count);
        m_position += count;
        return taken;
    }

    std::string_view string(const char* what) { return take(read<std::uint64_t>(what), what); }

    /// A count of things of at least `smallest` bytes each.
    std::uint64_t count(std::uint64_t smallest, const char* what) {
        const auto value = read<std::uint64_t>(what);
        if (value > remaining() / smallest) {
            fail(std::string("it claims ") + std::to_string(value) + " " + what +
                 ", more than it can hold; it is cut short or damaged, fetch it again");
        }
        return value;
    }

    [[noreturn]] void fail(const std::string& problem) const {
        throw Error("cannot read " + m_source + " at byte " + std::to_string(m_position) + ": " + problem);
    }

private:
    std::string_view m_bytes;
    const std::string& m_source;
    std::uint64_t m_position = 0;
};

}  // namespace consa
