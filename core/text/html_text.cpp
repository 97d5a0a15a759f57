// Strips HTML down to what a reader sees.
#include "core/text/character_references.h"
#include "core/text/markup.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace consa {
namespace {

/// Elements that stand on lines of their own.
constexpr std::array<std::string_view, 22> kLineElements = {
    "address", "article",    "aside",  "body", "caption", "center", "dd",  "details", "div",     "dt",      "fieldset",
    "footer",  "figcaption", "header", "form", "li",      "main",   "nav", "option",  "section", "summary", "tr"};
/// Elements with a blank line before and after.
constexpr std::array<std::string_view, 17> kParagraphElements = {
    "p",  "h1",    "h2",         "h3",  "h4",     "h5", "h6",    "ul",      "ol",
    "dl", "table", "blockquote", "pre", "figure", "hr", "title", "textarea"};
/// What these hold is not shown; it ends at their end tag alone, whatever stands in between.
constexpr std::array<std::string_view, 5> kDroppedElements = {"script", "style", "iframe", "noembed", "noframes"};
/// What these hold is text in which tags are no tags.
constexpr std::array<std::string_view, 2> kTextElements = {"title", "textarea"};

template <std::size_t Size>
bool isOneOf(const std::array<std::string_view, Size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool isSpace(char letter) {
    return letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r' || letter == '\f';
}

bool isLetter(char letter) {
    return std::isalpha(static_cast<unsigned char>(letter)) != 0;
}

std::string lowerCase(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return result;
}

/// Gathers words, with the white space between them decided when the next word comes.
class TextLayout {
public:
    void add(std::string_view text, bool isPreformatted) {
        for (const char letter : text) {
            if (!isPreformatted && isSpace(letter)) {
                m_hasSpace = true;
            } else if (letter != '\r') {
                part();
                m_text += letter;
            }
        }
    }

    /// Ends the line, and leaves `blankLines` (0 or 1) at least.
    void endLine(int blankLines) { m_lineEnds = std::max(m_lineEnds, 1 + blankLines); }
    /// One more line end: two in a row leave a blank line.
    void breakLine() { m_lineEnds = std::min(m_lineEnds + 1, 2); }
    void partCells() { m_hasTab = m_lineEnds == 0; }

    std::string finish() {
        while (!m_text.empty() && isSpace(m_text.back())) m_text.pop_back();
        if (!m_text.empty()) m_text += '\n';
        return std::move(m_text);
    }

private:
    void part() {
        if (m_text.empty()) {
            // Nothing comes before the first word.
        } else if (m_lineEnds > 0) {
            int present = 0;
            for (; m_text.ends_with('\n') && present < m_lineEnds; ++present) m_text.pop_back();
            m_text.append(static_cast<std::size_t>(m_lineEnds), '\n');
        } else if (m_hasTab) {
            m_text += '\t';
        } else if (m_hasSpace && !isSpace(m_text.back())) {
            m_text += ' ';
        }
        m_lineEnds = 0;
        m_hasTab = m_hasSpace = false;
    }

    std::string m_text;
    int m_lineEnds = 0;
    bool m_hasTab = false;
    bool m_hasSpace = false;
};

/// Goes through a document from tag to tag.
class HtmlStripper {
public:
    explicit HtmlStripper(std::string_view html) : m_rest(html) {}

    std::string strip() {
        while (!m_rest.empty()) {
            if (m_rest.front() == '<' && takeMarkup()) continue;
            const std::size_t end = std::min(m_rest.find('<', 1), m_rest.size());
            addText(m_rest.substr(0, end));
            m_rest.remove_prefix(end);
        }
        return m_layout.finish();
    }

private:
    void addText(std::string_view text) { m_layout.add(decodeReferences(text), m_preDepth > 0); }

    /// Skips to behind `end`, or to the end of the document.
    void skipBehind(std::string_view end, std::size_t from) {
        const std::size_t at = m_rest.find(end, from);
        m_rest.remove_prefix(at == std::string_view::npos ? m_rest.size() : at + end.size());
    }

    /// False when the "<" at the front is only a sign.
    bool takeMarkup() {
        const auto letterAt = [this](std::size_t at) { return at < m_rest.size() && isLetter(m_rest[at]); };
        if (m_rest.starts_with("<!--")) {
            skipBehind("-->", 2);
        } else if (letterAt(1) || (m_rest.starts_with("</") && letterAt(2))) {
            takeTag();
        } else if (m_rest.starts_with("<!") || m_rest.starts_with("<?") || m_rest.starts_with("</")) {
            skipBehind(">", 2);
        } else {
            return false;
        }
        return true;
    }

    void takeTag() {
        const bool isEnd = m_rest[1] == '/';
        const std::size_t begin = isEnd ? 2 : 1;
        const std::size_t end = std::min(m_rest.find_first_of(" \n\t\r\f/>", begin), m_rest.size());
        const std::string name = lowerCase(m_rest.substr(begin, end - begin));
        m_rest.remove_prefix(end);
        skipAttributes();
        if (isEnd) {
            endElement(name);
        } else {
            beginElement(name);
        }
    }

    /// To behind the tag's ">"; one in a quoted value is not it.
    void skipAttributes() {
        while (!m_rest.empty()) {
            const std::size_t at = m_rest.find_first_of("=>");
            if (at == std::string_view::npos || m_rest[at] == '>') return skipBehind(">", 0);
            m_rest.remove_prefix(at + 1);
            while (!m_rest.empty() && isSpace(m_rest.front())) m_rest.remove_prefix(1);
            const bool isQuoted = m_rest.starts_with('"') || m_rest.starts_with('\'');
            if (isQuoted) skipBehind(m_rest.substr(0, 1), 1);
        }
    }

    void beginElement(const std::string& name) {
        breakAround(name);
        if (name == "br") m_layout.breakLine();
        if (isOneOf(kDroppedElements, name)) takeUntilEndTag(name);
        if (isOneOf(kTextElements, name)) addText(takeUntilEndTag(name));
        if (name != "pre") return;
        ++m_preDepth;
        if (m_rest.starts_with("\r\n")) m_rest.remove_prefix(1);
        if (m_rest.starts_with('\n')) m_rest.remove_prefix(1);
    }

    void endElement(const std::string& name) {
        breakAround(name);
        if (name == "pre" && m_preDepth > 0) --m_preDepth;
    }

    void breakAround(const std::string& name) {
        if (isOneOf(kParagraphElements, name)) {
            m_layout.endLine(1);
        } else if (isOneOf(kLineElements, name)) {
            m_layout.endLine(0);
        } else if (name == "td" || name == "th") {
            m_layout.partCells();
        }
    }

    /// What stands before the element's end tag, which stays at the front.
    std::string_view takeUntilEndTag(const std::string& name) {
        std::size_t at = m_rest.find("</");
        while (at != std::string_view::npos && !isEndTag(m_rest.substr(at), name)) at = m_rest.find("</", at + 2);
        const std::string_view content = m_rest.substr(0, at);
        m_rest.remove_prefix(content.size());
        return content;
    }

    static bool isEndTag(std::string_view text, const std::string& name) {
        const std::size_t end = name.size() + 2;
        if (lowerCase(text.substr(2, name.size())) != name || end >= text.size()) return false;
        return isSpace(text[end]) || text[end] == '/' || text[end] == '>';
    }

    std::string_view m_rest;
    TextLayout m_layout;
    int m_preDepth = 0;
};

}  // namespace

std::string stripHtml(std::string_view html) {
    return HtmlStripper(html).strip();
}

}  // namespace consa
