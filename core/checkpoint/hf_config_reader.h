// Typed access to the fields of a config.json, with errors that name file and field.
#pragma once

#include "core/base/error.h"
#include "core/base/json_text.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace consa {

/// One JSON object. Every function throws Error (BadInput) when a field is not what it must be.
class ConfigReader {
public:
    ConfigReader(const std::string& text, const std::string& source) : ConfigReader(parseJson(text, source), source) {}

    [[noreturn]] void fail(const std::string& problem) const { throw Error("cannot use " + m_source + ": " + problem); }

    [[nodiscard]] const std::string& source() const { return m_source; }
    [[nodiscard]] bool has(const char* field) const { return m_object.contains(field); }

    /// Null when the field is missing.
    [[nodiscard]] const nlohmann::json& value(const char* field) const {
        static const nlohmann::json kMissing;
        const auto found = m_object.find(field);
        return found == m_object.end() ? kMissing : *found;
    }

    /// The object in a field.
    [[nodiscard]] ConfigReader inside(const char* field) const { return {value(field), m_source + ", " + field}; }

    /// Empty when the field is missing or null.
    template <typename T>
    [[nodiscard]] std::optional<T> get(const char* field) const {
        const nlohmann::json& found = value(field);
        if (found.is_null()) return std::nullopt;
        if (!fits<T>(found)) fail(std::string("its field ") + field + " has the wrong type: " + shown(found));
        return found.get<T>();
    }

    template <typename T>
    [[nodiscard]] T required(const char* field) const {
        const auto found = get<T>(field);
        if (!found) fail(std::string("it has no field ") + field);
        return *found;
    }

    /// Refuses a feature that is switched on.
    void refuse(const char* field, const char* feature) const {
        if (get<bool>(field).value_or(false))
            fail(std::string("its field ") + field + " is true; " + feature + " are not supported");
    }

private:
    ConfigReader(nlohmann::json object, std::string source) : m_object(std::move(object)), m_source(std::move(source)) {
        if (!m_object.is_object()) fail("it is not a JSON object; write it again with save_pretrained()");
    }

    template <typename T>
    static bool fits(const nlohmann::json& found) {
        if constexpr (std::is_same_v<T, bool>) return found.is_boolean();
        if constexpr (std::is_same_v<T, int>) {
            if (found.is_number_unsigned()) return found.get<std::uint64_t>() <= std::numeric_limits<int>::max();
            if (found.is_number_integer()) return found.get<std::int64_t>() >= std::numeric_limits<int>::min();
            return false;
        }
        if constexpr (std::is_same_v<T, double>) return found.is_number() && std::isfinite(found.get<double>());
        return found.is_string();
    }

    static std::string shown(const nlohmann::json& value) {
        const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        constexpr std::size_t kLongest = 60;
        return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
    }

    nlohmann::json m_object;
    std::string m_source;
};

}  // namespace consa
