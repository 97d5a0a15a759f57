// Texts as token ids, split by document into train, dev and test.
#pragma once

#include "core/text/corpus_options.h"
#include "core/text/token_ids.h"
#include "core/text/tokenizer.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace consa {

/// Which documents: learning uses Train, live figures and defaults Dev, reports Test.
enum class Split { Train, Dev, Test, All };

[[nodiscard]] std::string toString(Split split);
/// Throws Error (BadInput) for any word but train, dev, test, all.
[[nodiscard]] Split splitFromString(const std::string& word);

/// One text; `split` is never All.
struct Document {
    std::string name;
    TokenIds tokens;
    Split split = Split::Train;
};

/// `contextTokens` + 1 consecutive tokens of one document (packed: of documents of one split, one after another): every
/// token after the first is predicted.
struct TokenWindow {
    int document = 0;  // index into TokenCorpus::documents(), where the window begins
    std::int64_t begin = 0;

    bool operator==(const TokenWindow&) const = default;
};

/// Called with the share of the work done, 0..1, and what is being done; throws to cancel.
using ProgressCallback = std::function<void(double, const std::string&)>;

/// Documents of one or more texts. Immutable once made.
class TokenCorpus {
public:
    /// Splits: of every ten documents in order the 5th and 10th are test, the 8th is dev, the rest train; of 5 to 7
    /// documents the 4th is dev. A splitSeed other than 0 shuffles the documents' places first (the order of
    /// documents() stays). With fewer than 5 documents the last fifth of each is held out, half dev, half test (the
    /// parts become documents). Without `assignSplits` the documents keep theirs.
    TokenCorpus(std::string name, std::vector<Document> documents, bool assignSplits = true,
                const CorpusOptions& options = {});

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const std::vector<Document>& documents() const { return m_documents; }
    [[nodiscard]] std::int64_t tokenCount(Split split) const;
    /// Windows that start at 0, contextTokens, 2 contextTokens, ... of each document of the split (packed: of all its
    /// documents as one); shorter remainders are left out. All is train, dev and test, each for itself. Throws Error
    /// (BadInput) with the longest document's length when there is none.
    [[nodiscard]] std::vector<TokenWindow> windows(Split split, int contextTokens) const;
    /// The contextTokens + 1 ids of a window.
    [[nodiscard]] std::vector<std::int32_t> tokens(const TokenWindow& window, int contextTokens) const;
    /// 16 hex digits over all ids and splits.
    [[nodiscard]] std::string fingerprint() const;
    /// One line for people: documents, tokens, and the share that is held out.
    [[nodiscard]] std::string summary() const;
    /// Where the texts came from (package and version, or paths), for the run's record.
    [[nodiscard]] const std::string& origin() const { return m_origin; }
    void setOrigin(std::string origin) { m_origin = std::move(origin); }
    /// What the user should know though it is no error (that nothing could be cached); mostly empty.
    [[nodiscard]] const std::string& warning() const { return m_warning; }
    void setWarning(std::string warning) { m_warning = std::move(warning); }

private:
    [[nodiscard]] std::vector<TokenWindow> windowsByDocument(Split split, std::int64_t contextTokens) const;
    [[nodiscard]] std::vector<TokenWindow> packedWindows(Split split, std::int64_t contextTokens) const;
    [[noreturn]] void failWithoutWindow(Split split, int contextTokens) const;

    std::string m_name;
    std::string m_origin;
    std::string m_warning;
    std::vector<Document> m_documents;
    bool m_packsDocuments;
};

/// Reads `paths`: files or folders (searched in name order) of plain text, Markdown and RST (as they stand), POD and
/// HTML (markup stripped) and JSONL (a document a line, in options.jsonField), each also packed with gzip or zstd; or
/// the words `default` (what the set-up installed), `demo` (the generator's held-out text) and `generated:SEED`. A file
/// is read in pieces: texts may be larger than memory, when there is a cache.
///
/// `tokenizerKey` (tokenizerKey() in corpus_cache.h) names the tokenizer in the cache; without it, and for generated
/// text, nothing is cached. Throws Error (BadInput) naming path and line for what can't be read, and for texts
/// without a token.
[[nodiscard]] TokenCorpus loadCorpus(const std::vector<std::string>& paths, const Tokenizer& tokenizer,
                                     const ProgressCallback& progress = {}, const CorpusOptions& options = {},
                                     const std::string& tokenizerKey = {});

}  // namespace consa
