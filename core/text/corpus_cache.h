// Keeps encoded texts between runs: one file of token ids a corpus and tokenizer.
#pragma once

#include "core/text/token_corpus.h"
#include "core/text/token_file.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// What names a tokenizer in the cache: `tokenizerJson` as makeTokenizer() takes it, the ids that `tokenizer` gives a
/// text of many kinds of letters, and this program's version, so that a mended tokenizer finds nothing old.
[[nodiscard]] std::string tokenizerKey(const std::string& tokenizerJson, const Tokenizer& tokenizer);

/// A folder of files KEY.tokens; what is being written is KEY.part, locked by the process that writes it. Files that
/// were not used for longest make room when all together pass the limit.
class CorpusCache {
public:
    static constexpr std::uint64_t kLimitBytes = std::uint64_t{20} << 30U;

    /// Writes documents, in order, to a file.
    using Fill = std::function<void(TokenFileWriter&)>;

    explicit CorpusCache(std::filesystem::path folder, std::uint64_t limitBytes = kLimitBytes);

    /// The documents under `key` (32 digits): from the file, or encoded by `fill` into it. When another process or
    /// thread is at it, waits for that one; `onWait` is called ten times a second meanwhile and may throw to give up.
    /// What `fill` throws comes out, and nothing of the file stays. Throws TokenFileFailure when folder or file can't
    /// be written.
    [[nodiscard]] std::vector<Document> documents(const std::string& key, const Fill& fill,
                                                  const std::function<void()>& onWait) const;

private:
    [[nodiscard]] std::filesystem::path pathOf(const std::string& key) const;
    [[nodiscard]] std::optional<std::vector<Document>> find(const std::string& key) const;
    void makeRoom(const std::filesystem::path& kept) const;

    std::filesystem::path m_folder;
    std::uint64_t m_limitBytes;
};

}  // namespace consa
