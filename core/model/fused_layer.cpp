// The layer of fused_layer.h: cuBLASLt for linear layers, our kernels around them.
#ifdef CONSA_HAS_CUDNN

#include "core/model/fused_layer.h"

#include "core/kernels/head_slots.h"
#include "core/kernels/rms_norm.h"
#include "core/kernels/swiglu.h"
#include "core/model/transformer.h"

#include <ATen/cuda/CUDAContext.h>

namespace consa {

using torch::Tensor;

namespace {

cudaStream_t stream() {
    return at::cuda::getCurrentCUDAStream();
}

const void* dataOrNull(const Tensor& x) {
    return x.defined() ? x.const_data_ptr() : nullptr;
}

/// x weight^T or x weight; undefined when cuBLASLt can't.
Tensor tunedProduct(const LayerContext& context, const Tensor& x, const Tensor& weight, bool isTransposed) {
    if (!x.is_contiguous() || !weight.is_contiguous()) return {};
    kernels::LinearProduct product;
    product.x = x.const_data_ptr();
    product.weights = weight.const_data_ptr();
    product.rows = x.size(0);
    product.inWidth = static_cast<int>(x.size(1));
    product.outWidth = static_cast<int>(weight.size(isTransposed ? 0 : 1));
    product.isTransposed = isTransposed;
    Tensor out = torch::empty({x.size(0), product.outWidth}, x.options());
    product.out = out.data_ptr();
    return context.products.run(at::cuda::getCurrentCUDABlasLtHandle(), product, stream()) ? out : Tensor();
}

/// x weight^T. Marked as a linear layer.
Tensor linear(const LayerContext& context, const Tensor& x, const Tensor& weight, const Tensor& bias = {}) {
    context.mark(Part::Linear);
    if (bias.defined()) return torch::linear(x, weight, bias);
    const Tensor out = tunedProduct(context, x, weight, true);
    return out.defined() ? out : torch::linear(x, weight);
}

/// x weight: the gradient of linear() by its input.
Tensor linearBackward(const LayerContext& context, const Tensor& x, const Tensor& weight) {
    context.mark(Part::Linear);
    const Tensor out = tunedProduct(context, x, weight, false);
    return out.defined() ? out : torch::mm(x, weight);
}

/// The gradient of linear() by its weight.
Tensor weightGradient(const LayerContext& context, const Tensor& gradient, const Tensor& x) {
    context.mark(Part::Linear);
    return torch::mm(gradient.t(), x);
}

kernels::HeadSlots slotsOf(const LayerContext& context, const LayerWeights& weights, const HeadBranches& call) {
    kernels::HeadSlots heads;
    heads.order = call.order;
    heads.queryNorm = dataOrNull(weights.queryNorm);
    heads.keyNorm = dataOrNull(weights.keyNorm);
    heads.cosine = context.tables.cosine.const_data_ptr<float>();
    heads.sine = context.tables.sine.const_data_ptr<float>();
    heads.batch = call.batch;
    heads.tokens = call.tokens;
    heads.group = call.group;
    heads.headDim = call.headDim;
    heads.epsilon = static_cast<float>(context.config.rmsNormEpsilon);
    return heads;
}

/// Rotated heads by slot, [rows, heads, headDim].
Tensor slotsFrom(const LayerContext& context, const LayerWeights& weights, const HeadBranches& call,
                 const Tensor& projected) {
    context.mark(Part::Elementwise);
    Tensor slots =
        torch::empty({projected.size(0), projected.size(1) / call.headDim, call.headDim}, projected.options());
    kernels::fillSlots(slotsOf(context, weights, call), projected.const_data_ptr(), slots.data_ptr(), stream());
    return slots;
}

kernels::OutputWeights outputOf(const LayerWeights& weights, const HeadBranches& call) {
    return {call.order, weights.output.const_data_ptr(), static_cast<int>(weights.output.size(0)),
            call.group * call.headDim};
}

/// The output layer's weights for the branches' outputs: they mix where both have a head.
Tensor mixingOutput(const LayerContext& context, const LayerWeights& weights, const HeadBranches& call) {
    context.mark(Part::Gates);
    const int64_t width = int64_t{call.group} * call.headDim;
    Tensor out = torch::empty({weights.output.size(0), (call.order.kvHeads + call.order.mixed) * width},
                              weights.output.options());
    kernels::mixingWeights(outputOf(weights, call), out.data_ptr(), stream());
    return out;
}

/// The same for the gradient by heads in their slots.
Tensor slotOutput(const LayerContext& context, const LayerWeights& weights, const HeadBranches& call) {
    context.mark(Part::Gates);
    Tensor out = torch::empty_like(weights.output);
    kernels::slotWeights(outputOf(weights, call), out.data_ptr(), stream());
    return out;
}

/// The gradient of the output layer's weights from that of mixingOutput().
Tensor outputGradient(const HeadBranches& call, const Tensor& byPlace) {
    const auto& order = call.order;
    const int64_t width = int64_t{call.group} * call.headDim;
    std::vector<Tensor> columns;
    for (int head = 0; head < order.kvHeads; ++head) {
        const int slot = order.slot[head];
        const auto place = [&](int64_t index) { return byPlace.narrow(1, index * width, width); };
        if (slot < order.fullOnly)
            columns.push_back(place(slot));
        else if (slot < order.full())
            columns.push_back(place(slot) * order.z[slot] + place(slot + order.mixed) * (1 - order.z[slot]));
        else
            columns.push_back(place(slot + order.mixed));
    }
    return torch::cat(columns, 1);
}

Tensor swiglu(const LayerContext& context, const Tensor& gateUp) {
    context.mark(Part::Elementwise);
    const int64_t width = gateUp.size(1) / 2;
    Tensor out = torch::empty({gateUp.size(0), width}, gateUp.options());
    kernels::swigluForward(gateUp.const_data_ptr(), out.data_ptr(), gateUp.size(0), static_cast<int>(width), stream());
    return out;
}

/// norm(x) once more, for what was not kept.
Tensor normed(const LayerContext& context, const Tensor& x, const Tensor& weight) {
    context.mark(Part::Elementwise);
    Tensor sum;
    return normedSum({x, {}}, weight, context.config.rmsNormEpsilon, sum);
}

Tensor zerosLike(const Tensor& weight, bool isWanted) {
    return isWanted && weight.defined() ? torch::zeros_like(weight, weight.options().dtype(torch::kFloat32)) : Tensor();
}

float* floatsOrNull(const Tensor& x) {
    return x.defined() ? x.data_ptr<float>() : nullptr;
}

Tensor inFormatOf(const Tensor& weight, const Tensor& gradient) {
    return gradient.defined() ? gradient.to(weight.scalar_type()) : Tensor();
}

/// The feed-forward part's gradient by `middle`, the part that goes around it included.
Tensor feedForwardBackward(const LayerContext& context, const LayerWeights& w, LayerActivations& kept,
                           const Tensor& gradient, bool wantsWeights, LayerGradients& gradients) {
    if (!kept.gateUp.defined())
        kept.gateUp = linear(context, normed(context, kept.middle, w.feedForwardNorm), w.gateUp);
    if (wantsWeights) gradients.down = weightGradient(context, gradient, swiglu(context, kept.gateUp));
    const Tensor gradProduct = linearBackward(context, gradient, w.down);
    context.mark(Part::Elementwise);
    Tensor gradGateUp = torch::empty_like(kept.gateUp);
    kernels::swigluBackward(kept.gateUp.const_data_ptr(), gradProduct.const_data_ptr(), gradGateUp.data_ptr(),
                            kept.gateUp.size(0), static_cast<int>(gradProduct.size(1)), stream());
    kept.gateUp.reset();
    if (wantsWeights)
        gradients.gateUp = weightGradient(context, gradGateUp, normed(context, kept.middle, w.feedForwardNorm));
    const Tensor gradNormed = linearBackward(context, gradGateUp, w.gateUp);
    context.mark(Part::Elementwise);
    const Tensor gradWeight = zerosLike(w.feedForwardNorm, wantsWeights);
    const Tensor result =
        normBackward(kept.middle, w.feedForwardNorm, context.config.rmsNormEpsilon, gradNormed, gradient, gradWeight);
    gradients.feedForwardNorm = inFormatOf(w.feedForwardNorm, gradWeight);
    return result;
}

/// The gradient by the joined projection.
Tensor projectionBackward(const LayerContext& context, const LayerWeights& w, LayerActivations& kept,
                          const Tensor& gradHeads, bool wantsWeights, LayerGradients& gradients) {
    const BranchGradients branches =
        attendHeadsBackward(context.attention, kept.call, kept.slots, kept.heads, gradHeads);
    context.mark(Part::Elementwise);
    const Tensor gradQueryNorm = zerosLike(w.queryNorm, wantsWeights), gradKeyNorm = zerosLike(w.keyNorm, wantsWeights);
    kernels::SlotGradients slots;
    slots.full = dataOrNull(branches.full);
    slots.sliding = dataOrNull(branches.sliding);
    slots.sinks = branches.sinks.defined() ? branches.sinks.const_data_ptr<float>() : nullptr;
    slots.sinkTokens = branches.sinks.defined() ? kept.call.sinkTokens : 0;
    slots.gradQueryNorm = floatsOrNull(gradQueryNorm);
    slots.gradKeyNorm = floatsOrNull(gradKeyNorm);
    Tensor result = torch::empty({kept.slots.size(0), kept.slots.size(1) * kept.slots.size(2)}, kept.slots.options());
    kernels::gatherSlotGradients(slotsOf(context, w, kept.call), slots, dataOrNull(kept.projected), result.data_ptr(),
                                 stream());
    gradients.queryNorm = inFormatOf(w.queryNorm, gradQueryNorm);
    gradients.keyNorm = inFormatOf(w.keyNorm, gradKeyNorm);
    return result;
}

}  // namespace

Tensor normedSum(const ResidualParts& input, const Tensor& weight, double epsilon, Tensor& sum) {
    kernels::RmsNorm norm;
    norm.x = input.base.const_data_ptr();
    norm.weight = weight.const_data_ptr();
    norm.rows = input.base.size(0);
    norm.width = static_cast<int>(input.base.size(1));
    norm.epsilon = static_cast<float>(epsilon);
    sum = input.base;
    if (input.delta.defined()) {
        sum = torch::empty_like(input.base);
        norm.addend = input.delta.const_data_ptr();
        norm.sum = sum.data_ptr();
    }
    Tensor out = torch::empty_like(input.base);
    norm.out = out.data_ptr();
    kernels::rmsNormForward(norm, stream());
    return out;
}

Tensor normBackward(const Tensor& x, const Tensor& weight, double epsilon, const Tensor& gradient, const Tensor& pass,
                    Tensor gradWeight) {
    kernels::RmsNormGradient norm;
    norm.x = x.const_data_ptr();
    norm.weight = weight.const_data_ptr();
    norm.gradOut = gradient.const_data_ptr();
    norm.pass = dataOrNull(pass);
    Tensor out = torch::empty_like(x);
    norm.gradX = out.data_ptr();
    norm.gradWeight = floatsOrNull(gradWeight);
    norm.rows = x.size(0);
    norm.width = static_cast<int>(x.size(1));
    norm.epsilon = static_cast<float>(epsilon);
    kernels::rmsNormBackward(norm, stream());
    return out;
}

ResidualParts layerForward(const LayerContext& context, const LayerWeights& w, const HeadBranches& call,
                           const ResidualParts& input, bool keeps, LayerActivations& kept) {
    const double epsilon = context.config.rmsNormEpsilon;
    Tensor x, middle;
    context.mark(Part::Elementwise);
    Tensor hidden = normedSum(input, w.attentionNorm, epsilon, x);
    const Tensor projected = linear(context, hidden, w.queryKeyValue, w.queryKeyValueBias);
    const Tensor slots = slotsFrom(context, w, call, projected);
    const BranchOutputs heads = attendHeads(context.attention, call, slots);
    const Tensor attended = linear(context, heads.out.flatten(1), mixingOutput(context, w, call));
    context.mark(Part::Elementwise);
    hidden = normedSum({x, attended}, w.feedForwardNorm, epsilon, middle);
    const Tensor gateUp = linear(context, hidden, w.gateUp);
    const Tensor out = linear(context, swiglu(context, gateUp), w.down);
    if (keeps) {
        kept.call = call;
        kept.x = x;
        if (context.recompute != Recompute::Layer) {
            const bool isNormed = w.queryNorm.defined(), keepsAll = context.recompute == Recompute::None;
            if (isNormed) kept.projected = projected;
            if (keepsAll || !isNormed) kept.slots = slots;
            kept.heads = heads;
            kept.middle = middle;
            if (keepsAll) kept.gateUp = gateUp;
        }
    }
    return {middle, out};
}

Tensor layerBackward(const LayerContext& context, const LayerWeights& w, LayerActivations& kept, const Tensor& gradient,
                     LayerWants wants, Tensor gradZ, LayerGradients& gradients) {
    if (!kept.middle.defined()) {
        LayerContext keepsAll = context;
        keepsAll.recompute = Recompute::None;
        const HeadBranches call = kept.call;
        const ResidualParts input{kept.x, {}};
        (void)layerForward(keepsAll, w, call, input, true, kept);
    }
    const Tensor gradMiddle = feedForwardBackward(context, w, kept, gradient, wants.weights, gradients);
    if (wants.weights)
        gradients.output = outputGradient(kept.call, weightGradient(context, gradMiddle, kept.heads.out.flatten(1)));
    const Tensor gradHeads = linearBackward(context, gradMiddle, slotOutput(context, w, kept.call));
    context.mark(Part::Gates);
    addGateGradients(kept.call, kept.heads, gradHeads, gradZ);
    if (!wants.input && !wants.weights) return {};
    if (!kept.slots.defined()) kept.slots = slotsFrom(context, w, kept.call, kept.projected);
    const Tensor gradProjected = projectionBackward(context, w, kept, gradHeads, wants.weights, gradients);
    if (wants.weights) {
        gradients.queryKeyValue = weightGradient(context, gradProjected, normed(context, kept.x, w.attentionNorm));
        if (w.queryKeyValueBias.defined()) gradients.queryKeyValueBias = gradProjected.sum(0);
    }
    const Tensor gradNormed = linearBackward(context, gradProjected, w.queryKeyValue);
    context.mark(Part::Elementwise);
    const Tensor gradWeight = zerosLike(w.attentionNorm, wants.weights);
    const Tensor result =
        normBackward(kept.x, w.attentionNorm, context.config.rmsNormEpsilon, gradNormed, gradMiddle, gradWeight);
    gradients.attentionNorm = inFormatOf(w.attentionNorm, gradWeight);
    return result;
}

}  // namespace consa

#endif
