// Calls of head_branches.h: one for each kind of head that the layer has.
#ifdef CONSA_HAS_CUDNN

#include "core/model/head_branches.h"

#include "core/kernels/sink_attention.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cudnn/Handle.h>

#include <algorithm>
#include <cmath>

namespace consa {

using torch::Tensor;

namespace {

constexpr int64_t kBytesPerValue = 2;

/// `values` bfloat16 values behind the start of a tensor.
const void* at(const Tensor& x, int64_t values) {
    return static_cast<const char*>(x.const_data_ptr()) + values * kBytesPerValue;
}

void* at(Tensor& x, int64_t values) {
    return static_cast<char*>(x.data_ptr()) + values * kBytesPerValue;
}

/// KV heads [firstSlot, firstSlot + kvHeads) and their query groups within tensors of all slots.
struct Block {
    const HeadBranches& call;
    int firstSlot = 0;
    int kvHeads = 0;
    int windowTokens = 0;  // 0: full

    [[nodiscard]] int64_t queryHeads() const { return int64_t{kvHeads} * call.group; }
    [[nodiscard]] int64_t allQueryHeads() const { return int64_t{call.order.kvHeads} * call.group; }
    [[nodiscard]] int64_t allHeads() const { return int64_t{call.order.kvHeads} * (call.group + 2); }
    /// Where q, k and v of the block begin in a row of slots, in values.
    [[nodiscard]] int64_t q() const { return int64_t{firstSlot} * call.group * call.headDim; }
    [[nodiscard]] int64_t k() const { return (allQueryHeads() + firstSlot) * call.headDim; }
    [[nodiscard]] int64_t v() const { return (allQueryHeads() + call.order.kvHeads + firstSlot) * call.headDim; }
    [[nodiscard]] int64_t slotStride() const { return allHeads() * call.headDim; }
    [[nodiscard]] int64_t outStride() const { return allQueryHeads() * call.headDim; }
    [[nodiscard]] int64_t ownStride() const { return queryHeads() * call.headDim; }  // of an output of its own
    void mark() const {
        if (call.clock) call.clock->mark(windowTokens > 0 ? Part::SlidingAttention : Part::FullAttention);
    }
    [[nodiscard]] bool seesSinks() const {
        return windowTokens > 0 && call.sinkTokens > 0 && call.tokens > windowTokens;
    }
    [[nodiscard]] kernels::AttentionShape shape() const {
        kernels::AttentionShape s;
        s.batch = call.batch;
        s.tokens = call.tokens;
        s.queryHeads = static_cast<int>(queryHeads());
        s.kvHeads = kvHeads;
        s.headDim = call.headDim;
        s.windowTokens = windowTokens;
        s.tokenStride = slotStride();
        return s;
    }
    [[nodiscard]] kernels::SinkAttention sinks(const Tensor& slots) const {
        kernels::SinkAttention s;
        s.q = {at(slots, q()), slotStride()};
        s.k = {at(slots, k()), slotStride()};
        s.v = {at(slots, v()), slotStride()};
        s.batch = call.batch;
        s.tokens = call.tokens;
        s.queryHeads = static_cast<int>(queryHeads());
        s.kvHeads = kvHeads;
        s.headDim = call.headDim;
        s.windowTokens = windowTokens;
        s.sinkTokens = call.sinkTokens;
        s.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(call.headDim)));
        return s;
    }
};

struct Blocks {
    Block fullOnly, mixedFull, mixedSliding, slidingOnly;

    explicit Blocks(const HeadBranches& call)
        : fullOnly{call, 0, call.order.fullOnly, 0},
          mixedFull{call, call.order.fullOnly, call.order.mixed, 0},
          mixedSliding{call, call.order.fullOnly, call.order.mixed, call.windowTokens},
          slidingOnly{call, call.order.fullOnly + call.order.mixed,
                      call.order.kvHeads - call.order.fullOnly - call.order.mixed, call.windowTokens} {}
};

/// Memory for cuDNN's calls out of torch's pool; the stream's order lets the next call use it again.
kernels::Workspace workspaceOn(const Tensor& like, Tensor& holder) {
    return [&](std::int64_t bytes) {
        holder = torch::empty({bytes}, like.options().dtype(torch::kUInt8));
        return holder.data_ptr();
    };
}

