// Builds JSON values from a parser's events, so that what must be refused is seen while it is read.
#include "core/base/json_text.h"

#include <vector>

namespace consa {
namespace {

/// nlohmann's SAX interface: what is called back returns false to stop.
class Builder final : public nlohmann::json_sax<ParsedJson> {
public:
    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& text) override { return add(std::move(text)); }
    bool binary(binary_t& bytes) override { return add(std::move(bytes)); }
    bool start_object(std::size_t) override { return open(ParsedJson::object()); }
    bool start_array(std::size_t) override { return open(ParsedJson::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        auto& object = m_open.back()->get_ref<ParsedJson::object_t&>();
        const auto [place, isNew] = object.emplace(std::move(name), nullptr);
        if (!isNew) m_reason = " has the key " + shown(place->first) + " twice in one object; leave one of them";
        m_member = &place->second;
        return isNew;
    }

    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
        const std::string text = error.what();  // "[json.exception.parse_error.101] parse error at line 1, ..."
        const auto prefixEnd = text.find("] ");
        m_reason = " is not JSON: " + (prefixEnd == std::string::npos ? text : text.substr(prefixEnd + 2));
        return false;
    }

    /// What follows the source's name in the error.
    [[nodiscard]] const std::string& reason() const { return m_reason; }
    [[nodiscard]] ParsedJson take() { return std::move(m_root); }

private:
    static std::string shown(const std::string& key) {
        constexpr std::size_t kLongest = 60;
        return dumpJson(ParsedJson(key.size() <= kLongest ? key : key.substr(0, kLongest) + "..."));
    }

    /// Puts a value where the next one belongs.
    ParsedJson& put(ParsedJson value) {
        if (m_open.empty()) return m_root = std::move(value);
        ParsedJson& parent = *m_open.back();
        if (parent.is_object()) return *m_member = std::move(value);
        auto& list = parent.get_ref<ParsedJson::array_t&>();
        list.push_back(std::move(value));
        return list.back();
    }
    bool add(ParsedJson value) {
        put(std::move(value));
        return true;
    }
    bool open(ParsedJson value) {
        if (m_open.size() == static_cast<std::size_t>(kMostJsonLevels)) {
            m_reason = " is nested deeper than " + std::to_string(kMostJsonLevels) + " levels, as no such file is";
            return false;
        }
        // Lists only grow at their end, which is never open when they do: the pointers stay good.
        m_open.push_back(&put(std::move(value)));
        return true;
    }
    bool close() {
        m_open.pop_back();
        return true;
    }

    ParsedJson m_root;
    std::vector<ParsedJson*> m_open;  // the lists and objects around the next value
    ParsedJson* m_member = nullptr;   // where the value of the last key goes
    std::string m_reason;
};

}  // namespace

ParsedJson parseJson(std::string_view text, const std::string& source) {
    // The parser takes a zero byte for the end of the text.
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
        throw Error(source + " is not JSON: byte " + std::to_string(zero) + " is zero");
    Builder builder;
    if (!ParsedJson::sax_parse(text.begin(), text.end(), &builder)) throw Error(source + builder.reason());
    return builder.take();
}

}  // namespace consa
