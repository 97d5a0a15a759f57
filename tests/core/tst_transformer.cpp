// The decoder against Hugging Face's implementation (golden files), and the loss's gradient against finite differences.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/model/chunked_loss.h"
#include "core/model/transformer_loader.h"

#include <QtTest>

#include <nlohmann/json.hpp>

#include <filesystem>

using namespace consa;
using torch::Tensor;

namespace {

nlohmann::json golden(const std::string& name) {
    return nlohmann::json::parse(readFile(std::string(CONSA_FIXTURES) + "/golden/" + name + ".json"));
}

ModelGates allFull(const ModelConfig& config) {
    return {std::vector<double>(static_cast<std::size_t>(config.layerCount * config.kvHeadCount), 1.0), {}, 64, 4};
}

Tensor idsOf(const nlohmann::json& json) {
    return torch::tensor(json.get<std::vector<int64_t>>(), torch::kInt64).unsqueeze(0);
}

Tensor logitsOf(const Transformer& model, const Tensor& ids) {
    const torch::NoGradGuard noGradients;
    return torch::matmul(model.hidden(ids, allFull(model.config())), model.weights().head.t())[0];
}

}  // namespace

class TestTransformer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tinyModelsMatchHuggingFace_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("llama") << "tiny_llama";
        QTest::newRow("qwen3") << "tiny_qwen3";
    }

    void tinyModelsMatchHuggingFace() {
        QFETCH(QString, name);
        const auto expected = golden(name.toStdString());
        const auto checkpoint = openCheckpoint(std::string(CONSA_FIXTURES) + "/" + name.toStdString());
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        const Tensor ids = idsOf(expected["ids"]);
        const Tensor logits = logitsOf(model, ids);
        const auto rows = expected["logits"].get<std::vector<std::vector<float>>>();
        QCOMPARE(logits.size(0), static_cast<int64_t>(rows.size()));
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const Tensor difference = logits[static_cast<int64_t>(row)] - torch::tensor(rows[row]);
            QVERIFY(difference.abs().max().item<float>() < 2e-5F);
        }
        const Tensor losses = model.tokenLosses(ids, allFull(model.config()))[0];
        const auto nll = torch::tensor(expected["nll"].get<std::vector<float>>());
        QVERIFY((losses - nll).abs().max().item<float>() < 1e-4F);
    }

    void weightsComeBackByName() {
        const auto checkpoint = openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_qwen3");
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        for (const auto& [name, weight] : namedWeights(model)) {
            const std::vector<float> stored = checkpoint->readFloat32(name);
            QVERIFY(torch::equal(weight.flatten(), torch::tensor(stored)));
        }
    }

    void defaultModelMatchesHuggingFace() {
        if (!std::filesystem::exists(resolveModelPath("default")))
            QSKIP("the default model is not installed; app/run or tests/run installs it");
        const auto expected = golden("default_model");
        const auto checkpoint = openCheckpoint("default");
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        const Tensor ids = idsOf(expected["ids"]);
        const Tensor logits = logitsOf(model, ids);
        for (const auto& row : expected["topLogits"]) {
            const auto at = row["position"].get<int64_t>();
            const auto index = torch::tensor(row["ids"].get<std::vector<int64_t>>());
            const Tensor difference =
                logits[at].index_select(0, index) - torch::tensor(row["logits"].get<std::vector<float>>());
            QVERIFY(difference.abs().max().item<float>() < 2e-3F);
        }
        const Tensor losses = model.tokenLosses(ids, allFull(model.config()))[0];
        const auto nll = torch::tensor(expected["nll"].get<std::vector<float>>());
        QVERIFY((losses - nll).abs().max().item<float>() < 2e-3F);
        QVERIFY(std::abs(losses.mean().exp().item<float>() / nll.mean().exp().item<float>() - 1) < 1e-4F);
    }

    /// Below the window every layout equals full: nothing is hidden there.
    void slidingEqualsFullBelowTheWindow() {
        const auto checkpoint = openCheckpoint("demo");
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat32);
        const Tensor ids = torch::randint(32, 127, {1, 100}, at::detail::createCPUGenerator(5), torch::kInt64);
        ModelGates sliding = allFull(model.config());
        std::fill(sliding.z.begin(), sliding.z.end(), 0.0);
        sliding.windowTokens = 48;
        const Tensor full = model.tokenLosses(ids, allFull(model.config()))[0];
        const Tensor windowed = model.tokenLosses(ids, sliding)[0];
        QVERIFY((full - windowed).narrow(0, 0, 48).abs().max().item<float>() < 1e-4F);
        QVERIFY((full - windowed).narrow(0, 60, 39).abs().max().item<float>() > 1e-3F);
    }

    void chunkedLossMatchesCrossEntropy() {
        auto generator = at::detail::createCPUGenerator(3);
        Tensor hidden = torch::randn({700, 8}, generator, torch::kFloat64).requires_grad_();
        Tensor weight = torch::randn({50, 8}, generator, torch::kFloat64).requires_grad_();
        const Tensor targets = torch::randint(0, 50, {700}, torch::kInt64);
        const Tensor expected = torch::nll_loss(torch::log_softmax(torch::matmul(hidden, weight.t()), -1), targets);
        const auto gradients = torch::autograd::grad({expected}, {hidden, weight});
        const Tensor loss = chunkedNextTokenLoss(hidden, weight, targets);
        QVERIFY(std::abs(loss.item<double>() - expected.item<double>()) < 1e-6);
        const auto ours = torch::autograd::grad({loss}, {hidden, weight});
        QVERIFY(torch::allclose(ours[0], gradients[0], 1e-5, 1e-9));
        QVERIFY(torch::allclose(ours[1], gradients[1], 1e-5, 1e-7));
    }

    void gateGradientMatchesFiniteDifferences() {
        const auto checkpoint = openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_llama");
        const Transformer model = loadTransformer(*checkpoint, torch::kCPU, torch::kFloat64);
        const ModelConfig& config = model.config();
        const Tensor ids =
            torch::randint(0, config.vocabularySize, {2, 24}, at::detail::createCPUGenerator(6), torch::kInt64);
        ModelGates gates{{0.3, 1.0, 0.8, 0.0}, {}, 5, 1};
        gates.zTensor =
            torch::tensor(gates.z).view({config.layerCount, config.kvHeadCount}).to(torch::kFloat32).requires_grad_();
        model.loss(ids, gates).backward();
        const torch::NoGradGuard noGradients;
        for (const std::size_t unit : {0U, 2U}) {
            constexpr double kStep = 0.01;  // token losses are float32: a smaller step would measure their rounding
            ModelGates up = gates, down = gates;
            up.zTensor = down.zTensor = Tensor();
            up.z[unit] += kStep;
            down.z[unit] -= kStep;
            const double slope =
                (model.tokenLosses(ids, up).mean() - model.tokenLosses(ids, down).mean()).item<double>() / (2 * kStep);
            const double gradient = gates.zTensor.grad().flatten()[static_cast<int64_t>(unit)].item<double>();
            QVERIFY2(std::abs(slope - gradient) < 5e-3 * std::abs(slope) + 2e-4,
                     qPrintable(QString("%1 %2").arg(slope).arg(gradient)));
        }
    }

    void unknownDevicesAreRefused() {
        QVERIFY_EXCEPTION_THROWN((void)deviceFromString("tpu"), Error);
        QVERIFY_EXCEPTION_THROWN((void)deviceFromString("cuda:99"), Error);
        QVERIFY(deviceFromString("cpu").is_cpu());
    }
};

QTEST_GUILESS_MAIN(TestTransformer)
#include "tst_transformer.moc"
