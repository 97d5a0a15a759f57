// Calls of head_branches.h: one for each branch that the layer has heads for.
#ifdef CONSA_HAS_CUDNN

#include "core/model/head_branches.h"

#include "core/kernels/sink_attention.h"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cudnn/Handle.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <algorithm>
#include <cmath>
#include <map>

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

/// One branch: KV heads [firstSlot, firstSlot + kvHeads) and their query groups.
struct Branch {
    const HeadBranches& call;
    int firstSlot = 0;
    int kvHeads = 0;
    int windowTokens = 0;    // 0: full
    int64_t firstPlace = 0;  // of its output among both branches', in KV heads

    [[nodiscard]] int64_t queryHeads() const { return int64_t{kvHeads} * call.group; }
    /// Width of one KV head's queries, in values.
    [[nodiscard]] int64_t width() const { return int64_t{call.group} * call.headDim; }
    /// Where q, k and v of the branch begin in a row of slots, in values.
    [[nodiscard]] int64_t q() const { return firstSlot * width(); }
    [[nodiscard]] int64_t k() const { return call.order.kvHeads * width() + int64_t{firstSlot} * call.headDim; }
    [[nodiscard]] int64_t v() const { return k() + int64_t{call.order.kvHeads} * call.headDim; }
    [[nodiscard]] int64_t slotStride() const { return int64_t{call.order.kvHeads} * (call.group + 2) * call.headDim; }
    [[nodiscard]] int64_t out() const { return firstPlace * width(); }
    [[nodiscard]] int64_t outStride() const { return (call.order.kvHeads + call.order.mixed) * width(); }
    [[nodiscard]] int64_t gradOutStride() const { return call.order.kvHeads * width(); }
    [[nodiscard]] int64_t gradientHeads() const { return int64_t{kvHeads} * (call.group + 2); }
    [[nodiscard]] int64_t gradientK() const { return kvHeads * width(); }
    [[nodiscard]] int64_t gradientV() const { return gradientK() + int64_t{kvHeads} * call.headDim; }
    void mark(Part part) const {
        if (call.clock) call.clock->mark(part);
    }
    void mark() const { mark(windowTokens > 0 ? Part::SlidingAttention : Part::FullAttention); }
    [[nodiscard]] bool seesSinks() const {
        return kvHeads > 0 && windowTokens > 0 && call.sinkTokens > 0 && call.tokens > windowTokens;
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
        s.outTokenStride = outStride();
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

Branch fullBranch(const HeadBranches& call) {
    return {call, 0, call.order.full(), 0, 0};
}

Branch slidingBranch(const HeadBranches& call) {
    return {call, call.order.fullOnly, call.order.sliding(), call.windowTokens, call.order.full()};
}

/// Lets the sliding branch run beside the full one: each alone leaves multiprocessors idle at its end, and the sinks
/// wait for memory where the full branch computes. Memory comes from the main stream's pool and is given back after
/// join().
class SideStream {
public:
    /// Where times by part are wanted, or one of the branches has no heads, all stays on the main stream.
    explicit SideStream(const HeadBranches& call)
        : m_isUsed(!call.clock && call.order.full() > 0 && call.order.sliding() > 0) {
        if (!m_isUsed) return;
        m_fork.record(m_main);
        m_fork.block(side());
    }
    /// Calls launch() with the side stream as the current one. What it allocates, it takes before.
    template <typename Launch>
    void run(Launch launch) const {
        if (!m_isUsed) return launch();
        const c10::cuda::CUDAStreamGuard guard(side());
        launch();
    }
    /// The main stream goes on once the side stream has done its work.
    void join() {
        if (!m_isUsed) return;
        m_isUsed = false;
        m_join.record(side());
        m_join.block(m_main);
    }
    /// Also after an exception: what the side stream still writes to must not be given away before.
    ~SideStream() {
        try {
            join();
        } catch (const c10::Error&) {  // the device is gone, and its memory with it
        }
    }
    SideStream(const SideStream&) = delete;
    SideStream& operator=(const SideStream&) = delete;

private:
    static at::cuda::CUDAStream side() {
        thread_local std::map<c10::DeviceIndex, at::cuda::CUDAStream> streams;
        const c10::DeviceIndex device = at::cuda::current_device();
        return streams.try_emplace(device, at::cuda::getStreamFromPool(true, device)).first->second;
    }

    at::cuda::CUDAStream m_main = at::cuda::getCurrentCUDAStream();
    bool m_isUsed;
    at::cuda::CUDAEvent m_fork, m_join;
};

/// Memory for cuDNN's calls out of the pool of the stream that is current now, kept until the object goes. Not a
/// tensor, since torch, where it fills new ones, does so on that stream, beside the call on the other.
class Workspace {
public:
    [[nodiscard]] kernels::Workspace memory() {
        return [this](std::int64_t bytes) {
            const c10::cuda::CUDAStreamGuard guard(m_stream);
            m_bytes = c10::cuda::CUDACachingAllocator::get()->allocate(static_cast<std::size_t>(bytes));
            return m_bytes.get();
        };
    }

private:
    at::cuda::CUDAStream m_stream = at::cuda::getCurrentCUDAStream();
    c10::DataPtr m_bytes;
};

/// Room for a branch's log-sum-exp.
Tensor emptyStats(const Branch& branch, const Tensor& slots) {
    if (branch.kvHeads == 0) return {};
    return torch::empty({branch.call.batch, branch.queryHeads(), branch.call.tokens},
                        slots.options().dtype(torch::kFloat32));
}

/// Writes a branch's outputs in their place and its log-sum-exp.
void branchForward(kernels::HeadAttention& attention, const Branch& branch, const Tensor& slots, Tensor& out,
                   Tensor& stats, Workspace& workspace) {
    if (branch.kvHeads == 0) return;
    branch.mark();
    attention.forward(at::native::getCudnnHandle(), branch.shape(),
                      {at(slots, branch.q()), at(slots, branch.k()), at(slots, branch.v()), at(out, branch.out()),
                       stats.data_ptr<float>()},
                      workspace.memory());
    if (!branch.seesSinks()) return;
    branch.mark(Part::Sinks);
    kernels::mergeSinksForward(branch.sinks(slots), {at(out, branch.out()), branch.outStride()},
                               stats.data_ptr<float>(), at::cuda::getCurrentCUDAStream());
}

/// Room for the gradients by a branch's queries, keys and values.
Tensor emptyGradients(const Branch& branch, const Tensor& slots) {
    if (branch.kvHeads == 0) return {};
    return torch::empty({slots.size(0), branch.gradientHeads(), branch.call.headDim}, slots.options());
}

/// Writes the gradients by the branch's queries, keys and values; those of the sinks' keys and values go to `sinks`.
void branchBackward(kernels::HeadAttention& attention, const Branch& branch, const Tensor& slots, const Tensor& out,
                    const Tensor& stats, const Tensor& gradOut, Tensor& gradients, Tensor& sinks,
                    Workspace& workspace) {
    if (branch.kvHeads == 0) return;
    branch.mark();
    const int64_t gradientStride = gradients.size(1) * gradients.size(2);
    kernels::AttentionShape shape = branch.shape();
    shape.gradOutTokenStride = branch.gradOutStride();
    shape.gradTokenStride = gradientStride;
    attention.backward(at::native::getCudnnHandle(), shape,
                       {at(slots, branch.q()), at(slots, branch.k()), at(slots, branch.v()), at(out, branch.out()),
                        at(gradOut, branch.q()), stats.const_data_ptr<float>(), gradients.data_ptr(),
                        at(gradients, branch.gradientK()), at(gradients, branch.gradientV())},
                       workspace.memory());
    if (!branch.seesSinks()) return;
    branch.mark(Part::Sinks);
    kernels::SinkGradients g;
    g.gradOut = {at(gradOut, branch.q()), branch.gradOutStride()};
    g.out = {at(out, branch.out()), branch.outStride()};
    g.logSumExp = stats.const_data_ptr<float>();
    g.gradQ = {gradients.data_ptr(), gradientStride};
    g.gradSinkK = sinks.data_ptr<float>();
    g.gradSinkV = g.gradSinkK + sinks.numel() / 2;
    g.kvHeads = branch.call.order.kvHeads;
    g.firstKvHead = branch.firstSlot;
    kernels::mergeSinksBackward(branch.sinks(slots), g, at::cuda::getCurrentCUDAStream());
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
    const Branch full = fullBranch(call), sliding = slidingBranch(call);
    const int64_t places = call.order.kvHeads + call.order.mixed;
    BranchOutputs outputs;
    outputs.out = torch::empty({slots.size(0), places * call.group, call.headDim}, slots.options());
    outputs.fullStats = emptyStats(full, slots);
    outputs.slidingStats = emptyStats(sliding, slots);
    Workspace fullWorkspace, slidingWorkspace;
    SideStream side(call);
    branchForward(attention, full, slots, outputs.out, outputs.fullStats, fullWorkspace);
    side.run([&] { branchForward(attention, sliding, slots, outputs.out, outputs.slidingStats, slidingWorkspace); });
    side.join();
    return outputs;
}

BranchGradients attendHeadsBackward(kernels::HeadAttention& attention, const HeadBranches& call, const Tensor& slots,
                                    const BranchOutputs& outputs, const Tensor& gradOut) {
    const Branch full = fullBranch(call), sliding = slidingBranch(call);
    BranchGradients result{emptyGradients(full, slots), emptyGradients(sliding, slots), {}};
    if (sliding.seesSinks())
        result.sinks = torch::zeros({2, call.batch, call.sinkTokens, call.order.kvHeads, call.headDim},
                                    slots.options().dtype(torch::kFloat32));
    Workspace fullWorkspace, slidingWorkspace;
    SideStream side(call);
    branchBackward(attention, full, slots, outputs.out, outputs.fullStats, gradOut, result.full, result.sinks,
                   fullWorkspace);
    side.run([&] {
        branchBackward(attention, sliding, slots, outputs.out, outputs.slidingStats, gradOut, result.sliding,
                       result.sinks, slidingWorkspace);
    });
    side.join();
    return result;
}

void addGateGradients(const HeadBranches& call, const BranchOutputs& outputs, const Tensor& gradOut, Tensor gradZ) {
    kernels::GateGradients g;
    g.order = call.order;
    g.outputs = outputs.out.const_data_ptr();
    g.gradOut = gradOut.const_data_ptr();
    g.gradZ = gradZ.data_ptr<float>();
    g.rows = gradOut.size(0);
    g.group = call.group;
    g.headDim = call.headDim;
    kernels::gateGradients(g, at::cuda::getCurrentCUDAStream());
}

}  // namespace consa

#endif
