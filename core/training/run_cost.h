// What a run asks of its device, from the model's shape and the run's knobs alone: memory in bytes, work in FLOP.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/training/training_config.h"

#include <cstdint>
#include <vector>

namespace consa {

/// Key positions that the queries of a sequence see in all: those of the window, the query counted, and the sinks
/// beyond it. Full attention: a window of all tokens.
[[nodiscard]] double visiblePairs(double tokens, double window, double sinks);

/// What a step works on.
struct StepShape {
    int contextTokens = 0;
    int batchSize = 0;  // windows
    int windowTokens = 0;
    int sinkTokens = 0;
    bool isForwardOnly = false;
    bool movesWeights = false;
};

/// FLOP of a step under gates z [layers x kvHeads]: full attention where z is 1, sliding where it is 0, both between. A
/// product of matrices counts 2 a multiplication forward; backward as much again for the activations' gradient, once
/// more for that of weights which move, and 2.5 times the forward for attention, which recomputes its scores
/// (FlashAttention-2, arXiv 2307.08691, counts so). Norms, rotary positions and softmax are left out.
[[nodiscard]] double stepFlop(const ModelConfig& model, const StepShape& step, const std::vector<double>& z);

/// Bytes of one value in `type`; Auto as the engine resolves it for learning: bfloat16 on a GPU and on processors that
/// multiply it natively, else float32.
[[nodiscard]] int learningValueBytes(DataType type, bool isOnGpu);

/// Device memory of a weight that moves, bytes. All weights: float32 master, two moments of AdamW, working weight and
/// its gradient (the master is the working weight in float32). Low rank: the weight as it was, working weight and
/// gradient.
[[nodiscard]] double bytesPerMovedWeight(int loraRank, int valueBytes);

/// Memory of a run, bytes.
struct RunMemory {
    double weights = 0;      // the model's, and what moves them
    double activations = 0;  // what one window keeps of all layers until its backward pass
    double logits = 0;       // one chunk of the loss at most
    int windowsAtOnce = 1;   // between a forward and its backward pass
    double ofOneWindow = 0;  // the least a step can be done with: weights, one window, its logits
    double ofWholeStep = 0;  // the same with windowsAtOnce windows
};

/// An upper estimate; on a GPU a step that does not fit computes activations twice instead (core/model/recompute).
/// Every gate lies between 0 and 1, so that both branches of all heads are computed, and what a step keeps is counted
/// as core/model keeps it. A value is e bytes (learningValueBytes), H and K are the query and KV heads times headDim, h
/// the hidden and f the feed-forward width, s the sinks and w the window. A token of a layer keeps
///
///   on a GPU (one autograd node for attention, rotary positions and SwiGLU each):
///     e (2h + (H + 2K) + 2H + 2f) + 8 queryHeads: two norms' inputs, q, k and v, both outputs with their log-sum-exp
///     in float32, gate and up; e (H + 2K) more where queries and keys are normed
///   on a CPU (plain operations):
///     e (6H + 2K (s + 2w) / w + queryHeads (s + 2w) + 3f) + 8h + 4 queryHeads: full attention's q, repeated k and v,
///     output; scaled queries, blocks of keys and values, softmax of the sliding one; the branches' difference; gate,
///     silu and up; two norms' inputs in float32; 4 (H + K) more where queries and keys are normed
///   where weights move: e (2h + H + f) more, the inputs of the linear layers.
///
/// A layer's share is counted once more, for the gradients in flight, and hidden states of the loss beside them.
/// Logits: chunks of 1 GiB (core/model/loss_chunks.h), in place on a GPU, beside one or two float32 copies on a
/// CPU; distilling holds five. On a CPU the heap's gaps are added. Measured beside it: resources/docs/measurements.md.
[[nodiscard]] RunMemory estimateRunMemory(const ModelConfig& model, const TrainingConfig& config, bool isOnGpu);

/// Windows that `bytes` of memory hold at once by that estimate; at least 1.
[[nodiscard]] int windowsThatFit(const RunMemory& memory, double bytes);

/// Work of the whole run, FLOP: stepCount steps whose gates are rounded at the target, the teacher's forward pass where
/// the loss has one. To be multiplied by a rate that was measured on the device; early steps, whose gates are open,
/// cost more than this counts.
[[nodiscard]] double estimateRunFlop(const ModelConfig& model, const TrainingConfig& config);

}  // namespace consa
