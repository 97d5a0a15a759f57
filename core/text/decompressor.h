// Unpacks gzip and zstd piece by piece, in bounded memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace consa {

/// How a file is packed.
enum class Compression { None, Gzip, Zstd };

/// What the first bytes of a file say.
[[nodiscard]] Compression compressionOf(std::string_view firstBytes);

/// One stream of one or more members (gzip) or frames (zstd), as `cat a.gz b.gz` makes them.
class Decompressor {
public:
    virtual ~Decompressor() = default;

    /// Unpacks from the front of `input`, which is shortened by what was used; returns the bytes written to `output`,
    /// 0 when it needs more input. Throws Error with the reason alone (no path) for damaged data.
    virtual std::size_t unpack(std::string_view& input, std::span<char> output) = 0;
    /// True between members: the input may end here.
    [[nodiscard]] virtual bool isComplete() const = 0;
};

/// `compression` is not None.
[[nodiscard]] std::unique_ptr<Decompressor> makeDecompressor(Compression compression);

}  // namespace consa
