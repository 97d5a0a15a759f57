// Reads added tokens and finds them in text.
#include "core/text/added_tokens.h"

#include "core/base/error.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace consa {
namespace {

using nlohmann::json;

constexpr std::string_view kSpaces = " \t\n\v\f\r";

bool isWordByte(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value >= 0x80 || (value >= '0' && value <= '9') || (value >= 'A' && value <= 'Z') ||
           (value >= 'a' && value <= 'z') || value == '_';
}

AddedToken readToken(const json& entry, const std::string& source) {
    const json id = entry.is_object() ? entry.value("id", json()) : json();
    const json content = entry.is_object() ? entry.value("content", json()) : json();
    if (!id.is_number_integer() || id < 0 || id > (1 << 24) || !content.is_string() || content == "") {
        throw Error("cannot use the tokenizer of " + source + ": an entry of added_tokens has no id or content");
    }
    const auto flag = [&entry](const char* name) { return entry.value(name, json(false)) == true; };
    return {id.get<std::int32_t>(), content.get<std::string>(), flag("single_word"), flag("lstrip"), flag("rstrip")};
}

std::string_view withoutTrailingSpaces(std::string_view text) {
    return text.substr(0, text.find_last_not_of(kSpaces) + 1);
}

}  // namespace

AddedTokens::AddedTokens(const json& list, const std::string& source) {
    if (list.is_null()) return;
    if (!list.is_array()) throw Error("cannot use the tokenizer of " + source + ": its added_tokens is no list");
    for (const json& entry : list) m_tokens.push_back(readToken(entry, source));
    std::stable_sort(m_tokens.begin(), m_tokens.end(),
                     [](const AddedToken& a, const AddedToken& b) { return a.content.size() > b.content.size(); });
    for (const AddedToken& token : m_tokens) {
        if (m_firstBytes.find(token.content.front()) == std::string::npos) m_firstBytes += token.content.front();
    }
}

const AddedToken* AddedTokens::tokenAt(std::string_view text, std::size_t position) const {
    const std::string_view rest = text.substr(position);
    for (const AddedToken& token : m_tokens) {
        if (!rest.starts_with(token.content)) continue;
        const std::size_t end = position + token.content.size();
        const bool touchesWord =
            (position > 0 && isWordByte(text[position - 1])) || (end < text.size() && isWordByte(text[end]));
        if (!token.isSingleWord || !touchesWord) return &token;
    }
    return nullptr;
}

void AddedTokens::split(std::string_view text, const std::function<void(std::string_view)>& onText,
                        const std::function<void(std::int32_t)>& onToken) const {
    std::size_t done = 0;
    std::size_t position = m_tokens.empty() ? std::string_view::npos : text.find_first_of(m_firstBytes);
    while (position != std::string_view::npos) {
        const AddedToken* token = tokenAt(text, position);
        if (token == nullptr) {
            position = text.find_first_of(m_firstBytes, position + 1);
            continue;
        }
        const std::string_view before = text.substr(done, position - done);
        if (const auto kept = token->stripsLeft ? withoutTrailingSpaces(before) : before; !kept.empty()) onText(kept);
        onToken(token->id);
        done = position + token->content.size();
        if (token->stripsRight) done = std::min(text.find_first_not_of(kSpaces, done), text.size());
        position = text.find_first_of(m_firstBytes, done);
    }
    if (done < text.size()) onText(text.substr(done));
}

}  // namespace consa
