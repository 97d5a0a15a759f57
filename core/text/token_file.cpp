// Writes and checks files of token ids.
#include "core/text/token_file.h"

#include "core/base/error.h"
#include "core/checkpoint/mapped_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace consa {
namespace {

static_assert(std::endian::native == std::endian::little, "ids are mapped as they lie in the file");

constexpr std::array<char, 8> kMagic = {'C', 'O', 'N', 'S', 'A', 'T', 'O', 'K'};
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kCheckedIdBytes = std::uint64_t{1} << 30U;

struct Header {
    std::array<char, 8> magic{};
    std::uint64_t version = 0;
    std::array<char, kKeyBytes> key{};
    std::uint64_t documentCount = 0;
    std::uint64_t tokenCount = 0;
    std::uint64_t tableBytes = 0;
    std::uint64_t idsChecksum = 0;
    std::uint64_t checksum = 0;  // of the header with 0 here, then the table
};
static_assert(sizeof(Header) == 88, "no padding");

template <typename Value>
std::string_view bytesOf(const Value& value) {
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::uint64_t checksumOf(Header header, std::string_view table) {
    header.checksum = 0;
    ContentHash hash;
    hash.add(bytesOf(header));
    hash.add(table);
    return hash.low();
}

/// Takes a number off the front of `bytes`; nothing when they are too short.
template <typename Value>
std::optional<Value> take(std::string_view& bytes) {
    if (bytes.size() < sizeof(Value)) return std::nullopt;
    Value value{};
    std::memcpy(&value, bytes.data(), sizeof(Value));
    bytes.remove_prefix(sizeof(Value));
    return value;
}

/// The header of a file whose parts fit its size and its checksum.
std::optional<Header> checkedHeader(std::string_view bytes, const std::string& key) {
    std::string_view rest = bytes;
    const auto header = take<Header>(rest);
    if (!header || header->magic != kMagic || header->version != kVersion) return std::nullopt;
    if (key != std::string_view(header->key.data(), header->key.size())) return std::nullopt;
    if (header->tokenCount > rest.size() / sizeof(std::int32_t)) return std::nullopt;
    const std::uint64_t idBytes = header->tokenCount * sizeof(std::int32_t);
    if (header->tableBytes != rest.size() - idBytes) return std::nullopt;
    if (checksumOf(*header, rest.substr(idBytes)) != header->checksum) return std::nullopt;
    if (idBytes > kCheckedIdBytes) return header;
    ContentHash ids;
    ids.add(rest.substr(0, idBytes));
    return ids.low() == header->idsChecksum ? header : std::nullopt;
}

}  // namespace

TokenFileWriter::TokenFileWriter(int handle, std::string key) : m_handle(handle), m_key(std::move(key)) {
    m_key.resize(kKeyBytes);
    m_block.reserve(kBlockBytes);
    write(bytesOf(Header{}));
}

void TokenFileWriter::add(std::string_view name, std::span<const std::int32_t> ids) {
    const std::string_view bytes(reinterpret_cast<const char*>(ids.data()), ids.size_bytes());
    write(bytes);
    m_idsHash.add(bytes);
    const std::uint64_t count = ids.size();
    const auto nameBytes = static_cast<std::uint32_t>(name.size());
    m_table.append(bytesOf(count)).append(bytesOf(nameBytes)).append(name);
    m_tokenCount += count;
    ++m_documentCount;
}

void TokenFileWriter::finish() {
    write(m_table);
    flush();
    Header header{kMagic, kVersion, {}, m_documentCount, m_tokenCount, m_table.size(), m_idsHash.low(), 0};
    std::copy(m_key.begin(), m_key.end(), header.key.begin());
    header.checksum = checksumOf(header, m_table);
    // The ids first: a header on the disk vouches for them.
    const bool isWritten = ::fsync(m_handle) == 0 && ::pwrite(m_handle, &header, sizeof(header), 0) == sizeof(header) &&
                           ::fsync(m_handle) == 0;
    if (!isWritten) throw TokenFileFailure(std::generic_category().message(errno));
}

void TokenFileWriter::write(std::string_view bytes) {
    m_block += bytes;
    if (m_block.size() >= kBlockBytes) flush();
}

void TokenFileWriter::flush() {
    std::string_view rest = m_block;
    while (!rest.empty()) {
        const ssize_t count = ::write(m_handle, rest.data(), rest.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw TokenFileFailure(std::generic_category().message(errno));
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    m_block.clear();
}

std::optional<std::vector<Document>> readTokenFile(const std::filesystem::path& path, const std::string& key) {
    std::shared_ptr<const MappedFile> file;
    try {
        file = std::make_shared<const MappedFile>(path);
    } catch (const Error&) {
        return std::nullopt;
    }
    const auto header = checkedHeader(file->bytes(), key);
    if (!header) return std::nullopt;
    const auto* const ids = reinterpret_cast<const std::int32_t*>(file->bytes().data() + sizeof(Header));
    std::string_view table = file->bytes().substr(file->bytes().size() - header->tableBytes);
    constexpr std::size_t kEntryBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
    std::vector<Document> documents;
    documents.reserve(std::min<std::uint64_t>(header->documentCount, table.size() / kEntryBytes));
    std::uint64_t begin = 0;
    while (!table.empty()) {
        const auto count = take<std::uint64_t>(table);
        const auto nameBytes = take<std::uint32_t>(table);
        if (!count || !nameBytes || *nameBytes > table.size() || *count > header->tokenCount - begin) {
            return std::nullopt;
        }
        documents.push_back({std::string(table.substr(0, *nameBytes)), TokenIds(std::span(ids + begin, *count), file)});
        table.remove_prefix(*nameBytes);
        begin += *count;
    }
    const bool isWhole = begin == header->tokenCount && documents.size() == header->documentCount;
    return isWhole ? std::optional(std::move(documents)) : std::nullopt;
}

}  // namespace consa
