// Reads vocabulary and merges, and turns words into symbols that are then merged.
#include "core/text/bpe_model.h"

#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer_fields.h"
#include "core/text/utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace consa {
namespace {

using nlohmann::json;

const std::string kPart = "its model";

void refuseUnsupported(const json& description, const std::string& source) {
    const std::string type = textOf(description, "type");
    // Files of older versions leave the type out.
    if (!description.is_object() || (type != "BPE" && !fieldOf(description, "type").is_null())) {
        failTokenizer(source, "its model is " + (type.empty() ? "missing" : type) + "; only BPE is supported");
    }
    for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const json value = fieldOf(description, field);
        if (!value.is_null() && value != json("")) {
            failTokenizer(source, std::string("its model's ") + field + " is not supported; only none is");
        }
    }
    const json dropout = fieldOf(description, "dropout");
    if (!dropout.is_null() && dropout != 0) failTokenizer(source, "its model's dropout is not supported; only none is");
}

std::string_view firstCharacter(std::string_view text) {
    return text.substr(0, std::max<std::size_t>(validCharacterBytes(text), 1));
}

}  // namespace

BpeModel::BpeModel(const json& description, BpeAlphabet alphabet, const std::string& source) : m_alphabet(alphabet) {
    refuseUnsupported(description, source);
    m_ignoresMerges = flagOf(description, "ignore_merges", false, kPart, source);
    m_fusesUnknown = flagOf(description, "fuse_unk", false, kPart, source);
    m_fallsBackToBytes = flagOf(description, "byte_fallback", false, kPart, source);
    readVocabulary(description, source);
    readMerges(description, source);
    readUnknown(description, source);
    findSymbols();
}

void BpeModel::readVocabulary(const json& description, const std::string& source) {
    const auto vocabulary = description.find("vocab");
    if (vocabulary == description.end() || !vocabulary->is_object() || vocabulary->empty()) {
        failTokenizer(source, "its model has no vocab; fetch the file again");
    }
    m_ids.reserve(vocabulary->size());
    // The table of ids takes memory in proportion to the file, and has room for gaps.
    constexpr std::int64_t kAlwaysTaken = 1 << 16, kGaps = 64;
    const std::int64_t bound =
        std::clamp(kGaps * static_cast<std::int64_t>(vocabulary->size()), kAlwaysTaken, kMaxVocabulary);
    for (const auto& [token, value] : vocabulary->items()) {
        const bool isWhole = value.is_number_integer() && value >= 0 && value < bound;
        if (!isWhole) {
            failTokenizer(source, "its vocab gives " + token + " the id " + value.dump() + "; ids of " +
                                      std::to_string(vocabulary->size()) + " tokens are whole numbers from 0 to " +
                                      std::to_string(bound - 1));
        }
        const auto index = value.get<std::size_t>();
        if (index >= m_tokens.size()) m_tokens.resize(index + 1);
        m_tokens[index] = token;
        m_ids.emplace(token, static_cast<std::int32_t>(index));
    }
}

void BpeModel::readMerges(const json& description, const std::string& source) {
    const auto merges = description.find("merges");
    if (merges == description.end() || !merges->is_array()) {
        failTokenizer(source, "its model has no merges; fetch the file again");
    }
    std::int32_t rank = 0;
    for (const json& merge : *merges) {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            addMerge(merge[0].get<std::string>(), merge[1].get<std::string>(), rank++, source);
            continue;
        }
        const std::string text = merge.is_string() ? merge.get<std::string>() : "";
        if (text.starts_with("#version")) continue;  // the first line of a merges.txt
        const std::size_t space = text.find(' ');
        if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
            failTokenizer(source, "its merge " + std::to_string(rank) + " is not a pair");
        }
        addMerge(text.substr(0, space), text.substr(space + 1), rank++, source);
    }
}

void BpeModel::addMerge(const std::string& left, const std::string& right, std::int32_t rank,
                        const std::string& source) {
    const std::int32_t leftId = idOf(left);
    const std::int32_t rightId = idOf(right);
    const std::int32_t result = idOf(left + right);
    if (leftId < 0 || rightId < 0 || result < 0) {
        failTokenizer(source, "its merge " + std::to_string(rank) + " (" + left + " " + right +
                                  ") is not in its vocabulary; fetch the file again");
    }
    m_merges.add(leftId, rightId, rank, result);
    const std::string_view mark = firstCharacter(right);
    // Marks are outside ASCII; leaving letters out keeps the list short.
    if (mark.size() > 1 && !left.ends_with(mark) && m_alphabet == BpeAlphabet::Characters) {
        m_marksAfterText.emplace(mark);
    }
}

