// Reads and applies replacements.
#include "core/text/replacement.h"

#include "core/text/tokenizer_fields.h"

namespace consa {

using nlohmann::json;

Replacement::Replacement(const json& description, const std::string& part, const std::string& source) {
    const json pattern = fieldOf(description, "pattern");
    m_string = textOf(pattern, "String");
    const std::string regex = textOf(pattern, "Regex");
    if (m_string.empty() && regex.empty()) failTokenizer(source, part + " Replace has no pattern");
    if (m_string.empty()) m_regex.emplace(regex, source);
    const json content = fieldOf(description, "content");
    if (!content.is_string()) failTokenizer(source, part + " Replace has no content");
    m_content = content.get<std::string>();
}

std::string Replacement::apply(std::string_view text) const {
    std::string result;
    result.reserve(text.size() + text.size() / 4);
    if (m_regex) {
        for (const TextSpan& span : m_regex->spans(text)) result += span.isMatch ? m_content : std::string(span.text);
        return result;
    }
    std::size_t done = 0;
    for (std::size_t next = text.find(m_string); next != std::string_view::npos; next = text.find(m_string, done)) {
        result.append(text, done, next - done).append(m_content);
        done = next + m_string.size();
    }
    return result.append(text, done);
}

}  // namespace consa
