// What a model answers to texts with a hidden key.
#pragma once

#include "core/evaluation/passkey_report.h"
#include "core/layout/attention_layout.h"
#include "core/model/transformer.h"

#include <functional>
#include <span>

namespace consa {

/// Loss on the answer of every text, with units that slide seeing windowTokens (the query counted) and sinkTokens; and
/// whether each of its tokens is the likeliest when those before it are given. `progress` is called between layers
/// with the texts done so far; what it throws ends the work. Throws Error (RunFailed) when the device's memory can't
/// hold a text.
[[nodiscard]] std::vector<PasskeyAnswer> passkeyAnswers(const Transformer& model, std::span<const PasskeyText> texts,
                                                        const AttentionLayout& layout, int windowTokens, int sinkTokens,
                                                        const std::function<void(std::size_t textsDone)>& progress);

}  // namespace consa
