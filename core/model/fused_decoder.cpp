// The autograd step of fused_decoder.h.
#include "core/model/fused_decoder.h"

namespace consa {

int64_t activationBytes(const ModelConfig& config, int64_t tokens, Recompute recompute) {
    const int64_t heads = int64_t{config.queryHeadCount + 2 * config.kvHeadCount} * config.headDim;
    const int64_t queries = int64_t{config.queryHeadCount} * config.headDim;
    int64_t values = config.hiddenSize;
    if (recompute != Recompute::Layer) values += config.hiddenSize + heads + queries;
    if (recompute == Recompute::None) values += 2 * int64_t{config.feedForwardSize} + (config.hasQkNorm ? heads : 0);
    constexpr int64_t kBytesPerValue = 2;
    return values * kBytesPerValue * tokens * config.layerCount;
}

}  // namespace consa

#ifdef CONSA_HAS_CUDNN

#include "core/model/fused_layer.h"

#include "core/kernels/rms_norm.h"
#include "core/kernels/sink_attention.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <cuda_runtime_api.h>

namespace consa {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct FusedDecoder::State {
    kernels::HeadAttention attention;
    kernels::LinearProducts products;
    std::optional<Recompute> wanted;
};

namespace {

/// One pass: what it was called with and what its layers keep. Lives in the autograd graph.
struct DecoderPass : torch::CustomClassHolder {
    ModelConfig config;
    TransformerWeights weights;
    RotaryTables tables;
    ModelGates gates;
    CancellationCheck check;
    std::shared_ptr<void> owner;  // of `attention` and `products`
    kernels::HeadAttention* attention = nullptr;
    kernels::LinearProducts* products = nullptr;
    PartClock* clock = nullptr;
    Recompute recompute = Recompute::None;
    std::vector<LayerActivations> layers;
    Tensor last;         // [rows, hidden]: what the final norm takes
    int firstLayer = 0;  // whose gradients are wanted: no layer below has any
    bool wantsInput = false;
    std::vector<bool> wantsWeights;  // in the order of weights.named()

