// Unpacks through zlib and libzstd.
#include "core/text/decompressor.h"

#include "core/base/error.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>

namespace consa {
namespace {

constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::string_view kSkippableEnd = "\x2a\x4d\x18";  // after a byte 0x5?: what pzstd writes first

class GzipDecompressor final : public Decompressor {
public:
    GzipDecompressor() {
        constexpr int kGzipOnly = 16;  // as zlib.h defines it: 16 more than the window bits
        if (inflateInit2(&m_stream, MAX_WBITS + kGzipOnly) != Z_OK) throw Error("there is no memory to unpack it");
    }
    ~GzipDecompressor() override { inflateEnd(&m_stream); }
    GzipDecompressor(const GzipDecompressor&) = delete;
    GzipDecompressor& operator=(const GzipDecompressor&) = delete;

    std::size_t unpack(std::string_view& input, std::span<char> output) override {
        if (m_isComplete && !input.empty()) beginMember();
        m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        m_stream.avail_in = boundedCount(input.size());
        m_stream.next_out = reinterpret_cast<Bytef*>(output.data());
        m_stream.avail_out = boundedCount(output.size());
        const uInt inputBytes = m_stream.avail_in;
        const uInt outputBytes = m_stream.avail_out;
        const int result = inflate(&m_stream, Z_NO_FLUSH);
        input.remove_prefix(inputBytes - m_stream.avail_in);
        if (result == Z_STREAM_END) {
            m_isComplete = true;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            throw Error(std::string("its gzip data are damaged (") +
                        (m_stream.msg == nullptr ? zError(result) : m_stream.msg) + ")");
        }
        return outputBytes - m_stream.avail_out;
    }

    [[nodiscard]] bool isComplete() const override { return m_isComplete; }

private:
    static uInt boundedCount(std::size_t count) {
        return static_cast<uInt>(std::min<std::size_t>(count, std::numeric_limits<uInt>::max()));
    }

    void beginMember() {
        inflateReset(&m_stream);
        m_isComplete = false;
    }

    z_stream m_stream{};
    bool m_isComplete = false;
};

class ZstdDecompressor final : public Decompressor {
public:
    std::size_t unpack(std::string_view& input, std::span<char> output) override {
        if (!m_stream) throw Error("there is no memory to unpack it");
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        ZSTD_outBuffer out{output.data(), output.size(), 0};
        const std::size_t result = ZSTD_decompressStream(m_stream.get(), &out, &in);
        if (ZSTD_isError(result) != 0U) {
            if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
                throw Error("it was packed with a window past 128 MiB; pack it again without --long and --ultra");
            }
            throw Error(std::string("its zstd data are damaged (") + ZSTD_getErrorName(result) + ")");
        }
        input.remove_prefix(in.pos);
        // Called without anything to do, the decoder announces a next frame; that is no frame begun.
        if (in.pos > 0 || out.pos > 0) m_isComplete = result == 0;
        return out.pos;
    }

    [[nodiscard]] bool isComplete() const override { return m_isComplete; }

private:
    std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> m_stream{ZSTD_createDStream(), &ZSTD_freeDStream};
    bool m_isComplete = false;
};

}  // namespace

Compression compressionOf(std::string_view firstBytes) {
    if (firstBytes.starts_with(kGzipMagic)) return Compression::Gzip;
    const bool isSkippable = firstBytes.size() > 3 && firstBytes.substr(1, 3) == kSkippableEnd &&
                             (static_cast<unsigned char>(firstBytes.front()) & 0xf0U) == 0x50U;
    return isSkippable || firstBytes.starts_with(kZstdMagic) ? Compression::Zstd : Compression::None;
}

std::unique_ptr<Decompressor> makeDecompressor(Compression compression) {
    if (compression == Compression::Gzip) return std::make_unique<GzipDecompressor>();
    return std::make_unique<ZstdDecompressor>();
}

}  // namespace consa
