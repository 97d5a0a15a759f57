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

std::string Replacement::apply(std::string_view text, std::size_t most) const {
    std::string result;
    result.reserve(text.size() + text.size() / 4);
    const auto append = [&](std::string_view part) {
        requireModestRewriting(result.size() + part.size(), most);
        result += part;
    };
    if (m_regex) {
        for (const TextSpan& span : m_regex->spans(text))
            append(span.isMatch ? std::string_view(m_content) : span.text);
        return result;
    }
    std::size_t done = 0;
    for (std::size_t next = text.find(m_string); next != std::string_view::npos; next = text.find(m_string, done)) {
        append(text.substr(done, next - done));
        append(m_content);
        done = next + m_string.size();
    }
    append(text.substr(done));
    return result;
}

void requireModestRewriting(std::size_t bytes, std::size_t most) {
    if (bytes <= most) return;
    throw Error("cannot use the tokenizer: its steps make a text more than 64 times as long; use the tokenizer.json " +
                std::string("that the model was made with"));
}

}  // namespace consa
