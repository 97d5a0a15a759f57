// JSON in and out with this program's kind of errors.
#pragma once

#include "core/base/error.h"

#include <nlohmann/json.hpp>
#include <string>

namespace consa {

/// JSON that keeps the order of its keys.
using Json = nlohmann::ordered_json;

/// Throws Error (BadInput) naming `source` and the place (line and column) where `text` stops being JSON.
[[nodiscard]] inline Json parseJson(const std::string& text, const std::string& source) {
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) {
        const std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, ..."
        const auto prefixEnd = reason.find("] ");
        throw Error(source +
                    " is not JSON: " + (prefixEnd == std::string::npos ? reason : reason.substr(prefixEnd + 2)));
    }
}

/// On one line, or indented; bytes that are not UTF-8 are replaced rather than refused.
[[nodiscard]] inline std::string dumpJson(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace consa
