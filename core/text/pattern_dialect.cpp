// Walks through a pattern and rewords what the two dialects understand differently.
#include "core/text/pattern_dialect.h"

#include "core/text/tokenizer_fields.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace consa {
namespace {

// PCRE2's \s also takes U+180E; Oniguruma's is Unicode's White_Space.
constexpr std::string_view kSpaces = R"(\t-\r\x{85}\p{Z})";

/// Rewords one pattern from front to back.
class Rewording {
public:
    Rewording(std::string_view pattern, const std::string& source) : m_rest(pattern), m_source(source) {}

    std::string result() {
        while (!m_rest.empty()) step();
        return std::move(m_result);
    }

private:
    void step() {
        if (m_rest.front() == '\\' && m_rest.size() > 1) {
            escape(m_rest[1]);
        } else if (m_isInClass) {
            insideClass();
        } else {
            if (m_rest.front() == '[')
                beginClass();
            else
                take(1);
        }
    }

    void take(std::size_t count) {
        m_result.append(m_rest.substr(0, count));
        m_rest.remove_prefix(std::min(count, m_rest.size()));
    }

    void escape(char letter) {
        std::string word;
        if (letter == 's') word = m_isInClass ? std::string(kSpaces) : "[" + std::string(kSpaces) + "]";
        if (letter == 'S') word = m_isInClass ? R"(\P{White_Space})" : "[^" + std::string(kSpaces) + "]";
        // \h is a hexadecimal digit there and a space here; \w differs in marks and connectors.
        if (letter == 'h') word = m_isInClass ? "0-9a-fA-F" : "[0-9a-fA-F]";
        if (letter == 'w' && !m_isInClass) word = R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}])";
        if (letter == 'W' && !m_isInClass) word = R"([^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}])";
        if (word.empty()) {
            take(2);
            return;
        }
        m_result += word;
        m_rest.remove_prefix(2);
    }

    void beginClass() {
        m_isInClass = true;
        take(1);
        if (m_rest.starts_with('^')) take(1);
    }

    void insideClass() {
        if (m_rest.starts_with("&&") || (m_rest.starts_with('[') && !m_rest.starts_with("[:"))) {
            failTokenizer(m_source,
                          "its pattern combines character classes ([..&&..] or [..[..]..]), which is not "
                          "supported; simple classes are");
        }
        if (m_rest.starts_with("[:")) {
            take(m_rest.find(":]") == std::string_view::npos ? m_rest.size() : m_rest.find(":]") + 2);
            return;
        }
        if (m_rest.front() == ']') m_isInClass = false;
        take(1);
    }

    std::string_view m_rest;
    const std::string& m_source;
    std::string m_result;
    bool m_isInClass = false;
};

}  // namespace

std::string toPcre2(const std::string& pattern, const std::string& source) {
    return Rewording(pattern, source).result();
}

}  // namespace consa
