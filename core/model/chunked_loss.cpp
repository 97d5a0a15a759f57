// Chunked linear and cross-entropy.
#include "core/model/chunked_loss.h"

#include "core/model/fused_elementwise.h"
#include "core/model/loss_chunks.h"

#include <algorithm>
#include <array>

namespace consa {

namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Losses of rows of hidden states [rows, hidden] and, with gradScale not 0, the gradient of their sum times gradScale
/// in the logits [rows, vocabulary].
struct ChunkLosses {
    Tensor losses;      // float32 [rows]
    Tensor gradLogits;  // in the format of `weight`; undefined without gradScale
};

ChunkLosses chunkLosses(const Tensor& hidden, const Tensor& weight, const Tensor& targets, double gradScale) {
    Tensor logits = torch::matmul(hidden, weight.t());
    constexpr int64_t kFusedMultiple = 8;
    if (canFuseElementwise(logits) && logits.size(1) % kFusedMultiple == 0) {
        Tensor losses = fusedCrossEntropy(logits, targets, gradScale);
        return {losses, gradScale != 0 ? logits : Tensor()};
    }
    Tensor logProbabilities = torch::log_softmax(logits, -1, torch::kFloat32);
    const Tensor losses = -logProbabilities.gather(1, targets.unsqueeze(1)).squeeze(1);
    if (gradScale == 0) return {losses, {}};
    Tensor gradLogits = logProbabilities.exp_();
    gradLogits.scatter_add_(1, targets.unsqueeze(1), torch::full({targets.size(0), 1}, -1.0, gradLogits.options()));
    return {losses, gradLogits.mul_(gradScale).to(hidden.scalar_type())};
}

/// Calls visit(begin, rows of hidden [rows, hidden], the same rows of targets [rows, ...]) for each chunk.
template <typename Visit>
void forEachChunk(const Tensor& hidden, const Tensor& weight, const Tensor& targets, Visit visit) {
    const int64_t rows = hidden.size(0), step = lossChunkRows(rows, weight.size(0), weight.element_size());
    for (int64_t begin = 0; begin < rows; begin += step) {
        const int64_t count = std::min(step, rows - begin);
        visit(begin, hidden.narrow(0, begin, count), targets.narrow(0, begin, count));
    }
}

/// Sums a loss over chunks of rows and, where wanted, its gradients in the same pass.
class ChunkSums {
public:
    ChunkSums(const Tensor& hidden, const Tensor& weight)
        : m_weight(weight), m_scale(1.0 / static_cast<double>(hidden.size(0))) {
        if (hidden.requires_grad()) m_gradHidden = torch::empty_like(hidden);
        if (weight.requires_grad())
            m_gradWeight = torch::zeros(weight.sizes(), weight.options().dtype(torch::kFloat32));
        m_total = torch::zeros({}, hidden.options().dtype(torch::kFloat32));
    }

    /// Scale of the gradient by the logits; 0 when none is wanted.
    [[nodiscard]] double gradScale() const { return m_gradHidden.defined() || m_gradWeight.defined() ? m_scale : 0; }
    /// Adds rows from `begin`: their losses, float32 [rows], and the gradient by their logits [rows, vocabulary].
    void add(int64_t begin, const Tensor& hidden, const Tensor& losses, const Tensor& gradLogits) {
        m_total += losses.sum();
        if (m_gradHidden.defined()) multiplyInto(m_gradHidden.narrow(0, begin, hidden.size(0)), gradLogits);
        if (m_gradWeight.defined()) m_gradWeight += torch::matmul(gradLogits.t(), hidden);
    }
    /// Keeps the gradients for backward() and returns the mean loss.
    [[nodiscard]] Tensor finish(AutogradContext* context) const {
        context->save_for_backward({m_gradHidden, m_gradWeight});
        context->saved_data["type"] = m_weight.scalar_type();
        return m_total * m_scale;
    }
    /// Gradients of hidden and weight.
    static std::array<Tensor, 2> gradients(AutogradContext* context, const Tensor& scale) {
        const auto saved = context->get_saved_variables();
        const auto type = context->saved_data["type"].toScalarType();
        return {saved[0].defined() ? saved[0] * scale.to(saved[0].scalar_type()) : Tensor(),
                saved[1].defined() ? (saved[1] * scale).to(type) : Tensor()};
    }

private:
    /// out = gradLogits weight.
    void multiplyInto(Tensor out, const Tensor& gradLogits) const {
        const torch::NoGradGuard noGradients;
        torch::mm_out(out, gradLogits, m_weight.detach());
    }

