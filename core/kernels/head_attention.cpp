// cuDNN graphs of head_attention.h.
#include "core/kernels/head_attention.h"

#include "core/kernels/device_error.h"

#define CUDNN_FRONTEND_SKIP_JSON_LIB
#include <cudnn_frontend.h>

#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unordered_map>

namespace consa::kernels {

namespace {

namespace graph = cudnn_frontend::graph;

/// Names of a graph's tensors in its calls.
enum Uid : std::int64_t { Q = 1, K, V, Out, Stats, GradOut, GradQ, GradK, GradV };

using Tensor = std::shared_ptr<graph::Tensor_attributes>;

void require(cudnn_frontend::error_t result, const AttentionShape& shape) {
    if (result.is_good()) return;
    throw std::runtime_error("cuDNN has no attention for " + std::to_string(shape.batch) + " x " +
                             std::to_string(shape.tokens) + " tokens, " + std::to_string(shape.queryHeads) +
                             " heads of " + std::to_string(shape.headDim) + ": " + result.get_message());
}

/// Heads [batch, heads, tokens, headDim] that lie headDim apart in rows of `tokenStride` values.
graph::Tensor_attributes headsOf(Uid uid, const AttentionShape& shape, int heads, long long tokenStride) {
    return graph::Tensor_attributes()
        .set_uid(uid)
        .set_dim({shape.batch, heads, shape.tokens, shape.headDim})
        .set_stride({shape.tokens * tokenStride, shape.headDim, tokenStride, 1});
}

void setOutput(const Tensor& tensor, const graph::Tensor_attributes& like) {
    tensor->set_output(true).set_uid(like.get_uid()).set_dim(like.get_dim()).set_stride(like.get_stride());
}

graph::Tensor_attributes statsOf(const AttentionShape& shape) {
    const std::int64_t tokens = shape.tokens, heads = shape.queryHeads;
    return graph::Tensor_attributes()
        .set_uid(Stats)
        .set_dim({shape.batch, heads, tokens, 1})
        .set_stride({heads * tokens, tokens, 1, 1})
        .set_data_type(cudnn_frontend::DataType_t::FLOAT);
}

/// Sets scale and mask of the forward or the backward operation.
template <typename Attributes>
Attributes maskedAs(const AttentionShape& shape, const char* name) {
    Attributes attributes;
    attributes.set_name(name)
        .set_attn_scale(static_cast<float>(1 / std::sqrt(static_cast<double>(shape.headDim))))
        .set_diagonal_alignment(cudnn_frontend::DiagonalAlignment_t::TOP_LEFT)
        .set_diagonal_band_right_bound(0);
    if (shape.windowTokens > 0 && shape.windowTokens < shape.tokens)
        attributes.set_diagonal_band_left_bound(shape.windowTokens);
    return attributes;
}

struct Plan {
    graph::Graph graph;
    std::int64_t workspaceBytes = 0;

