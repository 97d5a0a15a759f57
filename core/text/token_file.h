// A corpus as one file of token ids that is mapped, not read: written as a stream, trusted only when whole.
//
// Little-endian: a header (magic, version, counts, checksums, key), the ids of all documents as int32, then the table:
// for every document its token count (uint64), the length of its name (uint32) and the name.
#pragma once

#include "core/base/content_hash.h"
#include "core/text/token_corpus.h"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// Thrown when the file can't be written (full disk, limits, rights): the caller can do without it.
class TokenFileFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Writes documents as they come; memory holds their table and one block of ids.
class TokenFileWriter {
public:
    /// Writes to `handle`, an empty file open for writing, which stays the caller's. `key`: 32 digits that the reader
    /// asks for again.
    TokenFileWriter(int handle, std::string key);

    /// Both throw TokenFileFailure with the system's reason.
    void add(std::string_view name, std::span<const std::int32_t> ids);
    /// Writes table and header and sees them onto the disk. Nothing is trusted before.
    void finish();

private:
    void write(std::string_view bytes);
    void flush();

    int m_handle;
    std::string m_key;
    std::string m_block;
    std::string m_table;
    std::uint64_t m_documentCount = 0;
    std::uint64_t m_tokenCount = 0;
    ContentHash m_idsHash;
};

/// The documents of a file, their ids mapped; nothing when it is missing, cut off, damaged, of another version or has
/// another key. Header and table are checked wholly, ids up to 1 GiB of them (more would take longer than it is worth:
/// a file gets its name only when it is whole).
[[nodiscard]] std::optional<std::vector<Document>> readTokenFile(const std::filesystem::path& path,
                                                                 const std::string& key);

}  // namespace consa
