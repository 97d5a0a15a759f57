// The demo's weights, compiled into the program.
#pragma once

#include <string_view>

namespace consa {

/// Bytes of a safetensors file whose metadata holds the config under the key "config".
[[nodiscard]] std::string_view demoModelBytes();

}  // namespace consa
