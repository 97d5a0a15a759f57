// The GPU's attention around gathered heads: at most twice the error of plain bfloat16 operations, both against
// float64.
#include "core/model/fused_attention.h"
#include "core/model/gated_attention.h"
#include "tests/gpu/gpu_tests.h"
#include "tests/support/attention_inputs.h"

#include <QtTest>

using consa::LayerGates;
using consa::test::AttentionInputs;
using consa::test::randomInputs;
using consa::test::relativeError;
using torch::Tensor;

class TestFusedAttention : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void errsLittle_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("dim");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("sinks");
        QTest::addColumn<QList<double>>("z");
        QTest::newRow("all kinds, dim 64") << 200 << 64 << 32 << 4 << QList<double>{1, 0, 0.3};
        QTest::newRow("ragged, dim 128") << 333 << 128 << 50 << 4 << QList<double>{0.7, 0, 0.2};
        QTest::newRow("no sinks") << 128 << 64 << 16 << 0 << QList<double>{0, 0, 0.6};
        QTest::newRow("small heads") << 300 << 32 << 48 << 4 << QList<double>{1, 0.5, 0};
        QTest::newRow("window beyond the text") << 100 << 64 << 128 << 4 << QList<double>{0.4, 0, 1};
        QTest::newRow("window 1, eight sinks") << 90 << 64 << 1 << 8 << QList<double>{0.4, 0, 0};
        QTest::newRow("all full") << 256 << 64 << 32 << 4 << QList<double>{1, 1, 1};
    }

    void errsLittle() {
        QFETCH(int, tokens);
        QFETCH(int, dim);
        QFETCH(int, window);
        QFETCH(int, sinks);
        QFETCH(QList<double>, z);
        const std::vector<double> gates(z.begin(), z.end());
        const AttentionInputs in = randomInputs(2, tokens, 9, 3, dim, 21);
        const Tensor weight = torch::randn(in.q.sizes(), at::detail::createCPUGenerator(2), torch::kFloat64);
        const auto run = [&](torch::Device device, torch::ScalarType type, bool fused) {
            std::vector<Tensor> x;
            for (const Tensor& one : {in.q, in.k, in.v})
                x.push_back(one.to(torch::kBFloat16).to(device, type).requires_grad_());
            Tensor zTensor = torch::tensor(gates, torch::kFloat32)
                                 .to(device, type == torch::kFloat64 ? type : torch::kFloat32)
                                 .requires_grad_();
            const LayerGates layer{gates, zTensor, window, sinks, 0};
            if (fused && !consa::canFuseAttention(x[0], x[1], layer)) qFatal("these heads take another path");
            const Tensor out = fused ? consa::fusedGatedAttention(x[0], x[1], x[2], layer)
                                     : consa::gatedAttention(x[0], x[1], x[2], layer);
            (out.to(torch::kFloat64) * weight.to(device)).sum().backward();
            std::vector<Tensor> result{out.detach()};
            for (const Tensor& one : x) result.push_back(one.grad());
            const Tensor zGrad = zTensor.grad().defined() ? zTensor.grad() : torch::zeros_like(zTensor);
            for (std::size_t head = 0; head < gates.size(); ++head)  // a clamped gate's own gradient is not used
                if (gates[head] > 0 && gates[head] < 1) result.push_back(zGrad[static_cast<int64_t>(head)].view(1));
            return result;
        };
        const auto exact = run(torch::kCPU, torch::kFloat64, false);
        const auto plain = run(torch::kCPU, torch::kBFloat16, false);
        const auto fused = run(torch::kCUDA, torch::kBFloat16, true);
        for (std::size_t i = 0; i < exact.size(); ++i) {
            const double error = relativeError(fused[i], exact[i]), plainError = relativeError(plain[i], exact[i]);
            qInfo("part %zu: fused %.2e, plain bfloat16 %.2e", i, error, plainError);
            if (i < 4) {
                QVERIFY2(error < 2 * plainError, qPrintable(QString::number(error)));
            } else {  // one number whose terms cancel: held against the gradient of all outputs, not its own size
                const double scale = (weight * exact[0].cpu()).abs().sum().item<double>();
                QVERIFY(std::abs(fused[i].item<double>() - exact[i].item<double>()) < 1e-3 * scale);
            }
        }
    }
};

static const consa::test::GpuTests<TestFusedAttention> tests;
#include "fused_attention.moc"
