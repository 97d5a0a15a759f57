// Sliding, full and gated attention against the float64 formula, gradients against finite differences.
#include "core/model/attention_reference.h"
#include "core/model/gated_attention.h"
#include "core/model/portable_attention.h"
#include "tests/support/attention_inputs.h"

#include <QtTest>

using consa::LayerGates;
using consa::test::AttentionInputs;
using consa::test::randomInputs;
using consa::test::relativeError;
using torch::Tensor;

namespace {

std::vector<double> toVector(const Tensor& x) {
    const Tensor flat = x.contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

/// The formula on the first batch entry; windowTokens = tokens gives full attention. [1, tokens, heads, dim]
Tensor reference(const AttentionInputs& in, int64_t entry, int windowTokens, int sinkTokens, int nativeWindow = 0) {
    const Tensor q = in.q[entry];
    const auto out = consa::attentionReference({static_cast<int>(q.size(0)), static_cast<int>(q.size(1)),
                                                static_cast<int>(in.k.size(2)), static_cast<int>(q.size(2))},
                                               toVector(q), toVector(in.k[entry]), toVector(in.v[entry]), windowTokens,
                                               sinkTokens, nativeWindow);
    return torch::tensor(out, torch::kFloat64).view(q.sizes());
}

Tensor mixReference(const AttentionInputs& in, const std::vector<double>& z, int windowTokens, int sinkTokens) {
    const int tokens = static_cast<int>(in.q.size(1));
    const Tensor full = reference(in, 0, tokens, 0), sliding = reference(in, 0, windowTokens, sinkTokens);
    const Tensor perHead =
        torch::tensor(z, torch::kFloat64).repeat_interleave(in.q.size(2) / in.k.size(2)).view({1, -1, 1});
    return perHead * full + (1 - perHead) * sliding;
}

}  // namespace

class TestGatedAttention : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void slidingMatchesTheFormula_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("sinks");
        QTest::newRow("whole blocks") << 32 << 8 << 2;
        QTest::newRow("ragged end") << 37 << 8 << 2;
        QTest::newRow("window of the query alone") << 9 << 1 << 0;
        QTest::newRow("window 1 with sinks") << 9 << 1 << 3;
        QTest::newRow("no sinks") << 20 << 7 << 0;
        QTest::newRow("more sinks than window") << 30 << 3 << 5;
        QTest::newRow("window as long as the text") << 12 << 12 << 2;
        QTest::newRow("window beyond the text") << 12 << 50 << 4;
        QTest::newRow("sinks beyond the text") << 5 << 2 << 9;
        QTest::newRow("one token") << 1 << 4 << 2;
    }

    void slidingMatchesTheFormula() {
        QFETCH(int, tokens);
        QFETCH(int, window);
        QFETCH(int, sinks);
        const AttentionInputs in = randomInputs(2, tokens, 6, 2, 8, 11);
        const Tensor out = consa::portableSlidingAttention(in.q, in.k, in.v, window, sinks);
        for (int64_t entry = 0; entry < 2; ++entry)
            QVERIFY(relativeError(out[entry], reference(in, entry, window, sinks)) < 1e-12);
    }

    void nativeWindowsBoundBothBranches_data() {
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("sinks");
        QTest::addColumn<int>("native");
        QTest::newRow("sinks leave the native window") << 6 << 2 << 15;
        QTest::newRow("window beyond the native one") << 20 << 3 << 9;
        QTest::newRow("native window beyond the text") << 6 << 2 << 64;
        QTest::newRow("native window of the query alone") << 6 << 2 << 1;
    }

    void nativeWindowsBoundBothBranches() {
        QFETCH(int, window);
        QFETCH(int, sinks);
        QFETCH(int, native);
        const AttentionInputs in = randomInputs(1, 29, 6, 3, 8, 5);
        const std::vector<double> gates{1, 0, 0.3};
        const Tensor out = consa::gatedAttention(in.q, in.k, in.v, LayerGates{gates, {}, window, sinks, native});
        const Tensor full = reference(in, 0, 29, 0, native), sliding = reference(in, 0, window, sinks, native);
        const Tensor z = torch::tensor(gates, torch::kFloat64).repeat_interleave(2).view({1, 6, 1});
        QVERIFY(relativeError(out[0], z * full + (1 - z) * sliding) < 1e-12);
    }

    void fullMatchesTheFormula() {
        const AttentionInputs in = randomInputs(1, 33, 6, 2, 8, 3);
        QVERIFY(relativeError(consa::portableFullAttention(in.q, in.k, in.v)[0], reference(in, 0, 33, 0)) < 1e-12);
    }

    void gatesMixTheBranches_data() {
        QTest::addColumn<QList<double>>("z");
        QTest::newRow("all kinds") << QList<double>{1, 0, 0.3};
        QTest::newRow("all full") << QList<double>{1, 1, 1};
        QTest::newRow("all sliding") << QList<double>{0, 0, 0};
        QTest::newRow("all open") << QList<double>{0.9, 0.1, 0.5};
    }

    void gatesMixTheBranches() {
        QFETCH(QList<double>, z);
        const std::vector<double> gates(z.begin(), z.end());
        const AttentionInputs in = randomInputs(1, 29, 6, 3, 8, 5);
        const Tensor out = consa::gatedAttention(in.q, in.k, in.v, LayerGates{gates, {}, 6, 2, 0});
        QVERIFY(relativeError(out[0], mixReference(in, gates, 6, 2)) < 1e-12);
    }

    void gradientsMatchFiniteDifferences() {
        AttentionInputs in = randomInputs(1, 13, 4, 2, 4, 7);
        std::vector<double> z{0.35, 1.0};
        const Tensor weight = torch::randn(in.q.sizes(), at::detail::createCPUGenerator(1), torch::kFloat64);
        const auto objective = [&](const AttentionInputs& x, const std::vector<double>& gates, Tensor zTensor = {}) {
            return (consa::gatedAttention(x.q, x.k, x.v, LayerGates{gates, zTensor, 4, 1, 0}) * weight).sum();
        };
        Tensor zTensor = torch::tensor(z, torch::kFloat64).requires_grad_();
        for (Tensor* x : {&in.q, &in.k, &in.v}) x->requires_grad_();
        objective(in, z, zTensor).backward();

        const torch::NoGradGuard noGradients;
        constexpr double kStep = 1e-6;
        std::vector<double> up = z, down = z;
        up[0] += kStep;
        down[0] -= kStep;
        const double slope = (objective(in, up) - objective(in, down)).item<double>() / (2 * kStep);
        QVERIFY(std::abs(slope - zTensor.grad()[0].item<double>()) < 1e-6 * std::max(1.0, std::abs(slope)));
        for (Tensor* x : {&in.q, &in.k, &in.v}) {
            for (const int64_t at : {0, 17, 33}) {
                const Tensor flat = x->data().view(-1);
                const double old = flat[at].item<double>();
                flat[at] = old + kStep;
                const double above = objective(in, z).item<double>();
                flat[at] = old - kStep;
                const double below = objective(in, z).item<double>();
                flat[at] = old;
                QVERIFY(std::abs((above - below) / (2 * kStep) - x->grad().view(-1)[at].item<double>()) < 1e-6);
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestGatedAttention)
#include "tst_gated_attention.moc"
