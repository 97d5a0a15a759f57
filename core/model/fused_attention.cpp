// One autograd node for a layer's gated attention on a GPU.
#include "core/model/fused_attention.h"

#ifdef CONSA_HAS_CUDA

#include "core/kernels/gated_mix.h"
#include "core/kernels/sink_attention.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>

#include <array>
#include <cmath>
#include <vector>

namespace consa {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Which KV heads take part in which branch, and the call's other constants.
struct Plan {
    std::vector<int64_t> fullHeads;
    std::vector<int64_t> slidingHeads;
    kernels::GatedMix mix;  // pointers unset
    int windowTokens = 0;
    int sinkTokens = 0;
};

Plan makePlan(const Tensor& q, const Tensor& k, const std::vector<double>& gates, int64_t window, int64_t sinks) {
    Plan plan;
    plan.windowTokens = static_cast<int>(window);
    plan.sinkTokens = static_cast<int>(std::min(sinks, q.size(1)));
    kernels::GatedMix& mix = plan.mix;
    mix.rows = static_cast<int>(q.size(0) * q.size(1));
    mix.kvHeads = static_cast<int>(k.size(2));
    mix.group = static_cast<int>(q.size(2) / k.size(2));
    mix.headDim = static_cast<int>(q.size(3));
    for (int head = 0; head < mix.kvHeads; ++head) {
        const double z = gates[static_cast<std::size_t>(head)];
        mix.z[head] = static_cast<float>(z);
        mix.fullSlot[head] = z > 0 ? mix.fullKvHeads++ : -1;
        mix.slidingSlot[head] = z < 1 ? mix.slidingKvHeads++ : -1;
        if (z > 0) plan.fullHeads.push_back(head);
        if (z < 1) plan.slidingHeads.push_back(head);
    }
    return plan;
}

/// Copies KV heads `heads` of x, each `group` wide: [batch, tokens, kvHeads x group, dim] -> packed. All heads: x
/// itself.
Tensor gather(const Tensor& x, const std::vector<int64_t>& heads, int64_t group) {
    if (static_cast<int64_t>(heads.size()) * group == x.size(2)) return x;
    std::vector<Tensor> parts;
    for (std::size_t begin = 0; begin < heads.size();) {
        std::size_t end = begin + 1;
        while (end < heads.size() && heads[end] == heads[end - 1] + 1) ++end;
        parts.push_back(x.narrow(2, heads[begin] * group, static_cast<int64_t>(end - begin) * group));
        begin = end;
    }
    return parts.size() == 1 ? parts.front() : torch::cat(parts, 2);
}

/// Adds a packed gradient to the heads of `sum` that it belongs to.
void scatterAdd(Tensor& sum, const Tensor& packed, const std::vector<int64_t>& heads, int64_t group) {
    for (std::size_t i = 0; i < heads.size(); ++i)
        sum.narrow(2, heads[i] * group, group).add_(packed.narrow(2, static_cast<int64_t>(i) * group, group));
}

/// What a branch keeps for its backward pass.
struct BranchResult {
    Tensor out;        // [batch, tokens, heads, dim] contiguous
    Tensor logSumExp;  // as the kernel gives it
    Tensor seed, offset;
};

/// cuDNN's attention is measured ahead of FlashAttention-2 from compute capability 9.0 on.
bool usesCudnn() {
    return at::cuda::getCurrentDeviceProperties()->major >= 9;
}

BranchResult fullForward(const Tensor& q, const Tensor& k, const Tensor& v) {
    if (usesCudnn()) {
        auto r = at::_scaled_dot_product_cudnn_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), {},
                                                         /*compute_log_sumexp=*/true, 0.0, /*is_causal=*/true);
        return {std::get<0>(r).transpose(1, 2).contiguous(), std::get<1>(r), std::get<6>(r), std::get<7>(r)};
    }
    auto r = at::_flash_attention_forward(q, k, v, {}, {}, q.size(1), k.size(1), 0.0, true, false);
    return {std::get<0>(r), std::get<1>(r), std::get<2>(r), std::get<3>(r)};
}

std::array<Tensor, 3> fullBackward(const Tensor& gradOut, const Tensor& q, const Tensor& k, const Tensor& v,
                                   const BranchResult& forward) {
    if (usesCudnn()) {
        auto [gq, gk, gv] = at::_scaled_dot_product_cudnn_attention_backward(
            gradOut.transpose(1, 2), q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2),
            forward.out.transpose(1, 2), forward.logSumExp, forward.seed, forward.offset, {}, {}, {}, q.size(1),
            k.size(1), 0.0, true);
        return {gq.transpose(1, 2), gk.transpose(1, 2), gv.transpose(1, 2)};
    }
    auto [gq, gk, gv] = at::_flash_attention_backward(gradOut, q, k, v, forward.out, forward.logSumExp, {}, {},
                                                      q.size(1), k.size(1), 0.0, true, forward.seed, forward.offset);
    return {gq, gk, gv};
}

