// Listens to a JSON parser and keeps one string.
#include "core/text/json_field.h"

#include "core/base/error.h"

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

}  // namespace

std::string textField(std::string_view line, const std::string& field, const std::string& place) {
    FieldListener listener(field);
    const bool isWhole = nlohmann::json::sax_parse(line.begin(), line.end(), &listener);
    const std::string reason = listener.reason();
    if (!isWhole || !reason.empty()) throw Error("cannot read " + place + ": " + reason);
    return listener.takeText();
}

}  // namespace consa
