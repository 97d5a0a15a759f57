// A checkpoint with replaced tensors: which values it serves, how it is told from its base, and what it refuses.
#include "core/checkpoint/overlay_checkpoint.h"
#include "tests/support/expect_error.h"

#include <QtTest>

using namespace consa;

class TestOverlayCheckpoint : public QObject {
    Q_OBJECT

private slots:
    void replacesWhatItIsGiven() {
        const auto base = openCheckpoint("demo");
        const auto rows = static_cast<std::size_t>(base->config().hiddenSize);
        const auto overlay = overlayCheckpoint(*base, {{"model.norm.weight", std::vector<float>(rows, 0.1F)}});
        QVERIFY(overlay->readFloat32("model.norm.weight") == std::vector<float>(rows, 0.1F));
        for (const TensorInfo& tensor : base->tensors())
            if (tensor.name != "model.norm.weight")
                QVERIFY(overlay->readFloat32(tensor.name) == base->readFloat32(tensor.name));
        QVERIFY(overlay->config() == base->config());
        QVERIFY(overlay->fingerprint() != base->fingerprint());
        requireTensors(*overlay, "overlay");
    }

    void withoutValuesItIsItsBase() {
        const auto base = openCheckpoint(std::string(CONSA_FIXTURES) + "/tiny_qwen3");
        const auto overlay = overlayCheckpoint(*base, {});
        QCOMPARE(overlay->fingerprint(), base->fingerprint());
        QCOMPARE(overlay->tokenizerJson(), base->tokenizerJson());
    }

    void refusesWhatDoesNotFit() {
        const auto base = openCheckpoint("demo");
        VERIFY_ERROR(overlayCheckpoint(*base, {{"model.norm.bias", {1}}}), "no tensor model.norm.bias");
        VERIFY_ERROR(overlayCheckpoint(*base, {{"model.norm.weight", {1}}}), "don't fill its shape");
    }
};

QTEST_APPLESS_MAIN(TestOverlayCheckpoint)
#include "tst_overlay_checkpoint.moc"