kernels::SinkAttention sinkCall(const Plan& plan, const Tensor& q, const Tensor& k, const Tensor& v) {
    kernels::SinkAttention sinks;
    sinks.q = {q.const_data_ptr(), q.stride(1)};
    sinks.k = {k.const_data_ptr(), k.stride(1)};
    sinks.v = {v.const_data_ptr(), v.stride(1)};
    sinks.batch = static_cast<int>(q.size(0));
    sinks.tokens = static_cast<int>(q.size(1));
    sinks.queryHeads = static_cast<int>(q.size(2));
    sinks.kvHeads = static_cast<int>(k.size(2));
    sinks.headDim = static_cast<int>(q.size(3));
    sinks.windowTokens = plan.windowTokens;
    sinks.sinkTokens = plan.sinkTokens;
    sinks.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(q.size(3))));
    return sinks;
}

BranchResult slidingForward(const Plan& plan, const Tensor& q, const Tensor& k, const Tensor& v) {
    auto r = at::_flash_attention_forward(q, k, v, {}, {}, q.size(1), k.size(1), 0.0, true, false, {},
                                          plan.windowTokens - 1, 0);
    BranchResult result{std::get<0>(r), std::get<1>(r), std::get<2>(r), std::get<3>(r)};
    if (plan.sinkTokens > 0)
        kernels::mergeSinksForward(sinkCall(plan, q, k, v), {result.out.data_ptr(), q.size(2) * q.size(3)},
                                   result.logSumExp.data_ptr<float>(), at::cuda::getCurrentCUDAStream());
    return result;
}

std::array<Tensor, 3> slidingBackward(const Plan& plan, const Tensor& gradOut, const Tensor& q, const Tensor& k,
                                      const Tensor& v, const BranchResult& forward) {
    auto [gq, gk, gv] =
        at::_flash_attention_backward(gradOut, q, k, v, forward.out, forward.logSumExp, {}, {}, q.size(1), k.size(1),
                                      0.0, true, forward.seed, forward.offset, {}, plan.windowTokens - 1, 0);
    if (plan.sinkTokens > 0) {
        gq = gq.contiguous();
        const auto options = q.options().dtype(torch::kFloat32);
        const auto gradSinkK = torch::zeros({k.size(0), plan.sinkTokens, k.size(2), k.size(3)}, options);
        const auto gradSinkV = torch::zeros_like(gradSinkK);
        const int64_t rowValues = q.size(2) * q.size(3);
        kernels::SinkGradients g;
        g.gradOut = {gradOut.const_data_ptr(), rowValues};
        g.out = {forward.out.const_data_ptr(), rowValues};
        g.logSumExp = forward.logSumExp.const_data_ptr<float>();
        g.gradQ = {gq.data_ptr(), rowValues};
        g.gradSinkK = gradSinkK.data_ptr<float>();
        g.gradSinkV = gradSinkV.data_ptr<float>();
        g.kvHeads = static_cast<int>(k.size(2));
        kernels::mergeSinksBackward(sinkCall(plan, q, k, v), g, at::cuda::getCurrentCUDAStream());
        gk.narrow(1, 0, plan.sinkTokens).add_(gradSinkK);
        gv.narrow(1, 0, plan.sinkTokens).add_(gradSinkV);
    }
    return {gq, gk, gv};
}

/// Views that both kernels accept: contiguous heads, tokens and batch a fixed stride apart.
Tensor withPackedHeads(const Tensor& x) {
    const bool isPacked = x.stride(3) == 1 && x.stride(2) == x.size(3) && x.stride(0) == x.size(1) * x.stride(1);
    return isPacked ? x : x.contiguous();
}

/// Both branches and their mix.
struct GatedResult {
    BranchResult full, sliding;
    Tensor out;  // [batch, tokens, queryHeads, headDim]
};

GatedResult computeForward(const Tensor& q, const Tensor& k, const Tensor& v, const Plan& plan) {
    const c10::cuda::CUDAGuard guard(q.device());
    const int64_t group = plan.mix.group;
    GatedResult result;
    if (!plan.fullHeads.empty())
        result.full =
            fullForward(gather(q, plan.fullHeads, group), gather(k, plan.fullHeads, 1), gather(v, plan.fullHeads, 1));
    if (!plan.slidingHeads.empty())
        result.sliding = slidingForward(plan, withPackedHeads(gather(q, plan.slidingHeads, group)),
                                        withPackedHeads(gather(k, plan.slidingHeads, 1)),
                                        withPackedHeads(gather(v, plan.slidingHeads, 1)));
    if (plan.slidingHeads.empty()) {
        result.out = result.full.out.view(q.sizes());
    } else if (plan.fullHeads.empty()) {
        result.out = result.sliding.out.view(q.sizes());
    } else {
        kernels::GatedMix mix = plan.mix;
        mix.full = result.full.out.const_data_ptr();
        mix.sliding = result.sliding.out.const_data_ptr();
        result.out = torch::empty(q.sizes(), q.options());
        kernels::gatedMixForward(mix, result.out.data_ptr(), at::cuda::getCurrentCUDAStream());
    }
    return result;
}

