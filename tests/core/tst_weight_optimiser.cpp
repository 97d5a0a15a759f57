// AdamW against formulas in float64, low-rank gradients against finite differences, and what a bad gradient leaves.
#include "core/base/error.h"
#include "core/model/transformer_loader.h"
#include "core/training/weight_optimiser.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <map>

using namespace consa;
using torch::Tensor;

namespace {

TransformerWeights tinyWeights(torch::ScalarType type) {
    const auto checkpoint = openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_llama");
    return loadTransformer(*checkpoint, torch::kCPU, type).weights();
}

ModelConfig tinyConfig() {
    return openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_llama")->config();
}

/// The model's loss with one head sliding.
Tensor lossOf(const Transformer& model, int64_t seed = 6) {
    const Tensor ids = torch::randint(0, model.config().vocabularySize, {2, 24},
                                      at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed)), torch::kInt64);
    return model.loss(ids, {{1.0, 1.0, 1.0, 0.0}, {}, 5, 1});
}

/// AdamW as its paper writes it, in float64.
struct Reference {
    Tensor value, first, second;
    double decay;
    int steps = 0;

    void step(const Tensor& gradient, double rate) {
        ++steps;
        first = 0.9 * first + 0.1 * gradient;
        second = 0.95 * second + 0.05 * gradient.square();
        const Tensor m = first / (1 - std::pow(0.9, steps)), v = second / (1 - std::pow(0.95, steps));
        value = value - rate * (m / (v.sqrt() + 1e-8) + decay * value);
    }
};

Reference referenceOf(const Tensor& weight, double weightDecay) {
    const Tensor value = weight.detach().to(torch::kFloat64, false, /*copy=*/true);
    return {value, torch::zeros_like(value), torch::zeros_like(value), weight.dim() > 1 ? weightDecay : 0};
}

std::map<std::string, Tensor> copied(const NamedTensors& state) {
    std::map<std::string, Tensor> result;
    for (const auto& [name, tensor] : state) result[name] = tensor.detach().clone();
    return result;
}

StateLookup lookupIn(const std::map<std::string, Tensor>& state) {
    return [&state](const std::string& name) { return state.at(name); };
}

}  // namespace