    Plan() {
        graph.set_io_data_type(cudnn_frontend::DataType_t::BFLOAT16)
            .set_intermediate_data_type(cudnn_frontend::DataType_t::FLOAT)
            .set_compute_data_type(cudnn_frontend::DataType_t::FLOAT);
    }
    void build(cudnnHandle_t cudnn, const AttentionShape& shape) {
        require(graph.build(cudnn, {cudnn_frontend::HeurMode_t::A}), shape);
        require(graph.get_workspace_size(workspaceBytes), shape);
    }
    void execute(cudnnHandle_t cudnn, std::unordered_map<std::int64_t, void*> pointers, const Workspace& workspace) {
        auto result = graph.execute(cudnn, pointers, workspaceBytes > 0 ? workspace(workspaceBytes) : nullptr);
        if (result.is_bad()) throw DeviceError("cuDNN error: " + result.get_message());
    }
};

std::unique_ptr<Plan> forwardPlan(cudnnHandle_t cudnn, const AttentionShape& shape) {
    auto plan = std::make_unique<Plan>();
    auto& graph = plan->graph;
    const Tensor q = graph.tensor(headsOf(Q, shape, shape.queryHeads, shape.tokenStride));
    const Tensor k = graph.tensor(headsOf(K, shape, shape.kvHeads, shape.tokenStride));
    const Tensor v = graph.tensor(headsOf(V, shape, shape.kvHeads, shape.tokenStride));
    auto attributes = maskedAs<graph::SDPA_attributes>(shape, "attention");
    attributes.set_generate_stats(true);
    auto [out, stats] = graph.sdpa(q, k, v, attributes);
    setOutput(out, headsOf(Out, shape, shape.queryHeads, shape.outTokenStride));
    setOutput(stats, statsOf(shape));
    stats->set_data_type(cudnn_frontend::DataType_t::FLOAT);
    plan->build(cudnn, shape);
    return plan;
}

std::unique_ptr<Plan> backwardPlan(cudnnHandle_t cudnn, const AttentionShape& shape) {
    auto plan = std::make_unique<Plan>();
    auto& graph = plan->graph;
    const Tensor q = graph.tensor(headsOf(Q, shape, shape.queryHeads, shape.tokenStride));
    const Tensor k = graph.tensor(headsOf(K, shape, shape.kvHeads, shape.tokenStride));
    const Tensor v = graph.tensor(headsOf(V, shape, shape.kvHeads, shape.tokenStride));
    const Tensor out = graph.tensor(headsOf(Out, shape, shape.queryHeads, shape.outTokenStride));
    const Tensor gradOut = graph.tensor(headsOf(GradOut, shape, shape.queryHeads, shape.gradOutTokenStride));
    const Tensor stats = graph.tensor(statsOf(shape));
    auto [gradQ, gradK, gradV] = graph.sdpa_backward(
        q, k, v, out, gradOut, stats, maskedAs<graph::SDPA_backward_attributes>(shape, "attention_gradient"));
    setOutput(gradQ, headsOf(GradQ, shape, shape.queryHeads, shape.gradTokenStride));
    setOutput(gradK, headsOf(GradK, shape, shape.kvHeads, shape.gradTokenStride));
    setOutput(gradV, headsOf(GradV, shape, shape.kvHeads, shape.gradTokenStride));
    plan->build(cudnn, shape);
    return plan;
}

void* writable(const void* pointer) {
    return const_cast<void*>(pointer);  // cuDNN takes inputs so too
}

}  // namespace

/// Plans by handle and shape; `isBackward` tells the two kinds apart.
struct HeadAttention::Plans {
    using Key =
        std::tuple<cudnnContext*, bool, int, int, int, int, int, int, long long, long long, long long, long long>;
    std::map<Key, std::unique_ptr<Plan>> plans;

    Plan& of(cudnnHandle_t cudnn, bool isBackward, const AttentionShape& s) {
        const Key key{
            cudnn,     isBackward,     s.batch,       s.tokens,         s.queryHeads,         s.kvHeads,
            s.headDim, s.windowTokens, s.tokenStride, s.outTokenStride, s.gradOutTokenStride, s.gradTokenStride};
        auto& plan = plans[key];
        if (!plan) plan = isBackward ? backwardPlan(cudnn, s) : forwardPlan(cudnn, s);
        return *plan;
    }
};

HeadAttention::HeadAttention() : m_plans(new Plans) {}

HeadAttention::~HeadAttention() {
    delete m_plans;
}

void HeadAttention::forward(cudnnContext* cudnn, const AttentionShape& shape, const AttentionForward& call,
                            const Workspace& workspace) {
    m_plans->of(cudnn, false, shape)
        .execute(cudnn,
                 {{Q, writable(call.q)},
                  {K, writable(call.k)},
                  {V, writable(call.v)},
                  {Out, call.out},
                  {Stats, call.logSumExp}},
                 workspace);
}

void HeadAttention::backward(cudnnContext* cudnn, const AttentionShape& shape, const AttentionBackward& call,
                             const Workspace& workspace) {
    m_plans->of(cudnn, true, shape)
        .execute(cudnn,
                 {{Q, writable(call.q)},
                  {K, writable(call.k)},
                  {V, writable(call.v)},
                  {Out, writable(call.out)},
                  {GradOut, writable(call.gradOut)},
                  {Stats, writable(call.logSumExp)},
                  {GradQ, call.gradQ},
                  {GradK, call.gradK},
                  {GradV, call.gradV}},
                 workspace);
}

}  // namespace consa::kernels