/// Attention of one block into `out`, a tensor whose rows are `outStride` values, from value `outFirst` on.
Tensor forwardBlock(kernels::HeadAttention& attention, const Block& block, const Tensor& slots, Tensor& out,
                    int64_t outFirst, int64_t outStride) {
    block.mark();
    Tensor holder, stats = torch::empty({block.call.batch, block.queryHeads(), block.call.tokens},
                                        slots.options().dtype(torch::kFloat32));
    kernels::AttentionShape shape = block.shape();
    shape.outTokenStride = outStride;
    attention.forward(
        at::native::getCudnnHandle(), shape,
        {at(slots, block.q()), at(slots, block.k()), at(slots, block.v()), at(out, outFirst), stats.data_ptr<float>()},
        workspaceOn(slots, holder));
    if (block.seesSinks())
        kernels::mergeSinksForward(block.sinks(slots), {at(out, outFirst), outStride}, stats.data_ptr<float>(),
                                   at::cuda::getCurrentCUDAStream());
    return stats;
}

/// Where a block's tensors lie in the backward pass.
struct BackwardPlace {
    const Tensor& out;
    int64_t outFirst = 0, outStride = 0;
    Tensor& gradients;
    int64_t q = 0, k = 0, v = 0, gradientStride = 0;
};

void backwardBlock(kernels::HeadAttention& attention, const Block& block, const Tensor& slots, const Tensor& stats,
                   const Tensor& gradOut, const BackwardPlace& place, Tensor& sinks) {
    block.mark();
    Tensor holder;
    kernels::AttentionShape shape = block.shape();
    shape.outTokenStride = place.outStride;
    shape.gradOutTokenStride = block.outStride();
    shape.gradTokenStride = place.gradientStride;
    attention.backward(at::native::getCudnnHandle(), shape,
                       {at(slots, block.q()), at(slots, block.k()), at(slots, block.v()), at(place.out, place.outFirst),
                        at(gradOut, block.q()), stats.const_data_ptr<float>(), at(place.gradients, place.q),
                        at(place.gradients, place.k), at(place.gradients, place.v)},
                       workspaceOn(slots, holder));
    if (!block.seesSinks()) return;
    kernels::SinkGradients g;
    g.gradOut = {at(gradOut, block.q()), block.outStride()};
    g.out = {at(place.out, place.outFirst), place.outStride};
    g.logSumExp = stats.const_data_ptr<float>();
    g.gradQ = {at(place.gradients, place.q), place.gradientStride};
    g.gradSinkK = sinks.data_ptr<float>();
    g.gradSinkV = g.gradSinkK + sinks.numel() / 2;
    g.kvHeads = block.call.order.kvHeads;
    g.firstKvHead = block.firstSlot;
    kernels::mergeSinksBackward(block.sinks(slots), g, at::cuda::getCurrentCUDAStream());
}

kernels::MixedHeads mixedHeads(const HeadBranches& call, const BranchOutputs& outputs) {
    kernels::MixedHeads heads;
    heads.order = call.order;
    heads.full = outputs.mixedFull.const_data_ptr();
    heads.sliding = outputs.mixedSliding.const_data_ptr();
    heads.rows = int64_t{call.batch} * call.tokens;
    heads.group = call.group;
    heads.headDim = call.headDim;
    return heads;
}

}  // namespace

kernels::HeadOrder headOrder(std::span<const double> z, int64_t tokens, int64_t window) {
    kernels::HeadOrder order;
    order.kvHeads = static_cast<int>(z.size());
    int slot = 0;
    const auto place = [&](auto belongs) {
        const int before = slot;
        for (int head = 0; head < order.kvHeads; ++head) {
            const double gate = tokens <= window ? 1 : z[static_cast<std::size_t>(head)];
            if (!belongs(gate)) continue;
            order.z[slot] = static_cast<float>(gate);
            order.head[slot] = static_cast<signed char>(head);
            order.slot[head] = static_cast<signed char>(slot++);
        }
        return slot - before;
    };
    order.fullOnly = place([](double gate) { return gate >= 1; });
    order.mixed = place([](double gate) { return gate > 0 && gate < 1; });
    place([](double gate) { return gate <= 0; });
    return order;
}

