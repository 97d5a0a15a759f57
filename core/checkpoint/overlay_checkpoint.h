// A checkpoint with other values in some of its tensors: a model whose weights were trained on.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace consa {

/// `base`, which must outlive the result, with the tensors in `values` replaced: float32, row-major, query and key rows
/// in the half-split rotary order, under Hugging Face's names. Throws Error (BadInput) for a name that `base` lacks or
/// values that don't fill its shape.
[[nodiscard]] std::unique_ptr<Checkpoint> overlayCheckpoint(const Checkpoint& base,
                                                            std::map<std::string, std::vector<float>> values);

}  // namespace consa
