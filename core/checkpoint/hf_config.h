// A Hugging Face config.json and our description of a decoder, in both directions.
#pragma once

#include "core/checkpoint/model_config.h"

#include <string>

namespace consa {

/// The shape described by a config.json's `text`, in the spelling of transformers 4 or 5; a field that is missing has
/// the default of its class there. `source` names the text in errors. Throws Error (BadInput) naming the field that is
/// missing, of the wrong type or asks for something that is not supported.
[[nodiscard]] ModelConfig modelConfigFromHuggingFace(const std::string& text, const std::string& source);

/// "" or "bytes": whose tokenizer a config.json's `text` asks for (the model's own, or one id a byte).
[[nodiscard]] std::string tokenizerFromHuggingFace(const std::string& text, const std::string& source);

/// A config.json for a model of ours with the byte tokenizer, as openHuggingFaceFolder and transformers read it.
[[nodiscard]] std::string toHuggingFaceJson(const ModelConfig& config);

}  // namespace consa
