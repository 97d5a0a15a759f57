// Splits documents, cuts them into windows, and fingerprints them.
#include "core/text/token_corpus.h"

#include "core/base/error.h"
#include "core/base/file_io.h"

#include <algorithm>
#include <array>
#include <utility>

namespace consa {
namespace {

constexpr std::size_t kFewDocuments = 5;

/// Of every ten documents the 5th and 10th are test, the 8th is dev.
Split splitOfDocument(std::size_t index) {
    const std::size_t place = index % 10;
    if (place == 4 || place == 9) return Split::Test;
    return place == 7 ? Split::Dev : Split::Train;
}

/// The first four fifths to train on, half of the rest each for dev and test.
void splitInside(const Document& document, std::vector<Document>& parts) {
    const std::size_t count = document.tokens.size();
    const std::size_t heldOut = count / kFewDocuments;
    const std::array<std::size_t, 4> bounds = {0, count - heldOut, count - heldOut + heldOut / 2, count};
    const std::array<Split, 3> splits = {Split::Train, Split::Dev, Split::Test};
    for (std::size_t part = 0; part < splits.size(); ++part) {
        if (bounds[part] == bounds[part + 1]) continue;
        const auto begin = document.tokens.begin();
        parts.push_back(
            {document.name + " (" + toString(splits[part]) + ")",
             {begin + static_cast<std::ptrdiff_t>(bounds[part]), begin + static_cast<std::ptrdiff_t>(bounds[part + 1])},
             splits[part]});
    }
}

}  // namespace

std::string toString(Split split) {
    switch (split) {
        case Split::Train:
            return "train";
        case Split::Dev:
            return "dev";
        case Split::Test:
            return "test";
        case Split::All:
            break;
    }
    return "all";
}

Split splitFromString(const std::string& word) {
    for (const Split split : {Split::Train, Split::Dev, Split::Test, Split::All}) {
        if (word == toString(split)) return split;
    }
    throw Error("there is no split \"" + word + "\"; choose train, dev, test or all");
}

TokenCorpus::TokenCorpus(std::string name, std::vector<Document> documents, bool assignSplits)
    : m_name(std::move(name)) {
    const bool isSplitInside = assignSplits && documents.size() < kFewDocuments;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        if (isSplitInside) {
            splitInside(documents[i], m_documents);
        } else {
            if (assignSplits) documents[i].split = splitOfDocument(i);
            m_documents.push_back(std::move(documents[i]));
        }
    }
}

std::int64_t TokenCorpus::tokenCount(Split split) const {
    std::int64_t count = 0;
    for (const Document& document : m_documents) {
        if (split == Split::All || document.split == split) count += static_cast<std::int64_t>(document.tokens.size());
    }
    return count;
}

std::vector<TokenWindow> TokenCorpus::windows(Split split, int contextTokens) const {
    if (contextTokens < 1)
        throw Error("the context is " + std::to_string(contextTokens) + " tokens; it must be 1 or more");
    std::vector<TokenWindow> result;
    std::int64_t longest = 0;
    for (std::size_t i = 0; i < m_documents.size(); ++i) {
        if (split != Split::All && m_documents[i].split != split) continue;
        const auto count = static_cast<std::int64_t>(m_documents[i].tokens.size());
        longest = std::max(longest, count);
        for (std::int64_t begin = 0; begin + contextTokens < count; begin += contextTokens) {
            result.push_back({static_cast<int>(i), begin});
        }
    }
    if (!result.empty()) return result;
    const std::string part = split == Split::All ? m_name : "the " + toString(split) + " part of " + m_name;
    if (longest == 0) throw Error(part + " has no text; add more documents");
    throw Error("no document in " + part + " is longer than " + std::to_string(contextTokens) +
                " tokens (the longest has " + std::to_string(longest) + "); choose a shorter context or other texts");
}

std::span<const std::int32_t> TokenCorpus::tokens(const TokenWindow& window, int contextTokens) const {
    const std::vector<std::int32_t>& all = m_documents.at(static_cast<std::size_t>(window.document)).tokens;
    const auto begin = static_cast<std::size_t>(window.begin);
    const std::size_t count = static_cast<std::size_t>(contextTokens) + 1;
    if (window.begin < 0 || contextTokens < 0 || begin > all.size() || count > all.size() - begin) {
        throw Error(
            "a window reaches past the end of document " + m_documents[static_cast<std::size_t>(window.document)].name,
            ErrorKind::RunFailed);
    }
    return std::span(all).subspan(begin, count);
}

std::string TokenCorpus::fingerprint() const {
    std::uint64_t hash = consa::fingerprint("");
    for (const Document& document : m_documents) {
        hash = consa::fingerprint(toString(document.split) + std::to_string(document.tokens.size()), hash);
        const std::string_view bytes(reinterpret_cast<const char*>(document.tokens.data()),
                                     document.tokens.size() * sizeof(std::int32_t));
        hash = consa::fingerprint(bytes, hash);
    }
    return toHex(hash);
}

}  // namespace consa
