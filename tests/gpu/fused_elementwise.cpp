// The GPU's elementwise kernels against plain operations in float64: results and gradients.
#include "core/model/fused_elementwise.h"
#include "tests/gpu/gpu_tests.h"
#include "tests/support/attention_inputs.h"

#include <QtTest>

using consa::RotaryTables;
using consa::test::relativeError;
using torch::Tensor;

namespace {

Tensor normal(at::IntArrayRef shape, std::uint64_t seed) {
    return torch::randn(shape, at::detail::createCPUGenerator(seed), torch::kFloat64).to(torch::kBFloat16);
}

Tensor plainRotary(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
    const auto half = x.chunk(2, -1);
    return torch::cat({half[0] * cosine - half[1] * sine, half[1] * cosine + half[0] * sine}, -1);
}

Tensor plainSwiglu(const Tensor& gateUp) {
    const auto half = gateUp.chunk(2, -1);
    return torch::silu(half[0]) * half[1];
}

/// The kernel may err at most twice as much as plain bfloat16 operations do, both against float64.
void verifyError(const char* what, const Tensor& fused, const Tensor& plain, const Tensor& exact) {
    const double error = relativeError(fused, exact), plainError = relativeError(plain, exact);
    qInfo("%s: fused %.2e, plain bfloat16 %.2e", what, error, plainError);
    QVERIFY2(error < 2 * plainError, what);
}

}  // namespace

class TestFusedElementwise : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rotaryMatches_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("dim");
        QTest::newRow("SmolLM2") << 130 << 9 << 3 << 64;
        QTest::newRow("wide heads") << 77 << 8 << 8 << 128;
        QTest::newRow("one token, small heads") << 1 << 2 << 1 << 16;
    }

    void rotaryMatches() {
        QFETCH(int, tokens);
        QFETCH(int, heads);
        QFETCH(int, kvHeads);
        QFETCH(int, dim);
        const Tensor joined = normal({2, tokens, heads + 2 * kvHeads, dim}, 3);
        const Tensor angle = torch::rand({tokens, dim / 2}, torch::kFloat64) * 100;
        const Tensor weight = normal(joined.sizes(), 4).to(torch::kFloat64);
        const auto run = [&](torch::Device device, torch::ScalarType type, bool fused) {
            const Tensor x = joined.detach().to(device, type, false, /*copy=*/true).requires_grad_();
            const auto parts = x.split_with_sizes({heads, kvHeads, kvHeads}, 2);
            Tensor out;
            if (fused) {
                const auto tables =
                    RotaryTables{angle.cos().to(device, torch::kFloat32), angle.sin().to(device, torch::kFloat32)};
                const auto rotated = consa::fusedRotary(parts[0], parts[1], parts[2], tables);
                out = torch::cat({rotated[0], rotated[1], rotated[2]}, 2);
            } else {
                const Tensor c = angle.cos().unsqueeze(1).to(device, type),
                             s = angle.sin().unsqueeze(1).to(device, type);
                out = torch::cat({plainRotary(parts[0], c, s), plainRotary(parts[1], c, s), parts[2]}, 2);
            }
            (out.to(torch::kFloat64) * weight.to(device)).sum().backward();
            return std::pair(out.detach(), x.grad());
        };
        const auto exact = run(torch::kCPU, torch::kFloat64, false), plain = run(torch::kCPU, torch::kBFloat16, false);
        const auto fused = run(torch::kCUDA, torch::kBFloat16, true);
        verifyError("rotary", fused.first, plain.first, exact.first);
        verifyError("rotary's gradient", fused.second, plain.second, exact.second);
    }

    void swigluMatches() {
        const Tensor gateUp = normal({3, 41, 2 * 168}, 5) * 3, weight = normal({3, 41, 168}, 6).to(torch::kFloat64);
        const auto run = [&](torch::Device device, torch::ScalarType type, bool fused) {
            const Tensor x = gateUp.detach().to(device, type, false, /*copy=*/true).requires_grad_();
            const Tensor out = fused ? consa::fusedSwiglu(x) : plainSwiglu(x);
            (out.to(torch::kFloat64) * weight.to(device)).sum().backward();
            return std::pair(out.detach(), x.grad());
        };
        const auto exact = run(torch::kCPU, torch::kFloat64, false), plain = run(torch::kCPU, torch::kBFloat16, false);
        const auto fused = run(torch::kCUDA, torch::kBFloat16, true);
        verifyError("swiglu", fused.first, plain.first, exact.first);
        verifyError("swiglu's gradient", fused.second, plain.second, exact.second);
    }

    void crossEntropyMatches_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("vocabulary");
        QTest::addColumn<double>("spread");
        QTest::newRow("SmolLM2") << 37 << 49152 << 3.0;
        QTest::newRow("small vocabulary") << 5 << 264 << 1.0;
        QTest::newRow("sharp") << 16 << 4096 << 40.0;
    }

    void crossEntropyMatches() {
        QFETCH(int, rows);
        QFETCH(int, vocabulary);
        QFETCH(double, spread);
        const Tensor logits = normal({rows, vocabulary}, 7) * spread;
        const Tensor targets = torch::randint(vocabulary, {rows}, at::detail::createCPUGenerator(8), torch::kInt64);
        const Tensor exactProbability = torch::softmax(logits.to(torch::kFloat64), -1);
        const Tensor exactGrad = (exactProbability - torch::one_hot(targets, vocabulary).to(torch::kFloat64)) * 0.25;
        const Tensor exactLoss = torch::nll_loss(torch::log_softmax(logits.to(torch::kFloat64), -1), targets, {}, 0);
        Tensor onGpu = logits.to(torch::kCUDA).clone();
        const Tensor onlyLosses = consa::fusedCrossEntropy(onGpu, targets.to(torch::kCUDA), 0);
        QVERIFY(torch::equal(onGpu.cpu(), logits));
        const Tensor losses = consa::fusedCrossEntropy(onGpu, targets.to(torch::kCUDA), 0.25);
        QVERIFY(torch::equal(losses, onlyLosses));
        QVERIFY(relativeError(losses, exactLoss) < 1e-5);
        verifyError("gradient", onGpu, exactGrad.to(torch::kBFloat16), exactGrad);
    }
};

static const consa::test::GpuTests<TestFusedElementwise> tests;
#include "fused_elementwise.moc"
