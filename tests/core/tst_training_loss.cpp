// Distillation: zero where nothing differs, and gradients by gates, hidden states and weights against finite
// differences.
#include "core/model/chunked_loss.h"
#include "core/model/transformer_loader.h"
#include "core/training/training_loss.h"

#include <QtTest>

#include <cmath>

using namespace consa;
using torch::Tensor;

namespace {

Transformer tinyModel(torch::ScalarType type) {
    const auto checkpoint = openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_llama");
    return loadTransformer(*checkpoint, torch::kCPU, type);
}

Tensor someIds(const ModelConfig& config) {
    return torch::randint(0, config.vocabularySize, {2, 24}, at::detail::createCPUGenerator(6), torch::kInt64);
}

/// A window of two tokens without sinks, so that a sliding head differs much from a full one.
ModelGates gatesAt(std::vector<double> z) {
    return {std::move(z), {}, 2, 0};
}

constexpr TrainingLoss kDistillations[] = {TrainingLoss::DistillKl, TrainingLoss::DistillHidden};

/// KL(teacher || student) of logits in float64, nats, mean over rows.
Tensor plainDivergence(const Tensor& hidden, const Tensor& weight, const Tensor& teacher, const Tensor& teacherWeight) {
    const Tensor student = torch::log_softmax(torch::matmul(hidden, weight.t()), -1);
    const Tensor wanted = torch::log_softmax(torch::matmul(teacher, teacherWeight.t()), -1);
    return (wanted.exp() * (wanted - student)).sum(-1).mean();
}

}  // namespace

class TestTrainingLoss : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingIsLostWithEveryHeadFull() {
        const Transformer model = tinyModel(torch::kFloat32);
        for (const TrainingLoss kind : kDistillations) {
            const auto lossAt = [&](std::vector<double> z) {
                const torch::NoGradGuard noGradients;
                return trainingLoss(kind, model, model, someIds(model.config()), gatesAt(std::move(z))).item<double>();
            };
            QVERIFY(std::abs(lossAt({1, 1, 1, 1})) < 1e-6);
            QVERIFY(lossAt({0, 0, 0, 0}) > 1e-4);
        }
    }

    void gateGradientMatchesFiniteDifferences() {
        const Transformer model = tinyModel(torch::kFloat64);
        const ModelConfig& config = model.config();
        for (const TrainingLoss kind : kDistillations) {
            const std::vector<double> z{0.3, 0.6, 0.8, 0.4};
            ModelGates gates = gatesAt(z);
            gates.zTensor = torch::tensor(z, torch::kFloat32).view({config.layerCount, config.kvHeadCount});
            gates.zTensor.requires_grad_();
            trainingLoss(kind, model, model, someIds(config), gates).backward();
            const Tensor gradient = gates.zTensor.grad().flatten().to(torch::kFloat64);
            const Tensor direction = gradient / gradient.norm();
            const auto lossAt = [&](double distance) {
                const torch::NoGradGuard noGradients;
                std::vector<double> moved = z;
                for (std::size_t i = 0; i < z.size(); ++i)
                    moved[i] += distance * direction[static_cast<int64_t>(i)].item<double>();
                return trainingLoss(kind, model, model, someIds(config), gatesAt(moved)).item<double>();
            };
            constexpr double kStep = 0.01;  // losses are float32
            const double slope = (lossAt(kStep) - lossAt(-kStep)) / (2 * kStep);
            const double expected = gradient.norm().item<double>();
            QVERIFY2(std::abs(slope - expected) < 2e-3 * expected + 2e-5,
                     qPrintable(QString("%1 %2").arg(slope).arg(expected)));
        }
    }

    void divergenceMatchesItsFormula() {
        auto generator = at::detail::createCPUGenerator(3);
        const auto normal = [&](int64_t rows) { return torch::randn({rows, 8}, generator, torch::kFloat64); };
        Tensor hidden = normal(700).requires_grad_(), weight = normal(50).requires_grad_();
        const Tensor teacher = normal(700), teacherWeight = normal(50);
        const Tensor expected = plainDivergence(hidden, weight, teacher, teacherWeight);
        const auto gradients = torch::autograd::grad({expected}, {hidden, weight});
        const Tensor loss = chunkedDistillationLoss(hidden, weight, teacher, teacherWeight);
        QVERIFY(std::abs(loss.item<double>() / expected.item<double>() - 1) < 1e-5);
        const auto ours = torch::autograd::grad({loss}, {hidden, weight});
        QVERIFY(torch::allclose(ours[0], gradients[0], 1e-4, 1e-7));
        QVERIFY(torch::allclose(ours[1], gradients[1], 1e-4, 1e-6));
    }

    void divergenceGradientByHiddenStatesMatchesFiniteDifferences() {
        auto generator = at::detail::createCPUGenerator(4);
        const auto normal = [&](int64_t rows) { return torch::randn({rows, 8}, generator, torch::kFloat64); };
        Tensor hidden = normal(20).requires_grad_();
        const Tensor weight = normal(50), teacher = normal(20);
        chunkedDistillationLoss(hidden, weight, teacher, weight).backward();
        const Tensor gradient = hidden.grad(), direction = gradient / gradient.norm();
        const auto lossAt = [&](double distance) {
            return chunkedDistillationLoss(hidden.detach() + distance * direction, weight, teacher, weight)
                .item<double>();
        };
        constexpr double kStep = 0.01;
        const double slope = (lossAt(kStep) - lossAt(-kStep)) / (2 * kStep);
        QVERIFY(std::abs(slope / gradient.norm().item<double>() - 1) < 1e-2);
    }

    /// The teacher is another model: it gives no gradient and is not changed by training.
    void weightGradientMatchesFiniteDifferences() {
        const Transformer teacher = tinyModel(torch::kFloat64), model = tinyModel(torch::kFloat64);
        Tensor weight = model.weights().layers[0].output;
        weight.requires_grad_();
        for (const TrainingLoss kind : kDistillations) {
            weight.mutable_grad() = Tensor();
            const ModelGates gates = gatesAt({1, 0, 0, 1});
            const Tensor ids = someIds(model.config());
            trainingLoss(kind, model, teacher, ids, gates).backward();
            const Tensor gradient = weight.grad().clone(), direction = gradient / gradient.norm();
            const torch::NoGradGuard noGradients;
            const auto lossAt = [&](double distance) {
                weight.add_(direction, distance);
                const double loss = trainingLoss(kind, model, teacher, ids, gates).item<double>();
                weight.sub_(direction, distance);
                return loss;
            };
            constexpr double kStep = 0.02;
            const double slope = (lossAt(kStep) - lossAt(-kStep)) / (2 * kStep);
            const double expected = gradient.norm().item<double>();
            QVERIFY2(std::abs(slope - expected) < 0.02 * expected + 2e-5,
                     qPrintable(QString("%1 %2").arg(slope).arg(expected)));
        }
    }
};

QTEST_GUILESS_MAIN(TestTrainingLoss)
#include "tst_training_loss.moc"
