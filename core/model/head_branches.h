// The two branches of a layer's gated attention on a GPU: each block of heads computed as its gates ask, read and
// written in place.
#pragma once

#include "core/kernels/gated_heads.h"
#include "core/kernels/head_attention.h"

#include "core/model/part_clock.h"
#include "core/model/torch_api.h"

#include <span>

namespace consa {

/// The order of a layer's KV heads under gates z. Where the window holds all tokens, every head counts as full.
[[nodiscard]] kernels::HeadOrder headOrder(std::span<const double> z, int64_t tokens, int64_t window);

/// One layer's call.
struct HeadBranches {
    kernels::HeadOrder order;
    int batch = 0;
    int tokens = 0;
    int group = 0;  // query heads of a KV head
    int headDim = 0;
    int windowTokens = 0;  // the query counted
    int sinkTokens = 0;
    PartClock* clock = nullptr;  // null: no times wanted
};

/// What attention gives and keeps for its gradient; rows = batch x tokens.
struct BranchOutputs {
    torch::Tensor out;           // bfloat16 [rows, (kvHeads + mixed) group, headDim]: full branch, then sliding branch
    torch::Tensor fullStats;     // float32 [batch, heads, tokens]: log-sum-exp; undefined without such heads
    torch::Tensor slidingStats;  // likewise
};

/// slots: [rows, (group + 2) kvHeads, headDim] as HeadSlots has it.
[[nodiscard]] BranchOutputs attendHeads(kernels::HeadAttention& attention, const HeadBranches& call,
                                        const torch::Tensor& slots);

/// Gradients as SlotGradients has them.
struct BranchGradients {
    torch::Tensor full;     // [rows, n (group + 2), headDim] for the branch's n KV heads; undefined without such heads
    torch::Tensor sliding;  // likewise
    torch::Tensor sinks;    // float32 [2, batch, sinkTokens, kvHeads, headDim]; undefined where none are seen
};

/// gradOut: [rows, kvHeads group, headDim] by slot; what it is for mixed heads counts for both branches.
[[nodiscard]] BranchGradients attendHeadsBackward(kernels::HeadAttention& attention, const HeadBranches& call,
                                                  const torch::Tensor& slots, const BranchOutputs& outputs,
                                                  const torch::Tensor& gradOut);

/// Adds the gates' gradients to gradZ, float32 [kvHeads].
void addGateGradients(const HeadBranches& call, const BranchOutputs& outputs, const torch::Tensor& gradOut,
                      torch::Tensor gradZ);

}  // namespace consa