class TestWeightOptimiser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void adamwMatchesItsFormulas_data() {
        QTest::addColumn<double>("clip");
        QTest::addColumn<bool>("isBFloat16");
        QTest::newRow("no clipping") << 1e9 << false;
        QTest::newRow("clipped") << 0.05 << false;
        QTest::newRow("bfloat16 weights") << 1.0 << true;
    }

    void adamwMatchesItsFormulas() {
        QFETCH(double, clip);
        QFETCH(bool, isBFloat16);
        TrainingConfig config;
        config.gradientClip = clip;
        const TransformerWeights precise = tinyWeights(torch::kFloat32);
        const Transformer model(tinyConfig(), isBFloat16 ? precise.copiedAs(torch::kBFloat16) : precise);
        WeightOptimiser optimiser(model, precise, config);
        std::vector<Reference> references;
        for (const Tensor& weight : precise.all()) references.push_back(referenceOf(weight, config.weightDecay));
        for (int step = 0; step < 4; ++step) {
            optimiser.clearGradients();
            lossOf(model, step).backward();
            std::vector<Tensor> gradients;
            double squares = 0;
            for (const Tensor& weight : model.weights().all()) {
                gradients.push_back(weight.grad().to(torch::kFloat64, false, /*copy=*/true));
                squares += gradients.back().square().sum().item<double>();
            }
            const double norm = optimiser.gradientNorm().item<double>();
            QVERIFY(std::abs(norm / std::sqrt(squares) - 1) < 1e-5);
            const double rate = 1e-3 * (step + 1);
            optimiser.step(norm, rate);
            for (std::size_t i = 0; i < references.size(); ++i)
                references[i].step(gradients[i] * std::min(1.0, clip / (std::sqrt(squares) + 1e-6)), rate);
        }
        const TransformerWeights moved = optimiser.weightsAs(torch::kFloat32);
        for (std::size_t i = 0; i < references.size(); ++i) {
            const Tensor weight = moved.all()[i].to(torch::kFloat64);
            QVERIFY((weight - references[i].value).abs().max().item<double>() < 2e-6);
            QVERIFY(
                torch::equal(model.weights().all()[i].to(torch::kFloat32),
                             isBFloat16 ? moved.all()[i].to(torch::kBFloat16).to(torch::kFloat32) : moved.all()[i]));
        }
    }

    void accumulatesOverParts() {
        const TransformerWeights precise = tinyWeights(torch::kFloat32);
        const Transformer model(tinyConfig(), precise);
        WeightOptimiser optimiser(model, precise, {});
        lossOf(model, 1).backward();
        optimiser.clearGradients();  // what came before does not count
        lossOf(model, 2).backward();
        lossOf(model, 3).backward();
        const double together = optimiser.gradientNorm().item<double>();
        optimiser.clearGradients();
        (lossOf(model, 2) + lossOf(model, 3)).backward();
        QVERIFY(std::abs(optimiser.gradientNorm().item<double>() / together - 1) < 1e-5);
    }

    void lowRankGradientMatchesFiniteDifferences() {
        TrainingConfig config;
        config.loraRank = 3;
        config.gradientClip = 1e9;
        const TransformerWeights precise = tinyWeights(torch::kFloat64);
        const Transformer model(tinyConfig(), precise);
        WeightOptimiser optimiser(model, precise, config);
        auto generator = at::detail::createCPUGenerator(2);
        std::map<std::string, Tensor> start = copied(optimiser.state());
        for (auto& [name, tensor] : start)
            if (name.ends_with(".b")) tensor.copy_(torch::randn(tensor.sizes(), generator, torch::kFloat64) * 0.02);
        optimiser.restore(lookupIn(start));
        lossOf(model).backward();
        optimiser.step(optimiser.gradientNorm().item<double>(), 1e-3);
        const std::map<std::string, Tensor> after = copied(optimiser.state());
        for (const char* name : {"layers.0.queryKeyValue", "layers.1.output", "layers.1.gateUp", "layers.0.down"}) {
            for (const std::string factor : {".a", ".b"}) {
                const Tensor gradient = after.at(name + factor + ".firstMoment") / 0.1;
                const Tensor direction = gradient / gradient.norm();
                const auto lossAt = [&](double distance) {
                    std::map<std::string, Tensor> moved = start;
                    moved[name + factor] = start.at(name + factor) + distance * direction;
                    optimiser.restore(lookupIn(moved));
                    const torch::NoGradGuard noGradients;
                    return lossOf(model).item<double>();
                };
                const double expected = gradient.norm().item<double>();
                const double step = 0.01 / expected;  // moves the loss, which is float32, by .01
                const double slope = (lossAt(step) - lossAt(-step)) / (2 * step);
                QVERIFY2(std::abs(slope - expected) < 2e-3 * expected,
                         qPrintable(QString("%1%2: %3 %4").arg(name, factor.c_str()).arg(slope).arg(expected)));
            }
        }
    }

    void lowRankMovesLinearLayersOnly() {
        TrainingConfig config;
        config.loraRank = 2;
        const TransformerWeights precise = tinyWeights(torch::kFloat32);
        const TransformerWeights before = precise.copiedAs(torch::kFloat32);
        const Transformer model(tinyConfig(), precise);
        WeightOptimiser optimiser(model, precise, config);
        for (std::size_t i = 0; i < before.all().size(); ++i)  // B is zero at first
            QVERIFY(torch::equal(model.weights().all()[i], before.all()[i]));
        for (int step = 0; step < 3; ++step) {
            optimiser.clearGradients();
            lossOf(model).backward();
            optimiser.step(optimiser.gradientNorm().item<double>(), 1e-2);
        }
        const NamedTensors old = before.named(), now = optimiser.weightsAs(torch::kFloat32).named();
        for (std::size_t i = 0; i < old.size(); ++i) {
            const QString name = QString::fromStdString(old[i].first);
            const bool isLinear = name.endsWith("queryKeyValue") || name.endsWith("output") ||
                                  name.endsWith("gateUp") || name.endsWith("down");
            QVERIFY2(torch::equal(old[i].second, now[i].second) != isLinear, qPrintable(name));
            QVERIFY(torch::equal(model.weights().all()[i], now[i].second));
        }
    }

    void badGradientsChangeNothing() {
        const TransformerWeights precise = tinyWeights(torch::kFloat32);
        const Transformer model(tinyConfig(), precise);
        WeightOptimiser optimiser(model, precise, {});
        lossOf(model).backward();
        optimiser.step(optimiser.gradientNorm().item<double>(), 1e-3);
        const std::map<std::string, Tensor> before = copied(optimiser.state());
        optimiser.clearGradients();
        (lossOf(model) * std::numeric_limits<double>::quiet_NaN()).backward();
        const double norm = optimiser.gradientNorm().item<double>();
        try {
            optimiser.step(norm, 1e-3);
            QFAIL("taken");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("not a number") != std::string::npos);
            QVERIFY(error.kind() == ErrorKind::RunFailed);
        }
        for (const auto& [name, tensor] : optimiser.state()) QVERIFY(torch::equal(tensor, before.at(name)));
    }

    void statesOfAnotherShapeAreRefused() {
        TrainingConfig config;
        config.loraRank = 2;
        const TransformerWeights precise = tinyWeights(torch::kFloat32);
        const Transformer model(tinyConfig(), precise);
        const auto state = copied(WeightOptimiser(model, precise, config).state());
        config.loraRank = 3;
        WeightOptimiser other(model, precise, config);
        QVERIFY_EXCEPTION_THROWN(other.restore(lookupIn(state)), Error);
    }
};

QTEST_GUILESS_MAIN(TestWeightOptimiser)
#include "tst_weight_optimiser.moc"