    [[nodiscard]] bool wantsAnyWeight() const {
        return std::find(wantsWeights.begin(), wantsWeights.end(), true) != wantsWeights.end();
    }
    [[nodiscard]] LayerContext context() const { return {config, tables, *attention, *products, recompute, clock}; }
    [[nodiscard]] HeadBranches call(std::size_t layer, int64_t batch, int64_t tokens) const {
        const auto kvHeads = static_cast<std::size_t>(config.kvHeadCount);
        HeadBranches result;
        result.order = headOrder(std::span(gates.z).subspan(layer * kvHeads, kvHeads), tokens, gates.windowTokens);
        result.batch = static_cast<int>(batch);
        result.tokens = static_cast<int>(tokens);
        result.group = config.queryHeadCount / config.kvHeadCount;
        result.headDim = config.headDim;
        result.windowTokens = gates.windowTokens;
        result.sinkTokens = static_cast<int>(std::min<int64_t>(gates.sinkTokens, tokens));
        result.clock = clock;
        return result;
    }
};

/// The first layer with a gate whose gradient is not zero; the count of layers where there is none.
int firstUndecidedLayer(const DecoderPass& pass, int64_t batch, int64_t tokens) {
    for (std::size_t i = 0; i < pass.weights.layers.size(); ++i)
        if (pass.call(i, batch, tokens).order.mixed > 0) return static_cast<int>(i);
    return static_cast<int>(pass.weights.layers.size());
}

/// The least recomputation with which activations take at most four fifths of the free memory.
Recompute recomputeThatFits(const DecoderPass& pass, int64_t rows) {
    std::size_t free = 0, total = 0;
    if (cudaMemGetInfo(&free, &total) != cudaSuccess) return Recompute::None;
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(c10::cuda::current_device());
    constexpr std::size_t kAggregate = 0;
    const auto available = static_cast<double>(free) + static_cast<double>(stats.reserved_bytes[kAggregate].current) -
                           static_cast<double>(stats.allocated_bytes[kAggregate].current);
    constexpr double kUsableShare = 0.8;
    for (const Recompute recompute : {Recompute::None, Recompute::FeedForward})
        if (static_cast<double>(activationBytes(pass.config, rows, recompute)) < kUsableShare * available)
            return recompute;
    return Recompute::Layer;
}

/// Runs the layers; keeps what gradients need when `keeps`.
Tensor runForward(DecoderPass& pass, const Tensor& x, bool keeps) {
    const int64_t batch = x.size(0), tokens = x.size(1);
    ResidualParts stream{x.flatten(0, 1), {}};
    pass.layers.resize(pass.weights.layers.size());
    for (std::size_t i = 0; i < pass.layers.size(); ++i) {
        if (pass.check) pass.check();
        stream = layerForward(pass.context(), pass.weights.layers[i], pass.call(i, batch, tokens), stream,
                              keeps && static_cast<int>(i) >= pass.firstLayer, pass.layers[i]);
    }
    pass.context().mark(Part::Elementwise);
    const Tensor out = normedSum(stream, pass.weights.finalNorm, pass.config.rmsNormEpsilon, pass.last);
    if (!keeps) pass.last.reset();
    return out.view(x.sizes());
}

class DecoderStep : public torch::autograd::Function<DecoderStep> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& z, at::TensorList weights,
                          const c10::intrusive_ptr<DecoderPass>& pass) {
        const c10::cuda::CUDAGuard guard(x.device());
        pass->wantsInput = x.requires_grad();
        for (const Tensor& weight : weights) pass->wantsWeights.push_back(weight.requires_grad());
        const bool wantsAll = pass->wantsInput || pass->wantsAnyWeight();
        pass->firstLayer = wantsAll ? 0 : firstUndecidedLayer(*pass, x.size(0), x.size(1));
        Tensor out = runForward(*pass, x, true);
        context->saved_data["pass"] =
            c10::IValue::make_capsule(c10::static_intrusive_pointer_cast<torch::CustomClassHolder>(pass));
        context->saved_data["wantsGates"] = z.requires_grad();
        return out;
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto pass = c10::static_intrusive_pointer_cast<DecoderPass>(context->saved_data["pass"].toCapsule());
        TORCH_CHECK(pass->last.defined(), "the fused layers' gradients can be taken once only");
        const c10::cuda::CUDAGuard guard(pass->last.device());
        const Tensor gradZ = torch::zeros({pass->config.layerCount, pass->config.kvHeadCount},
                                          pass->last.options().dtype(torch::kFloat32));
        std::vector<LayerGradients> layers(pass->layers.size());
        Tensor gradFinalNorm;
        const Tensor gradX = runBackward(*pass, gradients[0], gradZ, layers, gradFinalNorm);
        tensor_list result{gradX.defined() ? gradX.view(gradients[0].sizes()) : Tensor(),
                           context->saved_data["wantsGates"].toBool() ? gradZ : Tensor()};
        appendWeights(*pass, layers, gradFinalNorm, result);
        result.emplace_back();
        return result;
    }

private:
    static Tensor runBackward(DecoderPass& pass, const Tensor& gradOut, const Tensor& gradZ,
                              std::vector<LayerGradients>& layers, Tensor& gradFinalNorm) {
        const bool wantsWeights = pass.wantsAnyWeight();
        const Tensor& finalNorm = pass.weights.finalNorm;
        Tensor sum = wantsWeights ? torch::zeros_like(finalNorm, finalNorm.options().dtype(torch::kFloat32)) : Tensor();
        pass.context().mark(Part::Elementwise);
        Tensor gradient =
            normBackward(pass.last, finalNorm, pass.config.rmsNormEpsilon, gradOut.contiguous().flatten(0, 1), {}, sum);
        if (wantsWeights) gradFinalNorm = sum.to(finalNorm.scalar_type());
        pass.last.reset();
        for (int i = static_cast<int>(pass.layers.size()) - 1; i >= pass.firstLayer; --i) {
            if (pass.check) pass.check();
            const auto index = static_cast<std::size_t>(i);
            const LayerWants wants{i > pass.firstLayer || pass.wantsInput || wantsWeights, wantsWeights};
            gradient = layerBackward(pass.context(), pass.weights.layers[index], pass.layers[index], gradient, wants,
                                     gradZ[i], layers[index]);
            pass.layers[index] = {};
        }
        return pass.wantsInput ? gradient : Tensor();
    }

