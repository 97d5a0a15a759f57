// Splits documents, cuts them into windows, and fingerprints them.
#include "core/text/token_corpus.h"

#include "core/base/dice.h"
#include "core/base/error.h"
#include "core/base/file_io.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace consa {
namespace {

constexpr std::size_t kFewDocuments = 5;
constexpr std::array<Split, 3> kSplits = {Split::Train, Split::Dev, Split::Test};

constexpr std::size_t kTenths = 10;
constexpr std::size_t kDevPlace = 7;  // of ten, from 0

/// Of every ten documents the 5th and 10th are test, the 8th is dev; of fewer than eight the 4th is dev.
Split splitOfPlace(std::size_t index, std::size_t count) {
    const std::size_t place = index % kTenths;
    if (place == 4 || place == 9) return Split::Test;
    const std::size_t devPlace = count > kDevPlace ? kDevPlace : 3;
    return place == devPlace ? Split::Dev : Split::Train;
}

void assignSplitsTo(std::vector<Document>& documents, std::uint64_t seed) {
    std::vector<std::size_t> order(documents.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (seed != 0) Dice(seed).shuffle(order);
    for (std::size_t place = 0; place < order.size(); ++place) {
        documents[order[place]].split = splitOfPlace(place, order.size());
    }
}

/// The first four fifths to train on, half of the rest each for dev and test.
std::vector<Document> splitInside(const std::vector<Document>& documents) {
    std::vector<Document> parts;
    for (const Document& document : documents) {
        const std::size_t count = document.tokens.size();
        const std::size_t heldOut = count / kFewDocuments;
        const std::array<std::size_t, 4> bounds = {0, count - heldOut, count - heldOut + heldOut / 2, count};
        for (std::size_t part = 0; part < kSplits.size(); ++part) {
            if (bounds[part] == bounds[part + 1]) continue;
            parts.push_back({document.name + " (" + toString(kSplits[part]) + ")",
                             document.tokens.part(bounds[part], bounds[part + 1]), kSplits[part]});
        }
    }
    return parts;
}

/// "1.75 M", "12.3 k" or "812".
std::string shortCount(std::int64_t count) {
    const auto value = static_cast<double>(count);
    if (count >= 1000000000) return fmt::format("{:.2f} G", value / 1e9);
    if (count >= 1000000) return fmt::format("{:.2f} M", value / 1e6);
    return count >= 10000 ? fmt::format("{:.1f} k", value / 1e3) : fmt::format("{}", count);
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

TokenCorpus::TokenCorpus(std::string name, std::vector<Document> documents, bool assignSplits,
                         const CorpusOptions& options)
    : m_name(std::move(name)), m_documents(std::move(documents)), m_packsDocuments(options.packsDocuments) {
    if (!assignSplits) return;
    if (m_documents.size() < kFewDocuments) {
        m_documents = splitInside(m_documents);
    } else {
        assignSplitsTo(m_documents, options.splitSeed);
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
    for (const Split one : kSplits) {
        if (m_packsDocuments && (split == one || split == Split::All)) {
            const std::vector<TokenWindow> packed = packedWindows(one, contextTokens);
            result.insert(result.end(), packed.begin(), packed.end());
        }
    }
    if (!m_packsDocuments) result = windowsByDocument(split, contextTokens);
    if (result.empty()) failWithoutWindow(split, contextTokens);
    return result;
}

std::vector<TokenWindow> TokenCorpus::windowsByDocument(Split split, std::int64_t contextTokens) const {
    std::vector<TokenWindow> result;
    for (std::size_t i = 0; i < m_documents.size(); ++i) {
        if (split != Split::All && m_documents[i].split != split) continue;
        const auto count = static_cast<std::int64_t>(m_documents[i].tokens.size());
        for (std::int64_t begin = 0; begin + contextTokens < count; begin += contextTokens) {
            result.push_back({static_cast<int>(i), begin});
        }
    }
    return result;
}

std::vector<TokenWindow> TokenCorpus::packedWindows(Split split, std::int64_t contextTokens) const {
    std::vector<TokenWindow> result;
    const std::int64_t total = tokenCount(split);
    std::int64_t next = 0;   // where the next window begins, counted through all documents of the split
    std::int64_t first = 0;  // of this document, counted so
    for (std::size_t i = 0; i < m_documents.size(); ++i) {
        if (m_documents[i].split != split) continue;
        const std::int64_t end = first + static_cast<std::int64_t>(m_documents[i].tokens.size());
        for (; next < end && next + contextTokens < total; next += contextTokens) {
            result.push_back({static_cast<int>(i), next - first});
        }
        first = end;
    }
    return result;
}

void TokenCorpus::failWithoutWindow(Split split, int contextTokens) const {
    std::size_t longest = 0;
    for (const Document& document : m_documents) {
        if (split == Split::All || document.split == split) longest = std::max(longest, document.tokens.size());
    }
    const std::string part = split == Split::All ? m_name : "the " + toString(split) + " part of " + m_name;
    if (longest == 0) throw Error(part + " has no text; add more documents");
    const std::string context = std::to_string(contextTokens);
    if (m_packsDocuments) {
        throw Error(part + " has no more than " + std::to_string(tokenCount(split)) +
                    " tokens, too few for a context of " + context + "; choose a shorter context or more texts");
    }
    throw Error("no document in " + part + " is longer than " + context + " tokens (the longest has " +
                std::to_string(longest) + "); choose a shorter context or other texts");
}

std::vector<std::int32_t> TokenCorpus::tokens(const TokenWindow& window, int contextTokens) const {
    const Document& first = m_documents.at(static_cast<std::size_t>(window.document));
    const std::size_t count = static_cast<std::size_t>(std::max(contextTokens, 0)) + 1;
    std::vector<std::int32_t> ids;
    ids.reserve(count);
    auto begin = static_cast<std::size_t>(window.begin);
    for (auto i = static_cast<std::size_t>(window.document); i < m_documents.size() && ids.size() < count; ++i) {
        if (m_documents[i].split != first.split) continue;
        const TokenIds& all = m_documents[i].tokens;
        if (window.begin < 0 || begin > all.size()) break;
        const std::size_t taken = std::min(count - ids.size(), all.size() - begin);
        ids.insert(ids.end(), all.data() + begin, all.data() + begin + taken);
        begin = 0;
        if (!m_packsDocuments) break;
    }
    if (ids.size() == count) return ids;
    throw Error("a window reaches past the end of document " + first.name, ErrorKind::RunFailed);
}

std::string TokenCorpus::summary() const {
    const std::int64_t all = tokenCount(Split::All);
    const auto percent = [&](Split split) {
        return 100.0 * static_cast<double>(tokenCount(split)) / static_cast<double>(std::max<std::int64_t>(all, 1));
    };
    return fmt::format("{}: {} documents, {} tokens, held out {:.0f} % test, {:.0f} % dev", m_name, m_documents.size(),
                       shortCount(all), percent(Split::Test), percent(Split::Dev));
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
