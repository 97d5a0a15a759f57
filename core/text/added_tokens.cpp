// Reads added tokens and finds them in text.
#include "core/text/added_tokens.h"

#include "core/text/bpe_model.h"
#include "core/text/normalizer.h"
#include "core/text/tokenizer_fields.h"
#include "core/text/utf8.h"

#include <algorithm>

namespace consa {
namespace {

using nlohmann::json;

// Far beyond any real one. At each place of a text as many bytes may have to be compared.
constexpr std::size_t kLongestToken = 4096;

// What `tokenizers` takes for characters of words, and for space.
constexpr const char* kWord = R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}])";

AddedToken readToken(const json& entry, const std::string& source) {
    const json id = fieldOf(entry, "id");
    std::string content = textOf(entry, "content");
    if (!id.is_number_integer() || id < 0 || id >= kMaxVocabulary || content.empty()) {
        failTokenizer(source, "an entry of added_tokens has no id or content");
    }
    if (content.size() > kLongestToken) {
        failTokenizer(source, "an entry of added_tokens has " + std::to_string(content.size()) + " bytes, more than " +
                                  std::to_string(kLongestToken));
    }
    const std::string part = "its added token " + json(content).dump();
    const auto flag = [&](const char* name) { return flagOf(entry, name, false, part, source); };
    const bool isSpecial = flag("special");
    AddedToken token{0, std::move(content), {}, flag("single_word"), flag("lstrip"), flag("rstrip")};
    token.isNormalized = flagOf(entry, "normalized", !isSpecial, part, source);
    return token;
}

/// Bytes of the white space character at the front of `text`, 0 when there is none.
std::size_t spaceBytes(std::string_view text) {
    const std::size_t count = validCharacterBytes(text);
    if (count == 0) return 0;
    const std::uint32_t point = codePointOf(text.substr(0, count));
    const bool isSpace = point == 0x20 || (point >= 0x09 && point <= 0x0d) || point == 0x85 || point == 0xa0 ||
                         point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
                         point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
    return isSpace ? count : 0;
}

std::size_t withoutSpacesBefore(std::string_view text, std::size_t end, std::size_t least) {
    while (end > least) {
        std::size_t begin = end - 1;
        while (begin > least && (static_cast<unsigned char>(text[begin]) & 0xc0U) == 0x80U) --begin;
        if (begin + spaceBytes(text.substr(begin, end - begin)) != end) break;
        end = begin;
    }
    return end;
}

std::size_t withSpacesAfter(std::string_view text, std::size_t end) {
    for (std::size_t count = 1; count > 0; end += count) count = spaceBytes(text.substr(end));
    return end;
}

/// One character before `end`, or up to 4 bytes of it.
std::string_view characterBefore(std::string_view text, std::size_t end) {
    std::size_t begin = end - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xc0U) == 0x80U) --begin;
    return text.substr(begin, end - begin);
}

}  // namespace

AddedTokens::AddedTokens(const json& list, const BpeModel& model, const Normalizer& normalizer,
                         const std::string& source)
    : m_word(kWord, source) {
    if (list.is_null()) return;
    if (!list.is_array()) failTokenizer(source, "its added_tokens is no list");
    for (const json& entry : list) number(readToken(entry, source), model);
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        AddedToken& token = m_tokens[i];
        std::string storage;
        token.sought = token.isNormalized ? std::string(normalizer.apply(token.content, storage)) : token.content;
        if (token.sought.empty()) continue;
        (token.isNormalized ? m_normalized : m_raw).add(token.sought, static_cast<std::int32_t>(i));
    }
}

void AddedTokens::number(AddedToken token, const BpeModel& model) {
    const auto known = m_places.find(token.content);
    if (known != m_places.end()) {
        token.id = m_tokens[known->second].id;
        m_tokens[known->second] = std::move(token);
        return;
    }
    token.id = model.idOf(token.content);
    if (token.id < 0) token.id = m_lastId = std::max(m_lastId + 1, static_cast<std::int32_t>(model.tokenCount()));
    m_places.emplace(token.content, m_tokens.size());
    m_tokens.push_back(std::move(token));
}

bool AddedTokens::touchesWord(std::string_view text, std::size_t begin, std::size_t end) const {
    const auto isWord = [this](std::string_view character) { return m_word.spans(character).front().isMatch; };
    if (begin > 0 && isWord(characterBefore(text, begin))) return true;
    const std::size_t count = validCharacterBytes(text.substr(end));
    return count > 0 && isWord(text.substr(end, count));
}

void AddedTokens::split(std::string_view text, const TokenTrie& trie, std::vector<TextPiece>& pieces) const {
    std::size_t done = 0;
    TokenTrie::Match match = trie.find(text, 0);
    for (; match.number >= 0; match = trie.find(text, match.end)) {
        const AddedToken& token = m_tokens[static_cast<std::size_t>(match.number)];
        if (token.isSingleWord && touchesWord(text, match.begin, match.end)) continue;
        std::size_t begin = match.begin;
        if (token.stripsLeft) begin = withoutSpacesBefore(text, begin, std::min(done, begin));
        if (begin > done) pieces.push_back({text.substr(done, begin - done)});
        pieces.push_back({text.substr(begin, match.end - begin), token.id});
        done = token.stripsRight ? withSpacesAfter(text, match.end) : match.end;
    }
    if (done < text.size()) pieces.push_back({text.substr(done)});
}

}  // namespace consa
