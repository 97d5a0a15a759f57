// What a layout costs in KV cache, and how such sizes are written.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/layout/attention_layout.h"

#include <QString>

namespace consa {

/// Bytes of a bfloat16 KV cache of one sequence of `contextTokens` under `layout`: full heads keep every token that
/// the model's own window lets them see, sliding heads at most windowTokens + sinkTokens.
[[nodiscard]] double kvCacheBytes(const ModelConfig& model, const AttentionLayout& layout, int contextTokens,
                                  int windowTokens, int sinkTokens);

/// "1.02 GiB", as byteText().
[[nodiscard]] QString formatBytes(double bytes);

}  // namespace consa
