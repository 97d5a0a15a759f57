// The list of a model's safetensors files, model.safetensors.index.json.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace consa {

/// Names of the files in an index, in name order: plain names of files beside it, never of a folder or of a place
/// elsewhere. Throws Error (BadInput) naming `source` and what is wrong.
[[nodiscard]] std::set<std::string> shardNames(std::string_view text, const std::string& source);

}  // namespace consa
