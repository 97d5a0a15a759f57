// Strips POD, Perl's markup for manuals, down to its words.
#include "core/text/character_names.h"
#include "core/text/markup.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace consa {
namespace {

/// The code point of E<...>; 0 when it is not known.
std::uint32_t entityCodePoint(std::string_view name) {
    if (name == "nbsp") return ' ';
    if (const std::uint32_t codePoint = codePointOfName(name)) return codePoint;
    int base = 10;
    if (name.starts_with("0x")) {
        base = 16;
        name.remove_prefix(2);
    }
    std::uint32_t codePoint = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), codePoint, base);
    return error == std::errc() && end == name.data() + name.size() ? codePoint : 0;
}

/// Reads formatting codes: B<...>, C<< ... >>, nested as they come.
class CodeStripper {
public:
    explicit CodeStripper(std::string_view text) : m_text(text) {}

    std::string strip() { return until(0); }

private:
    static constexpr int kMaxDepth = 50;  // deeper nesting is left as it is written

    /// Words up to the closing brackets (`brackets` of them; 0: the end of the text), which are taken too.
    std::string until(std::size_t brackets) {
        std::string result;
        ++m_depth;
        while (m_position < m_text.size() && !takeEnd(brackets, result)) {
            if (!takeCode(result)) result.push_back(m_text[m_position++]);
        }
        --m_depth;
        return result;
    }

    bool takeEnd(std::size_t brackets, std::string& words) {
        if (brackets == 0 || m_text[m_position] != '>') return false;
        if (m_text.substr(m_position, brackets) != std::string(brackets, '>')) return false;
        if (brackets > 1 && !words.empty() && words.back() != ' ' && words.back() != '\n') return false;
        m_position += brackets;
        if (brackets > 1 && !words.empty()) words.pop_back();
        return true;
    }

    bool takeCode(std::string& result) {
        const std::string_view rest = m_text.substr(m_position);
        const bool isCode = rest.size() > 2 && rest[0] >= 'A' && rest[0] <= 'Z' && rest[1] == '<';
        if (!isCode || m_depth > kMaxDepth) return false;
        std::size_t brackets = rest.find_first_not_of('<', 1);
        if (brackets == std::string_view::npos) return false;
        brackets -= 1;
        // Several brackets open a code only before white space: in C<<=> the second one is text.
        const char after = rest[1 + brackets];
        if (brackets > 1 && after != ' ' && after != '\n') brackets = 1;
        m_position += 1 + brackets + (brackets > 1 ? 1 : 0);
        appendCode(rest[0], until(brackets), result);
        return true;
    }

    static void appendCode(char code, const std::string& words, std::string& result) {
        if (code == 'X' || code == 'Z') return;
        if (code == 'L') {
            appendLink(words, result);
        } else if (code == 'E') {
            if (const std::uint32_t codePoint = entityCodePoint(words)) {
                appendUtf8(codePoint, result);
            } else {
                result += words;
            }
        } else {
            result += words;
        }
    }

    /// L<text|target> shows the text; L<page/"section"> the section and the page.
    static void appendLink(const std::string& words, std::string& result) {
        const std::size_t bar = words.find('|');
        if (bar != std::string::npos) {
            result += words.substr(0, bar);
            return;
        }
        const std::size_t slash = words.find('/');
        if (slash == std::string::npos || words.find("://") != std::string::npos) {
            result += words;
            return;
        }
        const std::string page = words.substr(0, slash);
        const std::string section = words.substr(slash + 1);
        const bool isQuoted = section.starts_with('"');
        result += (isQuoted ? section : '"' + section + '"') + (page.empty() ? "" : " in " + page);
    }

    std::string_view m_text;
    std::size_t m_position = 0;
    int m_depth = 0;
};

/// Goes through a document paragraph by paragraph.
class PodStripper {
public:
    std::string strip(std::string_view pod) {
        while (!pod.empty()) {
            const std::string_view paragraph = nextParagraph(pod);
            if (paragraph.empty()) continue;
            if (paragraph.starts_with('=') && paragraph.size() > 1 &&
                std::isalpha(static_cast<unsigned char>(paragraph[1]))) {
                takeCommand(paragraph);
            } else if (m_isInPod && m_skippedFormat.empty()) {
                const bool isVerbatim = paragraph.front() == ' ' || paragraph.front() == '\t';
                append(isVerbatim ? std::string(paragraph) : CodeStripper(paragraph).strip());
            }
        }
        return std::move(m_result);
    }

private:
    /// Takes the text up to a blank line off the front of `pod`; leading blank lines are dropped.
    static std::string_view nextParagraph(std::string_view& pod) {
        std::size_t begin = 0;
        std::size_t line = 0;
        bool isInside = false;
        while (line < pod.size()) {
            const std::size_t end = std::min(pod.find('\n', line), pod.size());
            const bool isBlank = pod.substr(line, end - line).find_first_not_of(" \t\r") == std::string_view::npos;
            if (isBlank && isInside) break;
            if (!isBlank && !isInside) {
                isInside = true;
                begin = line;
            }
            line = end + 1;
        }
        const std::size_t stop = std::min(line, pod.size());
        std::string_view paragraph = isInside ? pod.substr(begin, stop - begin) : std::string_view();
        pod.remove_prefix(stop);
        while (paragraph.ends_with('\n') || paragraph.ends_with('\r')) paragraph.remove_suffix(1);
        return paragraph;
    }

    void takeCommand(std::string_view paragraph) {
        const std::size_t end = std::min(paragraph.find_first_of(" \t\n"), paragraph.size());
        const std::string_view command = paragraph.substr(1, end - 1);
        const std::size_t begin = std::min(paragraph.find_first_not_of(" \t\n", end), paragraph.size());
        std::string_view words = paragraph.substr(begin);
        while (words.ends_with(' ')) words.remove_suffix(1);
        m_isInPod = command != "cut";
        if (command == "end") {
            m_skippedFormat.clear();
        } else if (!m_skippedFormat.empty()) {
            return;
        } else if (command == "begin") {
            const std::string_view format = words.substr(0, words.find_first_of(" \t\n"));
            if (format != "text" && !format.starts_with(':')) m_skippedFormat = format;
        } else if (command.starts_with("head")) {
            append(CodeStripper(words).strip());
        } else if (command == "item") {
            // A bare bullet carries no word.
            if (words != "*" && !words.empty()) append(CodeStripper(words).strip());
        }
    }

    void append(const std::string& words) {
        if (words.empty()) return;
        if (!m_result.empty()) m_result += "\n";
        m_result += words + "\n";
    }

    std::string m_result;
    std::string m_skippedFormat;
    bool m_isInPod = true;
};

}  // namespace

std::string stripPod(std::string_view pod) {
    return PodStripper().strip(pod);
}

}  // namespace consa
