// Reads fields of a tokenizer.json and says what is wrong with them.
#pragma once

#include "core/base/error.h"

#include <nlohmann/json.hpp>
#include <string>

namespace consa {

/// Far above any vocabulary; keeps a damaged id from taking memory.
constexpr std::int64_t kMaxVocabulary = 1 << 21;

[[noreturn]] inline void failTokenizer(const std::string& source, const std::string& problem) {
    throw Error("cannot use the tokenizer of " + source + ": " + problem);
}

/// The field `name`; null when `description` is no object or lacks it.
[[nodiscard]] inline nlohmann::json fieldOf(const nlohmann::json& description, const char* name) {
    if (!description.is_object()) return nullptr;
    const auto found = description.find(name);
    return found == description.end() ? nlohmann::json() : *found;
}

/// The text in field `name`; "" when it is missing or no text.
[[nodiscard]] inline std::string textOf(const nlohmann::json& description, const char* name) {
    const nlohmann::json value = fieldOf(description, name);
    return value.is_string() ? value.get<std::string>() : "";
}

/// A true or false; `part` names the object in the error.
[[nodiscard]] inline bool flagOf(const nlohmann::json& description, const char* name, bool fallback,
                                 const std::string& part, const std::string& source) {
    const nlohmann::json value = fieldOf(description, name);
    if (value.is_null()) return fallback;
    if (!value.is_boolean()) failTokenizer(source, part + "'s " + name + " is not true or false");
    return value.get<bool>();
}

/// "NAME is not supported", or that the type is missing, and what is supported.
[[noreturn]] inline void failType(const nlohmann::json& description, const std::string& part,
                                  const std::string& supported, const std::string& source) {
    const std::string type = textOf(description, "type");
    failTokenizer(source, part + " " + (type.empty() ? "has no type" : type + " is not supported") +
                              "; supported are " + supported);
}

}  // namespace consa