BranchOutputs attendHeads(kernels::HeadAttention& attention, const HeadBranches& call, const Tensor& slots) {
    const Blocks blocks(call);
    const int64_t rows = slots.size(0), all = blocks.fullOnly.outStride();
    BranchOutputs outputs;
    outputs.out = torch::empty({rows, blocks.fullOnly.allQueryHeads(), call.headDim}, slots.options());
    const auto inPlace = [&](const Block& block) {
        return forwardBlock(attention, block, slots, outputs.out, block.q(), all);
    };
    if (blocks.fullOnly.kvHeads > 0) outputs.fullStats = inPlace(blocks.fullOnly);
    if (blocks.slidingOnly.kvHeads > 0) outputs.slidingStats = inPlace(blocks.slidingOnly);
    if (call.order.mixed == 0) return outputs;
    const auto apart = [&](const Block& block, Tensor& out) {
        out = torch::empty({rows, block.queryHeads(), call.headDim}, slots.options());
        return forwardBlock(attention, block, slots, out, 0, block.ownStride());
    };
    outputs.mixedFullStats = apart(blocks.mixedFull, outputs.mixedFull);
    outputs.mixedSlidingStats = apart(blocks.mixedSliding, outputs.mixedSliding);
    if (call.clock) call.clock->mark(Part::Mix);
    kernels::mixHeads(mixedHeads(call, outputs), outputs.out.data_ptr(), at::cuda::getCurrentCUDAStream());
    return outputs;
}

BranchGradients attendHeadsBackward(kernels::HeadAttention& attention, const HeadBranches& call, const Tensor& slots,
                                    const BranchOutputs& outputs, const Tensor& gradOut) {
    const Blocks blocks(call);
    BranchGradients result;
    result.slots = torch::empty_like(slots);
    if (blocks.mixedSliding.seesSinks() || blocks.slidingOnly.seesSinks())
        result.sinks = torch::zeros({2, call.batch, call.sinkTokens, call.order.kvHeads, call.headDim},
                                    slots.options().dtype(torch::kFloat32));
    const auto toSlots = [&](const Block& block, const Tensor& out, int64_t first, int64_t stride,
                             const Tensor& stats) {
        if (block.kvHeads == 0) return;
        backwardBlock(attention, block, slots, stats, gradOut,
                      {out, first, stride, result.slots, block.q(), block.k(), block.v(), block.slotStride()},
                      result.sinks);
    };
    toSlots(blocks.fullOnly, outputs.out, blocks.fullOnly.q(), blocks.fullOnly.outStride(), outputs.fullStats);
    toSlots(blocks.slidingOnly, outputs.out, blocks.slidingOnly.q(), blocks.slidingOnly.outStride(),
            outputs.slidingStats);
    toSlots(blocks.mixedFull, outputs.mixedFull, 0, blocks.mixedFull.ownStride(), outputs.mixedFullStats);
    if (call.order.mixed == 0) return result;
    const Block& block = blocks.mixedSliding;
    const int64_t heads = block.queryHeads() + 2 * block.kvHeads;
    result.mixedSliding = torch::empty({slots.size(0), heads, call.headDim}, slots.options());
    backwardBlock(
        attention, block, slots, outputs.mixedSlidingStats, gradOut,
        {outputs.mixedSliding, 0, block.ownStride(), result.mixedSliding, 0, block.queryHeads() * call.headDim,
         (block.queryHeads() + block.kvHeads) * call.headDim, heads * call.headDim},
        result.sinks);
    return result;
}

void addGateGradients(const HeadBranches& call, const BranchOutputs& outputs, const Tensor& gradOut, Tensor gradZ) {
    if (call.order.mixed == 0) return;
    kernels::gateGradients(mixedHeads(call, outputs), gradOut.const_data_ptr(), gradZ.data_ptr<float>(),
                           at::cuda::getCurrentCUDAStream());
}

}  // namespace consa

#endif
