// The GPU's fused layers against the same decoder in float64, and held to twice the error of plain bfloat16 operations:
// hidden states, gates' gradients, weights' gradients, whatever is computed twice.
#include "core/checkpoint/known_shapes.h"
#include "core/model/fused_decoder.h"
#include "core/model/transformer_loader.h"
#include "tests/gpu/gpu_tests.h"
#include "tests/support/attention_inputs.h"

#include <QtTest>

#include <random>

using namespace consa;
using test::relativeError;
using torch::Tensor;

namespace {

struct Case {
    int headDim = 64;
    int queryHeads = 6;
    int kvHeads = 3;
    bool hasQkNorm = false;
    bool hasBias = false;
    int batch = 2;
    int tokens = 100;
    int window = 16;
    int sinks = 4;
    std::vector<double> z = {};  // [2 layers x kvHeads]
};

ModelConfig configOf(const Case& c) {
    ModelConfig config = knownShape("tiny");
    config.layerCount = 2;
    config.queryHeadCount = c.queryHeads;
    config.kvHeadCount = c.kvHeads;
    config.headDim = c.headDim;
    config.hiddenSize = 192;
    config.feedForwardSize = 256;
    config.vocabularySize = 128;
    config.contextTokens = 4096;
    config.hasQkNorm = c.hasQkNorm;
    config.hasQkvBias = c.hasBias;
    return config;
}

/// Hidden states, gates' gradients and weights' gradients of sum(hidden x direction).
struct Outcome {
    Tensor hidden, gates;
    std::vector<std::pair<std::string, Tensor>> weights;
};

Outcome outcomeOf(Transformer& model, const Case& c, const Tensor& ids, const Tensor& direction, bool wantsWeights) {
    for (const auto& [name, weight] : model.weights().named()) weight.detach().requires_grad_(wantsWeights);
    ModelGates gates{c.z, {}, c.window, c.sinks};
    const auto type = model.weights().embedding.scalar_type();
    gates.zTensor = torch::tensor(c.z, torch::kFloat64)
                        .view({2, c.kvHeads})
                        .to(model.device(), type == torch::kFloat64 ? type : torch::kFloat32)
                        .requires_grad_();
    const Tensor hidden = model.hidden(ids, gates);
    (hidden.to(torch::kFloat64) * direction).sum().backward();
    Outcome outcome{hidden.detach(), gates.zTensor.grad(), {}};
    if (wantsWeights)
        for (const auto& [name, weight] : model.weights().named()) {
            if (!weight.grad().defined()) continue;
            outcome.weights.emplace_back(name, weight.grad().clone());
            weight.mutable_grad().reset();
        }
    return outcome;
}

/// The same weights in float64, by plain operations.
Transformer exactCopy(const Transformer& model) {
    return Transformer(model.config(), model.weights().copiedAs(torch::kFloat64));
}

bool verify(const std::string& what, const Tensor& fused, const Tensor& plain, const Tensor& exact) {
    constexpr double kTolerance = 1e-6;
    const double error = relativeError(fused, exact), plainError = relativeError(plain, exact);
    qInfo("%s: fused %.2e, plain bfloat16 %.2e", what.c_str(), error, plainError);
    return error < 2 * plainError + kTolerance && fused.isfinite().all().item<bool>();
}

}  // namespace

Q_DECLARE_METATYPE(Case)

