// One decoder layer on a GPU, forward and backward written out: nothing is kept that the gradients don't need, no pass
// over memory is made twice.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/kernels/linear_product.h"

#include "core/model/fused_elementwise.h"
#include "core/model/head_branches.h"
#include "core/model/part_clock.h"
#include "core/model/recompute.h"

namespace consa {

struct LayerWeights;

/// Constants of a pass over the layers.
struct LayerContext {
    const ModelConfig& config;
    const RotaryTables& tables;
    kernels::HeadAttention& attention;
    kernels::LinearProducts& products;
    Recompute recompute = Recompute::None;
    PartClock* clock = nullptr;  // null: no times wanted

    void mark(Part part) const {
        if (clock) clock->mark(part);
    }
};

/// What a layer keeps for its backward pass; rows = batch x tokens, bfloat16.
struct LayerActivations {
    HeadBranches call;
    torch::Tensor x;          // [rows, hidden]: the layer's input
    torch::Tensor projected;  // [rows, (queryHeads + 2 kvHeads) headDim]; only with q/k norms
    torch::Tensor slots;      // [rows, queryHeads + 2 kvHeads, headDim]; undefined where it is computed again
    BranchOutputs heads;
    torch::Tensor middle;  // [rows, hidden]: after attention
    torch::Tensor gateUp;  // [rows, 2 feedForward]; undefined where it is computed again
};

/// The residual stream in two parts, whose sum the next norm takes in its own pass.
struct ResidualParts {
    torch::Tensor base;   // [rows, hidden]
    torch::Tensor delta;  // [rows, hidden]; undefined: base alone
};

/// Gradients of a layer's weights, where wanted: in the weights' format and shape, undefined for others.
struct LayerGradients {
    torch::Tensor attentionNorm, queryKeyValue, queryKeyValueBias, queryNorm, keyNorm, output, feedForwardNorm, gateUp,
        down;
};

/// Computes the layer under `call` and fills `kept` as `context.recompute` says; `keeps` false keeps nothing.
[[nodiscard]] ResidualParts layerForward(const LayerContext& context, const LayerWeights& weights,
                                         const HeadBranches& call, const ResidualParts& input, bool keeps,
                                         LayerActivations& kept);

/// What of a layer's gradients is wanted.
struct LayerWants {
    bool input = true;  // of the layer's input
    bool weights = false;
};

/// `gradient`: by the layer's output [rows, hidden]. Adds the gates' gradients to gradZ, float32 [kvHeads], and returns
/// the gradient by the layer's input, undefined where it is not wanted.
[[nodiscard]] torch::Tensor layerBackward(const LayerContext& context, const LayerWeights& weights,
                                          LayerActivations& kept, const torch::Tensor& gradient, LayerWants wants,
                                          torch::Tensor gradZ, LayerGradients& gradients);

/// norm(base + delta) and, in `sum`, base + delta. [rows, hidden].
[[nodiscard]] torch::Tensor normedSum(const ResidualParts& input, const torch::Tensor& weight, double epsilon,
                                      torch::Tensor& sum);

/// Gradient by x of norm(x), plus `pass` where defined; adds the weight's gradient to gradWeight where defined,
/// float32.
[[nodiscard]] torch::Tensor normBackward(const torch::Tensor& x, const torch::Tensor& weight, double epsilon,
                                         const torch::Tensor& gradient, const torch::Tensor& pass,
                                         torch::Tensor gradWeight);

}  // namespace consa
