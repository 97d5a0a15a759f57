// Texts as token ids, split by document into train, dev and test.
#pragma once

#include "core/text/tokenizer.h"

#include <cstdint>
#include <functional>
#include <span>
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
    std::vector<std::int32_t> tokens;
    Split split = Split::Train;
};

/// `contextTokens` + 1 consecutive tokens of one document: every token after the first is predicted.
struct TokenWindow {
    int document = 0;  // index into TokenCorpus::documents()
    std::int64_t begin = 0;

    bool operator==(const TokenWindow&) const = default;
};

/// Called with the share of the work done, 0..1, and what is being done; throws to cancel.
using ProgressCallback = std::function<void(double, const std::string&)>;

/// Documents of one or more texts. Immutable once made.
class TokenCorpus {
public:
    /// Splits: of every ten documents in order the 5th and 10th are test, the 8th is dev, the rest train. With fewer
    /// than 5 documents the last fifth of each is held out, half dev, half test (the parts become documents).
    TokenCorpus(std::string name, std::vector<Document> documents, bool assignSplits = true);

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const std::vector<Document>& documents() const { return m_documents; }
    [[nodiscard]] std::int64_t tokenCount(Split split) const;
    /// Windows that start at 0, contextTokens, 2 contextTokens, ... of each document of the split; shorter remainders
    /// are left out. Throws Error (BadInput) with the longest document's length when there is none.
    [[nodiscard]] std::vector<TokenWindow> windows(Split split, int contextTokens) const;
    /// The contextTokens + 1 ids of a window.
    [[nodiscard]] std::span<const std::int32_t> tokens(const TokenWindow& window, int contextTokens) const;
    /// 16 hex digits over all ids and splits.
    [[nodiscard]] std::string fingerprint() const;
    /// Where the texts came from (package and version, or paths), for the run's record.
    [[nodiscard]] const std::string& origin() const { return m_origin; }
    void setOrigin(std::string origin) { m_origin = std::move(origin); }

private:
    std::string m_name;
    std::string m_origin;
    std::vector<Document> m_documents;
};

/// Reads `paths`: files or folders (searched in name order) of plain text (.txt .md .rst .text and no suffix), POD
/// (.pod, markup stripped) and JSONL (.jsonl, one document a line, field "text"); or the words `default` (what the
/// set-up installed), `demo` (the generator's held-out text) and `generated:SEED`. Throws Error (BadInput) naming
/// path and line for what can't be read, and for texts without a token.
[[nodiscard]] TokenCorpus loadCorpus(const std::vector<std::string>& paths, const Tokenizer& tokenizer,
                                     const ProgressCallback& progress = {});

/// Plain text of a POD document: commands, formatting codes and directives removed, their words kept.
[[nodiscard]] std::string stripPod(std::string_view pod);

}  // namespace consa