class TestFusedLayers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matchesFloat64_data() {
        QTest::addColumn<Case>("c");
        const std::vector<double> kinds{1, 0, 0.3, 0, 0.8, 1};
        QTest::newRow("all kinds") << Case{.z = kinds};
        QTest::newRow("heads of 128, normed") << Case{.headDim = 128, .hasQkNorm = true, .z = kinds};
        QTest::newRow("heads of 64, normed") << Case{.hasQkNorm = true, .tokens = 257, .window = 64, .z = kinds};
        QTest::newRow("biases") << Case{.hasBias = true, .tokens = 130, .z = kinds};
        QTest::newRow("no groups") << Case{.queryHeads = 3, .tokens = 65, .z = kinds};
        QTest::newRow("two tokens") << Case{.tokens = 2, .window = 1, .sinks = 0, .z = kinds};
        QTest::newRow("window of the query alone") << Case{.tokens = 70, .window = 1, .sinks = 8, .z = kinds};
        QTest::newRow("no sinks") << Case{.tokens = 300, .window = 50, .sinks = 0, .z = kinds};
        QTest::newRow("seven sinks") << Case{.headDim = 128, .tokens = 200, .window = 33, .sinks = 7, .z = kinds};
        QTest::newRow("window as long as the text") << Case{.tokens = 64, .window = 64, .z = kinds};
        QTest::newRow("all full but one") << Case{.tokens = 150, .z = {1, 1, 1, 1, 0.5, 1}};
        QTest::newRow("all sliding but one") << Case{.tokens = 150, .z = {0, 0.5, 0, 0, 0, 0}};
        QTest::newRow("all open") << Case{.tokens = 150, .z = {0.9, 0.2, 0.5, 0.4, 0.7, 0.1}};
        std::mt19937_64 dice(5);
        const auto upTo = [&](int most) { return static_cast<int>(dice() % static_cast<unsigned>(most)) + 1; };
        for (int i = 0; i < 6; ++i) {
            Case c{.headDim = i % 2 ? 64 : 128,
                   .hasQkNorm = i % 3 == 0,
                   .batch = upTo(3),
                   .tokens = upTo(700) + 1,
                   .window = upTo(300),
                   .sinks = upTo(9) - 1,
                   .z = {}};
            for (int gate = 0; gate < 6; ++gate) c.z.push_back(std::array{0.0, 1.0, 0.35, 0.6}[dice() % 4]);
            c.z[0] = 0.5;
            QTest::addRow("random %d", i) << c;
        }
    }

    void matchesFloat64() {
        QFETCH(Case, c);
        Transformer model = randomTransformer(configOf(c), torch::Device(torch::kCUDA, 0), 3, torch::kBFloat16);
        QVERIFY(canFuseDecoder(model.config(), model.weights(), c.tokens, {c.z, {}, c.window, c.sinks}));
        Transformer exact = exactCopy(model);
        const Tensor ids = torch::randint(0, 128, {c.batch, c.tokens}, at::detail::createCPUGenerator(1), torch::kInt64)
                               .to(model.device());
        const Tensor direction =
            torch::randn({c.batch, c.tokens, 192}, at::detail::createCPUGenerator(2), torch::kFloat64)
                .to(model.device());
        const Outcome wanted = outcomeOf(exact, c, ids, direction, true);
        model.setFusesLayers(false);
        const Outcome plain = outcomeOf(model, c, ids, direction, true);
        model.setFusesLayers(true);
        for (const Recompute recompute : {Recompute::None, Recompute::FeedForward, Recompute::Layer}) {
            model.setRecompute(recompute);
            const Outcome fused = outcomeOf(model, c, ids, direction, true);
            QVERIFY(verify("hidden", fused.hidden, plain.hidden, wanted.hidden));
            QCOMPARE(fused.weights.size(), wanted.weights.size());
            for (std::size_t i = 0; i < wanted.weights.size(); ++i) {
                QCOMPARE(fused.weights[i].first, wanted.weights[i].first);
                QVERIFY(verify(wanted.weights[i].first, fused.weights[i].second, plain.weights[i].second,
                               wanted.weights[i].second));
            }
            const Outcome frozen = outcomeOf(model, c, ids, direction, false);
            QVERIFY(relativeError(frozen.gates, fused.gates.to(torch::kFloat64)) < 1e-2);
        }
        verifyGates(c, model, exact, ids);
    }

    void evaluationMatchesTraining() {
        const Case c{.tokens = 200, .window = 33, .z = {1, 0, 0.3, 0, 0.8, 1}};
        Transformer model = randomTransformer(configOf(c), torch::Device(torch::kCUDA, 0), 3, torch::kBFloat16);
        const Tensor ids = torch::randint(0, 128, {2, 200}, torch::kInt64).to(model.device());
        const ModelGates gates{c.z, {}, c.window, c.sinks};
        const Tensor trained = model.hidden(ids, gates).detach();
        const torch::NoGradGuard noGradients;
        QVERIFY(torch::equal(model.hidden(ids, gates), trained));
    }

    /// Memory that nobody has written holds NaN here: what reads it shows.
    void poisonedMemoryIsNotRead_data() { matchesFloat64_data(); }

    void poisonedMemoryIsNotRead() {
        QFETCH(Case, c);
        Transformer model = randomTransformer(configOf(c), torch::Device(torch::kCUDA, 0), 3, torch::kBFloat16);
        const Tensor ids = torch::randint(0, 128, {c.batch, c.tokens}, at::detail::createCPUGenerator(1), torch::kInt64)
                               .to(model.device());
        const Tensor direction =
            torch::randn({c.batch, c.tokens, 192}, at::detail::createCPUGenerator(2), torch::kFloat64)
                .to(model.device());
        for (const Recompute recompute : {Recompute::None, Recompute::FeedForward, Recompute::Layer}) {
            model.setRecompute(recompute);
            const Outcome clean = outcomeOf(model, c, ids, direction, true);
            setPoison(true);
            QVERIFY(torch::empty({1}, clean.hidden.options()).isnan().item<bool>());
            const Outcome poisoned = outcomeOf(model, c, ids, direction, true);
            setPoison(false);
            QVERIFY(torch::equal(poisoned.hidden, clean.hidden));
            constexpr double kNoise = 1e-2;  // sums in another order, of terms that cancel; a NaN is no noise
            QVERIFY(relativeError(poisoned.gates, clean.gates) < kNoise);
            for (std::size_t i = 0; i < clean.weights.size(); ++i)
                QVERIFY(relativeError(poisoned.weights[i].second, clean.weights[i].second) < kNoise);
        }
    }

    void heldMemoryDoesNotGrow() {
        const Case c{.tokens = 128, .z = {1, 0, 0.3, 0, 0.8, 1}};
        Transformer model = randomTransformer(configOf(c), torch::Device(torch::kCUDA, 0), 3, torch::kBFloat16);
        const Tensor ids = torch::randint(0, 128, {2, 129}, torch::kInt64).to(model.device());
        const auto step = [&] {
            ModelGates gates{c.z, torch::ones({2, 3}, model.device()).requires_grad_(), c.window, c.sinks};
            model.loss(ids, gates).backward();
            const Tensor unused = model.loss(ids, gates);  // its graph is let go without a backward pass
        };
        step();
        const Tensor before = torch::empty({1}, model.device());
        for (int i = 0; i < 5; ++i) step();
        const Tensor after = torch::empty({1}, model.device());
        QVERIFY(std::abs(static_cast<char*>(after.data_ptr()) - static_cast<char*>(before.data_ptr())) < 1 << 22);
    }

    void cleanup() { setPoison(false); }

