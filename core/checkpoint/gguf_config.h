// A decoder's shape out of GGUF metadata.
#pragma once

#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/model_config.h"

#include <string>
#include <vector>

namespace consa {

/// The tensor that holds the divisors of the rotary frequencies (RopeForm::Divisors).
inline constexpr const char* kGgufRopeDivisors = "rope_freqs.weight";

/// Reads the metadata of `head`, the first file of a model; `tensors` are those of all its files, under GGUF's names.
/// Throws Error (BadInput) naming the file and the metadata key, tensor or feature that is not supported.
[[nodiscard]] ModelConfig ggufConfig(const GgufFile& head, const std::vector<const GgufTensor*>& tensors,
                                     const std::string& name);

}  // namespace consa