    /// In the order of weights.named(): embedding and head have theirs from elsewhere.
    static void appendWeights(const DecoderPass& pass, const std::vector<LayerGradients>& layers,
                              const Tensor& gradFinalNorm, tensor_list& result) {
        std::size_t index = 0;
        const auto append = [&](const Tensor& weight, const Tensor& gradient) {
            if (weight.defined()) result.push_back(pass.wantsWeights[index++] ? gradient : Tensor());
        };
        append(pass.weights.finalNorm, gradFinalNorm);
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const LayerWeights& w = pass.weights.layers[i];
            const LayerGradients& g = layers[i];
            append(w.attentionNorm, g.attentionNorm);
            append(w.queryKeyValue, g.queryKeyValue);
            append(w.queryKeyValueBias, g.queryKeyValueBias);
            append(w.queryNorm, g.queryNorm);
            append(w.keyNorm, g.keyNorm);
            append(w.output, g.output);
            append(w.feedForwardNorm, g.feedForwardNorm);
            append(w.gateUp, g.gateUp);
            append(w.down, g.down);
        }
    }
};

/// The weights that the fused layers use, in the order in which their gradients come.
std::vector<Tensor> layerWeights(const TransformerWeights& weights) {
    std::vector<Tensor> result{weights.finalNorm};
    for (const LayerWeights& w : weights.layers)
        for (const Tensor* weight : {&w.attentionNorm, &w.queryKeyValue, &w.queryKeyValueBias, &w.queryNorm, &w.keyNorm,
                                     &w.output, &w.feedForwardNorm, &w.gateUp, &w.down})
            if (weight->defined()) result.push_back(*weight);
    return result;
}

}  // namespace

bool canFuseDecoder(const ModelConfig& config, const TransformerWeights& weights, int64_t tokens,
                    const ModelGates& gates) {
    const Tensor& embedding = weights.embedding;
    if (!embedding.is_cuda() || embedding.scalar_type() != torch::kBFloat16) return false;
    constexpr int kMeasuredMajor = 9;
    if (at::cuda::getDeviceProperties(embedding.device().index())->major != kMeasuredMajor) return false;
    if (tokens < 2) return false;  // cuDNN has no plan for one
    const bool fitsHeads = (config.headDim == 64 || config.headDim == 128) &&
                           config.kvHeadCount <= kernels::kMaxKvHeads && gates.sinkTokens <= kernels::kMaxSinks;
    const bool fitsWidth =
        config.hiddenSize % 8 == 0 && config.hiddenSize <= kernels::kMaxNormWidth && config.feedForwardSize % 8 == 0;
    for (int layer = 0; layer < config.layerCount; ++layer)
        if (config.nativeWindow(layer) > 0 && tokens > config.nativeWindow(layer)) return false;
    return fitsHeads && fitsWidth;
}

FusedDecoder::FusedDecoder() : m_state(std::make_shared<State>()) {}

FusedDecoder::~FusedDecoder() = default;

void FusedDecoder::setRecompute(std::optional<Recompute> recompute) {
    m_state->wanted = recompute;
}

Tensor FusedDecoder::hidden(const ModelConfig& config, const TransformerWeights& weights, const RotaryTables& tables,
                            const Tensor& x, const ModelGates& gates, const CancellationCheck& check,
                            PartClock* clock) {
    auto pass = c10::make_intrusive<DecoderPass>();
    pass->config = config;
    pass->weights = weights;
    pass->tables = tables;
    pass->gates = gates;
    pass->gates.zTensor.reset();
    pass->check = check;
    pass->owner = m_state;
    pass->attention = &m_state->attention;
    pass->products = &m_state->products;
    pass->clock = clock;
    if (!torch::GradMode::is_enabled()) {
        const c10::cuda::CUDAGuard guard(x.device());
        return runForward(*pass, x, false);
    }
    pass->recompute = m_state->wanted ? *m_state->wanted : recomputeThatFits(*pass, x.size(0) * x.size(1));
    const Tensor z = gates.zTensor.defined() ? gates.zTensor : torch::empty({0}, x.options());
    return DecoderStep::apply(x, z, at::TensorList(layerWeights(weights)), pass);
}

}  // namespace consa

#else

namespace consa {

struct FusedDecoder::State {};

bool canFuseDecoder(const ModelConfig&, const TransformerWeights&, int64_t, const ModelGates&) {
    return false;
}

FusedDecoder::FusedDecoder() = default;

FusedDecoder::~FusedDecoder() = default;

void FusedDecoder::setRecompute(std::optional<Recompute>) {}

torch::Tensor FusedDecoder::hidden(const ModelConfig&, const TransformerWeights&, const RotaryTables&,
                                   const torch::Tensor&, const ModelGates&, const CancellationCheck&, PartClock*) {
    throw std::logic_error("the fused layers need a build with CUDA");
}

}  // namespace consa

#endif