private:
    /// torch's way to fill new memory with NaN hangs on its deterministic algorithms.
    static void setPoison(bool isOn) {
        at::globalContext().setDeterministicAlgorithms(isOn, true);
        at::globalContext().setDeterministicFillUninitializedMemory(isOn);
    }

    /// Few gates, each a sum of terms that cancel: only over many directions do their errors say something. Gradients
    /// of clamped gates are not used.
    static void verifyGates(const Case& c, Transformer& model, Transformer& exact, const Tensor& ids) {
        const auto open = torch::tensor(c.z, torch::kFloat64).view({2, c.kvHeads});
        const auto mask = torch::logical_and(open > 0, open < 1).to(model.device());
        std::vector<Tensor> fused, plain, wanted;
        constexpr int kDirections = 16;
        for (int i = 0; i < kDirections; ++i) {
            const Tensor direction =
                torch::randn({c.batch, c.tokens, 192}, at::detail::createCPUGenerator(100 + i), torch::kFloat64)
                    .to(model.device());
            const auto gates = [&](Transformer& of) {
                return outcomeOf(of, c, ids, direction, false).gates.to(torch::kFloat64) * mask;
            };
            wanted.push_back(gates(exact));
            fused.push_back(gates(model));
            model.setFusesLayers(false);
            plain.push_back(gates(model));
            model.setFusesLayers(true);
        }
        if (c.tokens <= c.window) {
            QVERIFY(torch::stack(fused).abs().max().item<double>() == 0);  // both branches are the same
            return;
        }
        QVERIFY(verify("gates", torch::stack(fused), torch::stack(plain), torch::stack(wanted)));
    }
};

static const consa::test::GpuTests<TestFusedLayers> tests;
#include "fused_layers.moc"
