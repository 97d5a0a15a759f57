// A 128-bit hash of bytes that come in pieces: the same content, the same name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace consa {

/// XXH3, several gigabytes a second; it tells contents apart but is no guard against malice.
class ContentHash {
public:
    ContentHash();
    ~ContentHash();
    ContentHash(const ContentHash&) = delete;
    ContentHash& operator=(const ContentHash&) = delete;

    void add(std::string_view bytes);
    /// Adds the length too, so that ("ab", "c") and ("a", "bc") differ.
    void addField(std::string_view bytes);

    /// 32 hexadecimal digits over all that was added so far.
    [[nodiscard]] std::string hex() const;
    /// The low 64 bits of the same.
    [[nodiscard]] std::uint64_t low() const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace consa
