// Autograd nodes around the kernels.
#include "core/model/fused_elementwise.h"

#include <stdexcept>

#ifdef CONSA_HAS_CUDA

#include "core/kernels/cross_entropy.h"
#include "core/kernels/rotary.h"
#include "core/kernels/swiglu.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>

namespace consa {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

kernels::RotaryPart partOf(const Tensor& in, const Tensor& out, bool isRotated) {
    kernels::RotaryPart part;
    part.in = in.const_data_ptr();
    part.out = out.mutable_data_ptr();
    part.inBatchStride = in.stride(0);
    part.inTokenStride = in.stride(1);
    part.inHeadStride = in.stride(2);
    part.outBatchStride = out.stride(0);
    part.outTokenStride = out.stride(1);
    part.outHeadStride = out.stride(2);
    part.heads = static_cast<int>(in.size(2));
    part.isRotated = isRotated;
    return part;
}

/// The kernel reads 16 bytes at a time.
Tensor aligned(const Tensor& x) {
    bool isAligned = x.stride(3) == 1 && reinterpret_cast<std::uintptr_t>(x.const_data_ptr()) % 16 == 0;
    for (int dimension = 0; dimension < 3; ++dimension) isAligned = isAligned && x.stride(dimension) % 8 == 0;
    return isAligned ? x : x.contiguous();
}

void runRotary(const std::array<Tensor, 3>& in, const std::array<Tensor, 3>& out, const Tensor& cosine,
               const Tensor& sine, bool isBackward) {
    const c10::cuda::CUDAGuard guard(in[0].device());
    kernels::Rotary rotary;
    std::array<Tensor, 3> held;
    for (std::size_t i = 0; i < 3; ++i) {
        held[i] = aligned(in[i]);
        rotary.parts[i] = partOf(held[i], out[i], i < 2);
    }
    rotary.cosine = cosine.const_data_ptr<float>();
    rotary.sine = sine.const_data_ptr<float>();
    rotary.batch = static_cast<int>(in[0].size(0));
    rotary.tokens = static_cast<int>(in[0].size(1));
    rotary.headDim = static_cast<int>(in[0].size(3));
    rotary.isBackward = isBackward;
    kernels::rotate(rotary, at::cuda::getCurrentCUDAStream());
}

/// Parts of one new tensor, shaped like q, k and v.
std::array<Tensor, 3> emptyParts(const Tensor& q, int64_t kvHeads) {
    const int64_t heads = q.size(2);
    const Tensor joined = torch::empty({q.size(0), q.size(1), heads + 2 * kvHeads, q.size(3)}, q.options());
    return {joined.narrow(2, 0, heads), joined.narrow(2, heads, kvHeads), joined.narrow(2, heads + kvHeads, kvHeads)};
}

class RotaryFunction : public torch::autograd::Function<RotaryFunction> {
public:
    static tensor_list forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                               const Tensor& cosine, const Tensor& sine) {
        const auto out = emptyParts(q, k.size(2));
        runRotary({q, k, v}, out, cosine, sine, /*isBackward=*/false);
        context->save_for_backward({cosine, sine});
        return {out[0], out[1], out[2]};
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto saved = context->get_saved_variables();
        const auto out = emptyParts(gradients[0], gradients[1].size(2));
        runRotary({gradients[0], gradients[1], gradients[2]}, out, saved[0], saved[1], /*isBackward=*/true);
        return {out[0], out[1], out[2], Tensor(), Tensor()};
    }
};

class SwigluFunction : public torch::autograd::Function<SwigluFunction> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& gateUp) {
        const c10::cuda::CUDAGuard guard(gateUp.device());
        const int64_t width = gateUp.size(-1) / 2, rows = gateUp.numel() / (2 * width);
        auto shape = gateUp.sizes().vec();
        shape.back() = width;
        const Tensor out = torch::empty(shape, gateUp.options());
        kernels::swigluForward(gateUp.const_data_ptr(), out.mutable_data_ptr(), rows, static_cast<int>(width),
                               at::cuda::getCurrentCUDAStream());
        context->save_for_backward({gateUp});
        return out;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const Tensor gateUp = context->get_saved_variables()[0], gradOut = gradients[0].contiguous();
        const c10::cuda::CUDAGuard guard(gateUp.device());
        const int64_t width = gateUp.size(-1) / 2, rows = gateUp.numel() / (2 * width);
        const Tensor grad = torch::empty_like(gateUp);
        kernels::swigluBackward(gateUp.const_data_ptr(), gradOut.const_data_ptr(), grad.mutable_data_ptr(), rows,
                                static_cast<int>(width), at::cuda::getCurrentCUDAStream());
        return {grad};
    }
};

}  // namespace

bool canFuseElementwise(const Tensor& x) {
    return x.is_cuda() && x.scalar_type() == torch::kBFloat16 &&
           at::cuda::getDeviceProperties(x.device().index())->major >= 8;
}

std::array<Tensor, 3> fusedRotary(const Tensor& q, const Tensor& k, const Tensor& v, const RotaryTables& tables) {
    const tensor_list out = RotaryFunction::apply(q, k, v, tables.cosine, tables.sine);
    return {out[0], out[1], out[2]};
}

Tensor fusedSwiglu(const Tensor& gateUp) {
    return SwigluFunction::apply(gateUp.contiguous());
}

Tensor fusedCrossEntropy(Tensor& logits, const Tensor& targets, double gradScale) {
    const c10::cuda::CUDAGuard guard(logits.device());
    const Tensor losses = torch::empty({logits.size(0)}, logits.options().dtype(torch::kFloat32));
    const Tensor held = targets.contiguous();
    static_assert(sizeof(long long) == sizeof(int64_t));
    kernels::crossEntropy(logits.mutable_data_ptr(), reinterpret_cast<const long long*>(held.const_data_ptr<int64_t>()),
                          losses.mutable_data_ptr<float>(), static_cast<int>(logits.size(0)),
                          static_cast<int>(logits.size(1)), static_cast<float>(gradScale),
                          at::cuda::getCurrentCUDAStream());
    return losses;
}

}  // namespace consa

#else

namespace consa {

namespace {

[[noreturn]] void failWithoutCuda() {
    throw std::logic_error("fused kernels need a build with CUDA");
}

}  // namespace

bool canFuseElementwise(const torch::Tensor&) {
    return false;
}

std::array<torch::Tensor, 3> fusedRotary(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&,
                                         const RotaryTables&) {
    failWithoutCuda();
}

torch::Tensor fusedSwiglu(const torch::Tensor&) {
    failWithoutCuda();
}

torch::Tensor fusedCrossEntropy(torch::Tensor&, const torch::Tensor&, double) {
    failWithoutCuda();
}

}  // namespace consa

#endif
