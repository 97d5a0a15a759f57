// Reads, unpacks and checks files block by block.
#include "core/text/text_file.h"

#include "core/base/error.h"
#include "core/text/text_format.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace consa {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18U;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

[[noreturn]] void failTooLong(const TextFile& file, const std::string& place) {
    throw Error("cannot read " + place + ": it is longer than " + std::to_string(file.limits().documentBytes) +
                " bytes, too long for one document; split it, or write it as JSONL with a document a line");
}

}  // namespace

FileBlocks::FileBlocks(std::filesystem::path path)
    : m_path(std::move(path)), m_block(kBlockBytes), m_handle(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (m_handle < 0) fail();
}

FileBlocks::~FileBlocks() {
    if (m_handle >= 0) ::close(m_handle);
}

void FileBlocks::fail() const {
    throw Error("cannot read " + m_path.string() + ": " + std::generic_category().message(errno));
}

std::string_view FileBlocks::next() {
    std::size_t count = 0;
    while (count < m_block.size()) {
        const ssize_t got = ::read(m_handle, m_block.data() + count, m_block.size() - count);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail();
        if (got == 0) break;
        count += static_cast<std::size_t>(got);
    }
    return {m_block.data(), count};
}

TextFile::TextFile(std::filesystem::path path, const TextLimits& limits)
    : m_path(std::move(path)), m_limits(limits), m_blocks(m_path) {}

void TextFile::fail(const std::string& reason) const {
    throw Error("cannot read " + m_path.string() + " as text: " + reason);
}

void TextFile::takeBlock() {
    m_input = m_blocks.next();
    m_bytesRead += m_input.size();
    m_hash.add(m_input);
}

void TextFile::begin() {
    takeBlock();
    const Compression compression = compressionOf(m_input);
    const std::string suffix = packedSuffix(m_path);
    if (compression == Compression::None && !suffix.empty()) {
        fail("it is named " + suffix + " but is not packed so; fetch it again, or rename it if it is plain text");
    }
    if (compression == Compression::None) return;
    m_decompressor = makeDecompressor(compression);
    m_output.resize(kBlockBytes);
}

std::string_view TextFile::next() {
    const bool isFirst = !std::exchange(m_hasBegun, true);
    if (isFirst) {
        begin();
    } else if (!m_decompressor) {
        takeBlock();
    }
    std::string_view piece = m_decompressor ? unpack() : m_input;
    requireText(piece, isFirst);
    m_bytesGiven += piece.size();
    if (isFirst && piece.starts_with(kByteOrderMark)) {
        piece.remove_prefix(kByteOrderMark.size());
        if (piece.empty()) return next();
    }
    return piece;
}

/// Fills the output as far as the file goes, so that a first piece shows enough of what the file is.
std::string_view TextFile::unpack() {
    std::size_t count = 0;
    bool isAtEnd = false;
    while (count < m_output.size() && !isAtEnd) {
        if (m_input.empty()) {
            takeBlock();
            isAtEnd = m_input.empty();
        }
        try {
            // At the end of the file, too: the decompressor may hold back some bytes.
            std::size_t got = 0;
            do {
                got = m_decompressor->unpack(m_input, std::span(m_output).subspan(count));
                count += got;
            } while (count < m_output.size() && (got > 0 || !m_input.empty()));
        } catch (const Error& error) {
            fail(std::string(error.what()) + "; fetch the file again");
        }
    }
    if (count == 0 && !m_decompressor->isComplete()) {
        fail("it is cut off after " + std::to_string(m_bytesRead) + " packed bytes; fetch the file again");
    }
    const std::string_view piece(m_output.data(), count);
    requireModestExpansion();
    return piece;
}

void TextFile::requireModestExpansion() const {
    if (m_bytesGiven <= m_limits.freeBytes || m_bytesGiven / m_limits.expansion <= m_bytesRead) return;
    fail("it unpacks to more than " + std::to_string(m_limits.expansion) + " times its size (so far " +
         std::to_string(m_bytesGiven >> 20U) + " MiB), as no text does; unpack it by hand if you trust it");
}

void TextFile::requireText(std::string_view piece, bool isFirst) const {
    if (isFirst) {
        if (const std::string reason = whyNotText(piece, m_path); !reason.empty()) fail(reason);
    }
    const std::size_t zero = piece.find('\0');
    if (zero == std::string_view::npos) return;
    fail("byte " + std::to_string(m_bytesGiven + zero) +
         " is zero, so it is not UTF-8 text; convert it or leave it out");
}

std::string readWholeText(TextFile& file) {
    std::string text;
    for (std::string_view piece = file.next(); !piece.empty(); piece = file.next()) {
        if (piece.size() > file.limits().documentBytes - text.size()) failTooLong(file, file.path().string());
        text += piece;
    }
    return text;
}

bool LineReader::next(std::string& line) {
    line.clear();
    for (bool hasBegun = false;; hasBegun = true) {
        if (m_piece.empty()) m_piece = m_file.next();
        if (m_piece.empty()) return hasBegun;
        if (!hasBegun) ++m_lineNumber;
        const std::size_t end = m_piece.find('\n');
        const std::string_view part = m_piece.substr(0, end);
        if (part.size() > m_file.limits().documentBytes - line.size()) {
            failTooLong(m_file, m_file.path().string() + ":" + std::to_string(m_lineNumber));
        }
        line += part;
        m_piece.remove_prefix(end == std::string_view::npos ? part.size() : part.size() + 1);
        if (end != std::string_view::npos) break;
    }
    if (line.ends_with('\r')) line.pop_back();
    return true;
}

std::string hashFile(const std::filesystem::path& path, const std::function<void(std::uint64_t)>& onBlock) {
    FileBlocks blocks(path);
    ContentHash hash;
    for (std::string_view block = blocks.next(); !block.empty(); block = blocks.next()) {
        hash.add(block);
        onBlock(block.size());
    }
    return hash.hex();
}

}  // namespace consa
