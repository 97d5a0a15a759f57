// Listens to a JSON parser and keeps one string.
#include "core/text/json_field.h"

#include "core/base/error.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

namespace consa {
namespace {

constexpr int kMaxDepth = 256;           // no corpus nests so deep; the parser itself uses a bit a level
constexpr std::size_t kNamedFields = 8;  // of those that are there, in messages

/// nlohmann's SAX interface: what is called back returns false to stop.
class FieldListener final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit FieldListener(const std::string& field) : m_field(field) {}

    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(number_integer_t) override { return value(); }
    bool number_unsigned(number_unsigned_t) override { return value(); }
    bool number_float(number_float_t, const string_t&) override { return value(); }
    bool binary(binary_t&) override { return value(); }
    bool string(string_t& text) override {
        if (m_isField) m_text = std::move(text);
        return m_isField ? !(m_isField = false) : value();
    }
    bool start_object(std::size_t) override { return open(/*isObject=*/true); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(/*isObject=*/false); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (m_depth != 1) return true;
        m_isField = name == m_field;
        if (m_isField) m_text.reset();
        m_hasField = m_hasField || m_isField;
        if (m_names.size() < kNamedFields) m_names.push_back(name);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        m_reason = "the JSON is broken at byte " + std::to_string(position) + "; mend the line or take it out";
        return false;
    }

    /// "" when the line was read and has the field.
    [[nodiscard]] std::string reason() const {
        if (!m_reason.empty() || m_text) return m_reason;
        const std::string quoted = "\"" + m_field + "\"";
        if (m_hasField) return "the field " + quoted + " is not a string; name another field with --field";
        std::string names;
        for (const std::string& name : m_names) names += (names.empty() ? "\"" : ", \"") + name + "\"";
        return "the line has no field " + quoted + (names.empty() ? "" : " (it has " + names + ")") +
               "; name the field that holds the text with --field";
    }
    [[nodiscard]] std::string takeText() { return std::move(*m_text); }

private:
    bool value() {
        m_isField = false;
        if (m_depth > 0) return true;
        m_reason = "the line is not a JSON object; write one {\"text\": ...} a line";
        return false;
    }
    bool open(bool isObject) {
        if (!isObject && m_depth == 0) return value();
        m_isField = false;
        if (++m_depth <= kMaxDepth) return true;
        m_reason = "the JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels; take the line out";
        return false;
    }
    bool close() {
        --m_depth;
        return true;
    }

    const std::string& m_field;
    std::optional<std::string> m_text;
    std::vector<std::string> m_names;
    std::string m_reason;
    int m_depth = 0;
    bool m_isField = false;   // the next value is the field's
    bool m_hasField = false;  // if only with another type
};

/// The code unit of an escape "\uXXXX" at the front of `text`, or -1.
int escapedUnit(std::string_view text) {
    constexpr std::size_t kBytes = 6;
    if (text.size() < kBytes || text[0] != '\\' || text[1] != 'u') return -1;
    int unit = 0;
    const auto [end, error] = std::from_chars(text.data() + 2, text.data() + kBytes, unit, 16);
    return error == std::errc() && end == text.data() + kBytes ? unit : -1;
}

bool isHighSurrogate(int unit) {
    return unit >= 0xd800 && unit <= 0xdbff;
}
bool isLowSurrogate(int unit) {
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/// Halves of surrogate pairs that stand alone become U+FFFD: JSON's grammar allows them, and Python writes them.
std::string withoutLoneSurrogates(std::string_view line) {
    constexpr std::size_t kEscape = 6;
    std::string mended;
    for (std::size_t at = 0; at < line.size();) {
        const int unit = escapedUnit(line.substr(at));
        const bool isPair = isHighSurrogate(unit) && isLowSurrogate(escapedUnit(line.substr(at + kEscape)));
        const bool isLone = !isPair && (isHighSurrogate(unit) || isLowSurrogate(unit));
        const std::size_t length = isPair ? 2 * kEscape : line[at] != '\\' ? 1 : unit >= 0 ? kEscape : 2;
        mended += isLone ? std::string_view("\\ufffd") : line.substr(at, length);
        at += length;
    }
    return mended;
}

}  // namespace

std::string textField(std::string_view line, const std::string& field, const std::string& place) {
    // Where no escape begins with d or D after the u there is nothing to mend, and nothing to copy.
    const bool hasSurrogates =
        line.find("\\ud") != std::string_view::npos || line.find("\\uD") != std::string_view::npos;
    const std::string mended = hasSurrogates ? withoutLoneSurrogates(line) : std::string();
    const std::string_view read = hasSurrogates ? std::string_view(mended) : line;
    FieldListener listener(field);
    const bool isWhole = nlohmann::json::sax_parse(read.begin(), read.end(), &listener);
    const std::string reason = listener.reason();
    if (!isWhole || !reason.empty()) throw Error("cannot read " + place + ": " + reason);
    return listener.takeText();
}

}  // namespace consa
