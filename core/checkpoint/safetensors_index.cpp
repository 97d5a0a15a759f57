// Reads weight_map and keeps the files' names.
#include "core/checkpoint/safetensors_index.h"

#include "core/base/json_text.h"
#include "core/checkpoint/byte_cursor.h"

namespace consa {
namespace {

constexpr std::size_t kLongestName = 255;  // what file systems take

bool isPlainName(std::string_view name) {
    const bool isDots = name == "." || name == "..";
    return !name.empty() && name.size() <= kLongestName && !isDots &&
           name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

}  // namespace

std::set<std::string> shardNames(std::string_view text, const std::string& source) {
    const ParsedJson object = parseJson(text, source);
    const auto map = object.is_object() ? object.find("weight_map") : object.end();
    if (!object.is_object() || map == object.end() || !map->is_object() || map->empty())
        throw Error("cannot use " + source + ": it has no weight_map; fetch it again");
    std::set<std::string> names;
    for (const auto& [tensor, file] : map->items()) {
        const std::string name = file.is_string() ? file.get<std::string>() : "";
        if (!isPlainName(name)) {
            throw Error("cannot use " + source + ": tensor " + printable(tensor) +
                        " is not in a file beside the index; fetch the model again");
        }
        if (!name.ends_with(".safetensors")) {
            throw Error("cannot use " + source + ": it puts tensor " + printable(tensor) + " into " + printable(name) +
                        ", which is no safetensors file; save the model with save_pretrained(..., " +
                        "safe_serialization=True)");
        }
        names.insert(name);
    }
    return names;
}

}  // namespace consa