/// z: [kvHeads], or [0] where its gradient is not wanted (autograd takes no undefined input).
class FusedGatedAttention : public torch::autograd::Function<FusedGatedAttention> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& z,
                          const std::vector<double>& gates, int64_t window, int64_t sinks) {
        const auto [full, sliding, out] = computeForward(q, k, v, makePlan(q, k, gates, window, sinks));
        context->saved_data["gates"] = gates;
        context->saved_data["window"] = window;
        context->saved_data["sinks"] = sinks;
        context->save_for_backward({q, k, v, z, full.out, full.logSumExp, full.seed, full.offset, sliding.out,
                                    sliding.logSumExp, sliding.seed, sliding.offset});
        return out;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto saved = context->get_saved_variables();
        const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &z = saved[3];
        const c10::cuda::CUDAGuard guard(q.device());
        const BranchResult full{saved[4], saved[5], saved[6], saved[7]};
        const BranchResult sliding{saved[8], saved[9], saved[10], saved[11]};
        const Plan plan = makePlan(q, k, context->saved_data["gates"].toDoubleVector(),
                                   context->saved_data["window"].toInt(), context->saved_data["sinks"].toInt());
        const Tensor gradOut = gradients[0].contiguous();

        kernels::GatedMix mix = plan.mix;
        Tensor gradFull = gradOut, gradSliding = gradOut;
        const Tensor gradZ = torch::zeros({mix.kvHeads}, q.options().dtype(torch::kFloat32));
        if (!plan.fullHeads.empty() && !plan.slidingHeads.empty()) {
            mix.full = full.out.const_data_ptr();
            mix.sliding = sliding.out.const_data_ptr();
            gradFull = torch::empty_like(full.out);
            gradSliding = torch::empty_like(sliding.out);
            kernels::gatedMixBackward(mix, gradOut.const_data_ptr(), gradFull.data_ptr(), gradSliding.data_ptr(),
                                      gradZ.data_ptr<float>(), at::cuda::getCurrentCUDAStream());
        }
        auto sum = branchGradients(plan, q, k, v, full, sliding, gradFull, gradSliding);
        return {sum[0], sum[1], sum[2], z.numel() > 0 ? gradZ : Tensor(), Tensor(), Tensor(), Tensor()};
    }

private:
    static std::array<Tensor, 3> branchGradients(const Plan& plan, const Tensor& q, const Tensor& k, const Tensor& v,
                                                 const BranchResult& full, const BranchResult& sliding,
                                                 const Tensor& gradFull, const Tensor& gradSliding) {
        const int64_t group = plan.mix.group;
        std::array<Tensor, 3> fullPart, slidingPart;
        if (!plan.fullHeads.empty())
            fullPart = fullBackward(gradFull, gather(q, plan.fullHeads, group), gather(k, plan.fullHeads, 1),
                                    gather(v, plan.fullHeads, 1), full);
        if (plan.slidingHeads.empty()) return fullPart;
        slidingPart = slidingBackward(plan, gradSliding, withPackedHeads(gather(q, plan.slidingHeads, group)),
                                      withPackedHeads(gather(k, plan.slidingHeads, 1)),
                                      withPackedHeads(gather(v, plan.slidingHeads, 1)), sliding);
        if (plan.fullHeads.empty()) return slidingPart;
        std::array<Tensor, 3> sum;
        const std::array<const Tensor*, 3> inputs{&q, &k, &v};
        for (std::size_t i = 0; i < 3; ++i) {
            const int64_t width = i == 0 ? group : 1;
            sum[i] = torch::zeros(inputs[i]->sizes(), q.options());
            scatterAdd(sum[i], fullPart[i], plan.fullHeads, width);
            scatterAdd(sum[i], slidingPart[i], plan.slidingHeads, width);
        }
        return sum;
    }
};

}  // namespace

bool canFuseAttention(const Tensor& q, const Tensor& k, const LayerGates& gates) {
    return q.is_cuda() && q.scalar_type() == torch::kBFloat16 && q.size(3) % kernels::kSinkHeadDimStep == 0 &&
           q.size(3) <= kernels::kMaxSinkHeadDim && gates.sinkTokens <= kernels::kMaxSinks &&
           k.size(2) <= kernels::kMaxKvHeads && at::cuda::getDeviceProperties(q.device().index())->major >= 8;
}

Tensor fusedGatedAttention(const Tensor& q, const Tensor& k, const Tensor& v, const LayerGates& gates) {
    const std::vector<double> z(gates.z.begin(), gates.z.end());
    const int64_t window = gates.windowTokens, sinks = gates.sinkTokens;
    if (!torch::GradMode::is_enabled()) return computeForward(q, k, v, makePlan(q, k, z, window, sinks)).out;
    const Tensor zTensor = gates.zTensor.defined() ? gates.zTensor : torch::empty({0}, q.options());
    return FusedGatedAttention::apply(q, k, v, zTensor, z, window, sinks);
}

}  // namespace consa

#else

namespace consa {

bool canFuseAttention(const torch::Tensor&, const torch::Tensor&, const LayerGates&) {
    return false;
}

torch::Tensor fusedGatedAttention(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&, const LayerGates&) {
    throw std::logic_error("fusedGatedAttention needs a build with CUDA");
}

}  // namespace consa

#endif
