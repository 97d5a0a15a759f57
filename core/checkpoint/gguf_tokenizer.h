// The tokenizer inside a GGUF file, in Hugging Face's form.
#pragma once

#include "core/checkpoint/gguf_file.h"

#include <string>

namespace consa {

/// The text of a tokenizer.json for the tokenizer that the metadata describes: byte-level BPE (tokenizer.ggml.model
/// gpt2) or SentencePiece's BPE (llama). Throws Error (BadInput) naming the tokenizer model or pre-tokenizer that is
/// not supported, or what is damaged.
[[nodiscard]] std::string tokenizerJsonFromGguf(const GgufFile& file);

}  // namespace consa