    const Tensor& m_weight;
    double m_scale;
    Tensor m_gradHidden, m_gradWeight, m_total;
};

class ChunkedLoss : public torch::autograd::Function<ChunkedLoss> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
        ChunkSums sums(hidden, weight);
        forEachChunk(hidden, weight, targets, [&](int64_t begin, const Tensor& part, const Tensor& target) {
            const auto [losses, gradLogits] = chunkLosses(part, weight, target, sums.gradScale());
            sums.add(begin, part, losses, gradLogits);
        });
        return sums.finish(context);
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto [gradHidden, gradWeight] = ChunkSums::gradients(context, gradients[0]);
        return {gradHidden, gradWeight, Tensor()};
    }
};

/// KL(teacher || student) of each row and the gradient by the student's logits times gradScale.
ChunkLosses chunkDivergences(const Tensor& hidden, const Tensor& weight, const Tensor& teacherHidden,
                             const Tensor& teacherWeight, double gradScale) {
    const auto logProbabilities = [](const Tensor& x, const Tensor& w) {
        return torch::log_softmax(torch::matmul(x, w.t()), -1, torch::kFloat32);
    };
    Tensor student = logProbabilities(hidden, weight);
    const Tensor teacher = logProbabilities(teacherHidden, teacherWeight);
    const Tensor wanted = teacher.exp();
    const Tensor losses = (wanted * (teacher - student)).sum(-1);
    if (gradScale == 0) return {losses, {}};
    return {losses, student.exp_().sub_(wanted).mul_(gradScale).to(hidden.scalar_type())};
}

class ChunkedDistillation : public torch::autograd::Function<ChunkedDistillation> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& hidden, const Tensor& weight,
                          const Tensor& teacherHidden, const Tensor& teacherWeight) {
        ChunkSums sums(hidden, weight);
        forEachChunk(hidden, weight, teacherHidden, [&](int64_t begin, const Tensor& part, const Tensor& teacher) {
            const auto [losses, gradLogits] = chunkDivergences(part, weight, teacher, teacherWeight, sums.gradScale());
            sums.add(begin, part, losses, gradLogits);
        });
        return sums.finish(context);
    }

    static tensor_list backward(AutogradContext* context, tensor_list gradients) {
        const auto [gradHidden, gradWeight] = ChunkSums::gradients(context, gradients[0]);
        return {gradHidden, gradWeight, Tensor(), Tensor()};
    }
};

}  // namespace

Tensor chunkedNextTokenLoss(const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
    return ChunkedLoss::apply(hidden, weight, targets);
}

Tensor chunkedDistillationLoss(const Tensor& hidden, const Tensor& weight, const Tensor& teacherHidden,
                               const Tensor& teacherWeight) {
    return ChunkedDistillation::apply(hidden, weight, teacherHidden, teacherWeight);
}

Tensor nextTokenLosses(const Tensor& hidden, const Tensor& weight, const Tensor& targets) {
    const torch::InferenceMode inference;
    Tensor losses = torch::empty({hidden.size(0)}, hidden.options().dtype(torch::kFloat32));
    forEachChunk(hidden, weight, targets, [&](int64_t begin, const Tensor& part, const Tensor& target) {
        losses.narrow(0, begin, part.size(0)).copy_(chunkLosses(part, weight, target, 0).losses);
    });
    return losses;
}

}  // namespace consa
