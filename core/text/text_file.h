// Reads a text file of any size in pieces, unpacking gzip and zstd.
#pragma once

#include "core/base/content_hash.h"
#include "core/text/decompressor.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// The bytes of a file as they lie there, block by block.
class FileBlocks {
public:
    /// Throws Error (BadInput) naming the path when it is missing, a folder or unreadable; so does next().
    explicit FileBlocks(std::filesystem::path path);
    ~FileBlocks();
    FileBlocks(const FileBlocks&) = delete;
    FileBlocks& operator=(const FileBlocks&) = delete;

    /// The next block, full except for the last one; empty at the end. It lives until the next call.
    [[nodiscard]] std::string_view next();

private:
    [[noreturn]] void fail() const;

    std::filesystem::path m_path;
    std::vector<char> m_block;  // before the file is open: without memory for it none stays open
    int m_handle = -1;
};

/// What one file may grow to, so that a few packed kilobytes cannot fill memory or disk.
struct TextLimits {
    std::uint64_t documentBytes = std::uint64_t{1} << 30U;  // one document, or one line of JSONL
    std::uint64_t freeBytes = std::uint64_t{64} << 20U;     // up to here any expansion is taken
    std::uint64_t expansion = 200;  // unpacked over packed beyond that; English text reaches about 5, logs about 50
};

/// Bytes of one file from begin to end. Throws Error (BadInput), naming the path, for what is no text (other kinds of
/// files, zero bytes), is cut off or damaged, or expands past the limits.
class TextFile {
public:
    explicit TextFile(std::filesystem::path path, const TextLimits& limits = {});

    /// The next piece, empty at the end; it lives until the next call. A byte order mark at the front is left out.
    [[nodiscard]] std::string_view next();

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const TextLimits& limits() const { return m_limits; }
    /// Bytes of the file itself that were read so far.
    [[nodiscard]] std::uint64_t bytesRead() const { return m_bytesRead; }
    /// Hash of these bytes: at the end, of the whole file.
    [[nodiscard]] std::string contentHash() const { return m_hash.hex(); }

private:
    [[noreturn]] void fail(const std::string& reason) const;
    void takeBlock();
    /// Decides how the file is packed, from its first block and its name.
    void begin();
    std::string_view unpack();
    void requireModestExpansion() const;
    /// Refuses pieces that are no text; `isFirst`: the file begins with it.
    void requireText(std::string_view piece, bool isFirst) const;

    std::filesystem::path m_path;
    TextLimits m_limits;
    FileBlocks m_blocks;
    std::string_view m_input;  // of the last block, not yet used
    std::vector<char> m_output;
    std::unique_ptr<Decompressor> m_decompressor;  // null for files that are not packed
    ContentHash m_hash;
    std::uint64_t m_bytesRead = 0;
    std::uint64_t m_bytesGiven = 0;  // unpacked
    bool m_hasBegun = false;
};

/// The whole text of a file. Throws Error (BadInput) as TextFile does and past `documentBytes`.
[[nodiscard]] std::string readWholeText(TextFile& file);

/// A file's lines, without their line ends.
class LineReader {
public:
    explicit LineReader(TextFile& file) : m_file(file) {}

    /// The next line into `line`; false at the end. Throws Error (BadInput) as TextFile does and past `documentBytes`.
    [[nodiscard]] bool next(std::string& line);
    /// Of the last line, counted from 1.
    [[nodiscard]] std::uint64_t lineNumber() const { return m_lineNumber; }

private:
    TextFile& m_file;
    std::string_view m_piece;
    std::uint64_t m_lineNumber = 0;
};

/// The content hash of a file, without looking at what it holds; `onBlock` is called with the bytes of every block and
/// may throw to cancel. Throws Error (BadInput) naming the path when it is unreadable.
[[nodiscard]] std::string hashFile(const std::filesystem::path& path,
                                   const std::function<void(std::uint64_t blockBytes)>& onBlock);

}  // namespace consa
