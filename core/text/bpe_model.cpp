// Reads vocabulary and merges, and merges the bytes of a word pair by pair.
#include "core/text/bpe_model.h"

#include "core/base/error.h"
#include "core/text/byte_alphabet.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <tuple>

namespace consa {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxVocabulary = 1 << 24;  // far above any vocabulary; keeps a damaged id from taking memory

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot use the tokenizer of " + source + ": " + problem);
}

bool flag(const json& description, const char* name) {
    const json value = description.value(name, json(false));
    return value.is_boolean() && value.get<bool>();
}

void refuseUnsupported(const json& description, const std::string& source) {
    for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const json value = description.value(field, json());
        if (!value.is_null() && value != json(""))
            fail(source, std::string("its model's ") + field + " is not supported");
    }
    if (flag(description, "byte_fallback")) fail(source, "its model's byte_fallback is not supported");
    const json dropout = description.value("dropout", json());
    if (!dropout.is_null() && dropout != 0) fail(source, "its model's dropout is not supported");
}

/// Two symbols that could become one; the lowest rank goes first, then the leftmost.
struct Candidate {
    std::int32_t rank = 0;
    std::size_t left = 0;
    std::size_t right = 0;
    std::int32_t leftId = 0;
    std::int32_t rightId = 0;
    std::int32_t result = 0;

    bool operator>(const Candidate& other) const { return std::tie(rank, left) > std::tie(other.rank, other.left); }
};

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// A symbol in a doubly linked list; `id` is -1 once it was merged into its left neighbour.
struct Link {
    std::int32_t id = -1;
    std::size_t previous = kNone;
    std::size_t next = kNone;
};

std::vector<Link> linked(const std::vector<std::int32_t>& symbols) {
    std::vector<Link> links(symbols.size());
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        links[i] = {symbols[i], i == 0 ? kNone : i - 1, i + 1 == symbols.size() ? kNone : i + 1};
    }
    return links;
}

}  // namespace

BpeModel::BpeModel(const json& description, const std::string& source) {
    const json type = description.is_object() ? description.value("type", json()) : json();
    // Files of older versions leave the type out.
    if (!description.is_object() || (type != "BPE" && !type.is_null())) {
        fail(source, "its model is " + type.dump() + "; only BPE is supported");
    }
    refuseUnsupported(description, source);
    m_ignoresMerges = flag(description, "ignore_merges");
    m_fusesUnknown = flag(description, "fuse_unk");
    readVocabulary(description, source);
    readMerges(description, source);
    for (std::size_t byte = 0; byte < m_byteIds.size(); ++byte) {
        const auto found = m_ids.find(byteAlphabet()[byte]);
        m_byteIds[byte] = found == m_ids.end() ? -1 : found->second;
    }
    const json unknown = description.value("unk_token", json());
    if (!unknown.is_string()) return;
    const auto found = m_ids.find(unknown.get<std::string>());
    if (found == m_ids.end()) fail(source, "its unk_token " + unknown.dump() + " is not in its vocabulary");
    m_unknown = found->second;
}

void BpeModel::readVocabulary(const json& description, const std::string& source) {
    const auto vocabulary = description.find("vocab");
    if (vocabulary == description.end() || !vocabulary->is_object() || vocabulary->empty()) {
        fail(source, "its model has no vocab");
    }
    for (const auto& [token, value] : vocabulary->items()) {
        const std::int64_t id = value.is_number_integer() ? value.get<std::int64_t>() : -1;
        if (id < 0 || id >= kMaxVocabulary) fail(source, "its vocab gives " + token + " the id " + value.dump());
        const auto index = static_cast<std::size_t>(id);
        if (index >= m_tokens.size()) m_tokens.resize(index + 1);
        m_tokens[index] = token;
        m_ids.emplace(token, static_cast<std::int32_t>(id));
    }
}

void BpeModel::readMerges(const json& description, const std::string& source) {
    const auto merges = description.find("merges");
    if (merges == description.end() || !merges->is_array()) fail(source, "its model has no merges");
    m_merges.reserve(merges->size());
    std::int32_t rank = 0;
    for (const json& merge : *merges) {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            addMerge(merge[0].get<std::string>(), merge[1].get<std::string>(), rank, source);
        } else {
            const std::string text = merge.is_string() ? merge.get<std::string>() : "";
            const std::size_t space = text.find(' ');
            if (space == std::string::npos) fail(source, "its merge " + std::to_string(rank) + " is not a pair");
            addMerge(text.substr(0, space), text.substr(space + 1), rank, source);
        }
        ++rank;
    }
}

void BpeModel::addMerge(const std::string& left, const std::string& right, std::int32_t rank,
                        const std::string& source) {
    const auto leftId = m_ids.find(left);
    const auto rightId = m_ids.find(right);
    const auto result = m_ids.find(left + right);
    if (leftId == m_ids.end() || rightId == m_ids.end() || result == m_ids.end()) {
        fail(source, "its merge " + std::to_string(rank) + " (" + left + " " + right + ") is not in its vocabulary");
    }
    const std::uint64_t key =
        static_cast<std::uint64_t>(leftId->second) << 32U | static_cast<std::uint64_t>(rightId->second);
    m_merges.insert_or_assign(key, Merge{rank, result->second});
}

const BpeModel::Merge* BpeModel::findMerge(std::int32_t left, std::int32_t right) const {
    const auto found = m_merges.find(static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint64_t>(right));
    return found == m_merges.end() ? nullptr : &found->second;
}

std::vector<std::int32_t> BpeModel::symbolsOf(std::string_view word) const {
    std::vector<std::int32_t> symbols;
    symbols.reserve(word.size());
    for (const char character : word) {
        const std::int32_t id = m_byteIds[static_cast<unsigned char>(character)];
        const bool isFused = id < 0 && m_fusesUnknown && !symbols.empty() && symbols.back() == m_unknown;
        if (id >= 0) {
            symbols.push_back(id);
        } else if (m_unknown >= 0 && !isFused) {
            symbols.push_back(m_unknown);
        }
    }
    return symbols;
}

void BpeModel::mergeSymbols(std::vector<std::int32_t>& symbols) const {
    std::vector<Link> links = linked(symbols);
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto consider = [&](std::size_t left, std::size_t right) {
        if (left == kNone || right == kNone) return;
        if (const Merge* merge = findMerge(links[left].id, links[right].id)) {
            queue.push({merge->rank, left, right, links[left].id, links[right].id, merge->result});
        }
    };
    for (std::size_t i = 0; i + 1 < links.size(); ++i) consider(i, i + 1);
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        Link& left = links[best.left];
        // Either side may have been merged since this pair was queued.
        if (left.id != best.leftId || left.next != best.right || links[best.right].id != best.rightId) continue;
        left.id = best.result;
        left.next = links[best.right].next;
        links[best.right].id = -1;
        if (left.next != kNone) links[left.next].previous = best.left;
        consider(left.previous, best.left);
        consider(best.left, left.next);
    }
    symbols.clear();
    for (const Link& link : links) {
        if (link.id >= 0) symbols.push_back(link.id);
    }
}

void BpeModel::encodeWord(std::string_view word, std::vector<std::int32_t>& ids) const {
    if (m_ignoresMerges) {
        std::string mapped;
        for (const char character : word) mapped += byteAlphabet()[static_cast<unsigned char>(character)];
        if (const auto found = m_ids.find(mapped); found != m_ids.end()) {
            ids.push_back(found->second);
            return;
        }
    }
    std::vector<std::int32_t> symbols = symbolsOf(word);
    if (symbols.size() > 1) mergeSymbols(symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
}

}  // namespace consa
