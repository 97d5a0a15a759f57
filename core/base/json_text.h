// JSON in and out with this program's kind of errors.
#pragma once

#include "core/base/error.h"

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace consa {

/// JSON that keeps the order of its keys, for what is written. Looking a key up takes as long as there are keys.
using Json = nlohmann::ordered_json;

/// What is read from a file: keys sorted, so that an object of a million keys costs little more than its bytes.
using ParsedJson = nlohmann::json;

/// Levels of lists and objects that are read; the files of models, tokenizers and runs nest a handful deep, and what is
/// nested by the thousand exhausts the stack of whoever walks through it.
inline constexpr int kMostJsonLevels = 64;

/// The value in `text`. Takes time and memory in proportion to the text. Throws Error (BadInput) naming `source` and
/// the place where it stops being JSON, a key that an object has twice, a zero byte, or nesting past kMostJsonLevels.
[[nodiscard]] ParsedJson parseJson(std::string_view text, const std::string& source);

/// Whether it is this text. Unlike ==, which makes a value of the text first, it needs no memory: == of JSON values
/// can't report that there is none, and ends the program.
[[nodiscard]] inline bool isText(const ParsedJson& json, std::string_view text) {
    const auto* kept = json.get_ptr<const ParsedJson::string_t*>();
    return kept != nullptr && *kept == text;
}

/// On one line, or indented; bytes that are not UTF-8 are replaced rather than refused.
[[nodiscard]] inline std::string dumpJson(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}
template <std::same_as<ParsedJson> Parsed>
[[nodiscard]] std::string dumpJson(const Parsed& json, int indent = -1) {
    return json.dump(indent, ' ', false, Parsed::error_handler_t::replace);
}

}  // namespace consa