void BpeModel::readUnknown(const json& description, const std::string& source) {
    const json unknown = fieldOf(description, "unk_token");
    if (!unknown.is_string()) return;
    m_unknown = idOf(unknown.get<std::string>());
    if (m_unknown < 0) failTokenizer(source, "its unk_token " + unknown.dump() + " is not in its vocabulary");
}

void BpeModel::findSymbols() {
    for (std::size_t byte = 0; byte < 256; ++byte) {
        m_byteIds[byte] = idOf(byteAlphabet()[byte]);
        m_fallbackIds[byte] = idOf(fmt::format("<0x{:02X}>", byte));
    }
    for (const auto& [token, id] : m_ids) {
        if (!token.empty() && validCharacterBytes(token) == token.size()) m_characters.set(codePointOf(token), id);
    }
}

std::int32_t BpeModel::idOf(std::string_view token) const {
    const auto found = m_ids.find(token);
    return found == m_ids.end() ? -1 : found->second;
}

bool BpeModel::neverMergesAcross(std::string_view mark) const {
    // Taking the whole word when it is a token would see other words after cutting, and a mark that the vocabulary
    // lacks could fuse with unknown characters before it.
    if (m_alphabet != BpeAlphabet::Characters || m_ignoresMerges || mark.size() < 2 || idOf(mark) < 0) return false;
    return !m_marksAfterText.contains(mark);
}

std::int32_t BpeModel::wholeWord(std::string_view word) const {
    if (m_alphabet == BpeAlphabet::Characters) return idOf(word);
    std::string mapped;
    for (const char character : word) mapped += byteAlphabet()[static_cast<unsigned char>(character)];
    return idOf(mapped);
}

bool BpeModel::appendFallback(std::string_view character, std::vector<std::int32_t>& ids) const {
    const auto idOfByte = [this](char byte) { return m_fallbackIds[static_cast<unsigned char>(byte)]; };
    if (!m_fallsBackToBytes) return false;
    if (std::any_of(character.begin(), character.end(), [&](char byte) { return idOfByte(byte) < 0; })) return false;
    std::transform(character.begin(), character.end(), std::back_inserter(ids), idOfByte);
    return true;
}

void BpeModel::appendBytes(std::string_view word, std::vector<std::int32_t>& ids) const {
    bool isUnknownPending = false;
    for (const char character : word) {
        const auto byte = static_cast<unsigned char>(character);
        if (const std::int32_t id = m_byteIds[byte]; id >= 0) {
            if (isUnknownPending) ids.push_back(m_unknown);
            isUnknownPending = false;
            ids.push_back(id);
        } else if (!appendFallback(byteAlphabet()[byte], ids) && m_unknown >= 0) {
            if (isUnknownPending && !m_fusesUnknown) ids.push_back(m_unknown);
            isUnknownPending = true;
        }
    }
    if (isUnknownPending) ids.push_back(m_unknown);
}

void BpeModel::appendCharacters(std::string_view word, std::vector<std::int32_t>& ids) const {
    // An unknown token is written once a known one follows, behind fallback bytes in between, as `tokenizers` does it.
    bool isUnknownPending = false;
    while (!word.empty()) {
        const std::string_view character = firstCharacter(word);
        word.remove_prefix(character.size());
        if (const FlatTable::Entry* known = m_characters.find(codePointOf(character)); known != nullptr) {
            if (isUnknownPending) ids.push_back(m_unknown);
            isUnknownPending = false;
            ids.push_back(known->first);
        } else if (!appendFallback(character, ids) && m_unknown >= 0) {
            if (isUnknownPending && !m_fusesUnknown) ids.push_back(m_unknown);
            isUnknownPending = true;
        }
    }
    if (isUnknownPending) ids.push_back(m_unknown);
}

void BpeModel::encodeWord(std::string_view word, std::vector<std::int32_t>& ids) const {
    if (m_ignoresMerges) {
        if (const std::int32_t id = wholeWord(word); id >= 0) {
            ids.push_back(id);
            return;
        }
    }
    const std::size_t begin = ids.size();
    m_alphabet == BpeAlphabet::Bytes ? appendBytes(word, ids) : appendCharacters(word, ids);
    m_merges.apply(ids, begin);
}

}  // namespace consa
