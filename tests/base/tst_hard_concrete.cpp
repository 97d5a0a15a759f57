// The gate's closed forms against sampling, its slopes against finite differences, and the constants of the method.
#include "core/gates/hard_concrete.h"

#include <QtTest>

#include <random>

using namespace consa;

class TestHardConcrete : public QObject {
    Q_OBJECT

private slots:
    void knownValues() {
        QVERIFY(std::abs(probabilitySliding(0) - 0.168) < 5e-4);
        QVERIFY(std::abs(probabilityOnlyFull(0) - 0.168) < 5e-4);
        QVERIFY(std::abs(probabilityFull(0) - 0.832) < 5e-4);
        QVERIFY(std::abs(probabilitySliding(4) - 0.004) < 5e-4);
        QVERIFY(std::abs(probabilityOnlyFull(4) - 0.917) < 5e-4);
        QCOMPARE(probabilityFull(1.3) + probabilitySliding(1.3), 1.0);
    }

    void probabilitiesMatchSamples_data() {
        QTest::addColumn<double>("logAlpha");
        for (const double value : {-3.0, -1.0, 0.0, 0.5, 2.5}) QTest::addRow("%g", value) << value;
    }

    void probabilitiesMatchSamples() {
        QFETCH(double, logAlpha);
        std::mt19937_64 random(5);
        constexpr int kDraws = 200000;
        int zeros = 0, ones = 0;
        for (int i = 0; i < kDraws; ++i) {
            const double u = (static_cast<double>(random() >> 11) + 0.5) * 0x1.0p-53;
            const GateDraw draw = drawGate(logAlpha, u);
            zeros += draw.z == 0;
            ones += draw.z == 1;
            QVERIFY(draw.z >= 0 && draw.z <= 1);
        }
        const double error = 4 * std::sqrt(0.25 / kDraws);
        QVERIFY(std::abs(zeros / double(kDraws) - probabilitySliding(logAlpha)) < error);
        QVERIFY(std::abs(ones / double(kDraws) - probabilityOnlyFull(logAlpha)) < error);
    }

    void slopesMatchFiniteDifferences() {
        constexpr double kStep = 1e-6;
        for (double logAlpha = -5; logAlpha <= 5; logAlpha += 0.37) {
            const double slope =
                (probabilitySliding(logAlpha + kStep) - probabilitySliding(logAlpha - kStep)) / (2 * kStep);
            QVERIFY(std::abs(slope - probabilitySlidingSlope(logAlpha)) < 1e-8);
            for (const double u : {0.02, 0.3, 0.5, 0.71, 0.97}) {
                const GateDraw draw = drawGate(logAlpha, u);
                const double up = drawGate(logAlpha + kStep, u).z, down = drawGate(logAlpha - kStep, u).z;
                QVERIFY(std::abs((up - down) / (2 * kStep) - draw.slope) < 1e-6);
                if (draw.z == 0 || draw.z == 1) QCOMPARE(draw.slope, 0.0);
            }
        }
    }

    void decidedMeansNinetyFivePercent() {
        QVERIFY(isDecided(6));
        QVERIFY(isDecided(-6));
        QVERIFY(!isDecided(0));
        QVERIFY(!isDecided(2));  // P(z = 1) = .60
    }
};

QTEST_APPLESS_MAIN(TestHardConcrete)
#include "tst_hard_concrete.moc"
