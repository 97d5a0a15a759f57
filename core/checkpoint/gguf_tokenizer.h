// The tokenizer inside a GGUF file, in Hugging Face's form.
#pragma once

#include "core/checkpoint/gguf_file.h"

#include <string>

namespace consa {

/// The text of a tokenizer.json for the byte-level BPE described by the metadata. Throws Error (BadInput) naming the
/// tokenizer model or pre-tokenizer that is not supported.
[[nodiscard]] std::string tokenizerJsonFromGguf(const GgufFile& file);

}  // namespace consa
