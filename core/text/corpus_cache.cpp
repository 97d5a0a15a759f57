// Finds, makes and clears away files of token ids.
#include "core/text/corpus_cache.h"

#include "core/base/content_hash.h"
#include "core/base/folder_content.h"
#include "core/base/version.h"
#include "core/text/part_file.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace consa {
namespace {

namespace fs = std::filesystem;

// Letters, numbers, white space, marks and scripts that tokenizers treat apart.
constexpr std::string_view kProbe =
    "The  quick brown fox, don't you'LL see? 1234567 3.14\t\n\n  if (x != 0) { return \"a_b\"; }\r\n<|endoftext|> <s> "
    "\u00e9 e\u0301 \u00df \u0130 \u4f60\u597d\u4e16\u754c \u3053\u3093 \ud55c\uae00 "
    "\u0645\u0631\u062d\u0628\u0627 \u0939\u093f \u0e44\u0e17\u0e22 \U0001f600\U0001f468\u200d\U0001f469 \u00a0\u2003";

}  // namespace

std::string tokenizerKey(const std::string& tokenizerJson, const Tokenizer& tokenizer) {
    ContentHash hash;
    hash.addField(kVersion);
    hash.addField(tokenizerJson);
    for (const std::int32_t id : tokenizer.encode(kProbe)) hash.addField(std::to_string(id));
    return hash.hex();
}

CorpusCache::CorpusCache(fs::path folder, std::uint64_t limitBytes)
    : m_folder(std::move(folder)), m_limitBytes(limitBytes) {}

fs::path CorpusCache::pathOf(const std::string& key) const {
    return m_folder / (key + ".tokens");
}

std::optional<std::vector<Document>> CorpusCache::find(const std::string& key) const {
    auto documents = readTokenFile(pathOf(key), key);
    std::error_code ignored;  // a folder that can only be read serves as well
    if (documents) fs::last_write_time(pathOf(key), fs::file_time_type::clock::now(), ignored);
    return documents;
}

std::vector<Document> CorpusCache::documents(const std::string& key, const Fill& fill,
                                             const std::function<void()>& onWait) const {
    auto documents = find(key);
    if (documents) return std::move(*documents);
    std::error_code code;
    fs::create_directories(m_folder, code);
    if (code) throw TokenFileFailure(code.message());
    const auto isDone = [&] {
        documents = find(key);
        return documents.has_value();
    };
    PartFile part(pathOf(key), isDone, onWait);
    if (!part.isHeld() && documents) return std::move(*documents);
    if (!part.isHeld()) throw TokenFileFailure("the file can't be emptied");
    {
        TokenFileWriter writer(part.handle(), key);
        fill(writer);
        writer.finish();
    }
    part.finish();
    documents = find(key);
    if (!documents) throw TokenFileFailure("what was written can't be read back");
    makeRoom(pathOf(key));
    return std::move(*documents);
}

void CorpusCache::makeRoom(const fs::path& kept) const {
    struct Entry {
        fs::file_time_type lastUse;
        fs::path path;
        std::uint64_t bytes;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    std::error_code code;
    for (const std::string& name : namesIn(m_folder, code)) {
        const fs::path path = m_folder / name;
        if (path.extension() == ".part") PartFile::removeIfAbandoned(path);
        if (path.extension() != ".tokens") continue;
        std::error_code gone;
        const Entry entry{fs::last_write_time(path, gone), path, gone ? 0 : fs::file_size(path, gone)};
        if (gone) continue;
        total += entry.bytes;
        if (path != kept) entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.lastUse < b.lastUse; });
    for (const Entry& entry : entries) {
        if (total <= m_limitBytes) return;
        if (fs::remove(entry.path, code)) total -= entry.bytes;
    }
}

}  // namespace consa
