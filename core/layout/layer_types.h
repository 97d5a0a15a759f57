// Which layers slide according to a Hugging Face config.json.
#pragma once

#include "core/base/json_text.h"
#include "core/layout/layout_exchange.h"

#include <string>

namespace consa {

/// True when `config` says of its layers which slide: layer_types, or a sliding window.
[[nodiscard]] bool describesLayers(const ParsedJson& config);

/// The layout of a config.json as transformers understands it: `layer_types`; without them a sliding window in every
/// layer (Mistral, Ministral) or, where use_sliding_window is true, from layer max_window_layers on (Qwen). Throws
/// Error (BadInput) naming `source` and field.
[[nodiscard]] ImportedLayout layoutFromLayerTypes(const ParsedJson& config, const std::string& source);

}  // namespace consa
