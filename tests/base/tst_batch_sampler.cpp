// Tests the sampler: every window once an epoch, the same for the same seed, whatever was asked before.
#include "core/text/batch_sampler.h"
#include "tests/support/expect_error.h"

#include <QTest>

#include <algorithm>
#include <map>

using namespace consa;

namespace {

std::vector<TokenWindow> windowsNumbered(int count) {
    std::vector<TokenWindow> windows;
    for (int i = 0; i < count; ++i) windows.push_back({i, i * 10});
    return windows;
}

std::vector<int> drawn(const BatchSampler& sampler, int steps) {
    std::vector<int> documents;
    for (int step = 0; step < steps; ++step) {
        for (const TokenWindow& window : sampler.batch(step)) documents.push_back(window.document);
    }
    return documents;
}

}  // namespace

class TestBatchSampler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void drawsEveryWindowOnceAnEpoch();
    void dependsOnSeedAndStepAlone();
    void givesKnownOrder();
    void fillsBatchesLargerThanTheText();
    void refusesNothing();
};

void TestBatchSampler::drawsEveryWindowOnceAnEpoch() {
    const BatchSampler sampler(windowsNumbered(10), 4, 7);
    const std::vector<int> documents = drawn(sampler, 25);
    for (std::size_t epoch = 0; epoch < 10; ++epoch) {
        std::vector<int> seen(documents.begin() + static_cast<std::ptrdiff_t>(epoch * 10),
                              documents.begin() + static_cast<std::ptrdiff_t>(epoch * 10 + 10));
        std::sort(seen.begin(), seen.end());
        QCOMPARE(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    }
    QVERIFY(!std::equal(documents.begin(), documents.begin() + 10, documents.begin() + 10));
}

void TestBatchSampler::dependsOnSeedAndStepAlone() {
    const BatchSampler one(windowsNumbered(50), 8, 3);
    const BatchSampler two(windowsNumbered(50), 8, 3);
    const std::vector<int> expected = drawn(one, 30);
    for (int step = 29; step >= 0; --step) {
        const auto batch = two.batch(step);
        QCOMPARE(batch.size(), std::size_t{8});
        for (std::size_t i = 0; i < batch.size(); ++i) {
            QCOMPARE(batch[i].document, expected[static_cast<std::size_t>(step) * 8 + i]);
            QCOMPARE(batch[i].begin, std::int64_t{10} * batch[i].document);
        }
    }
    QVERIFY(drawn(BatchSampler(windowsNumbered(50), 8, 4), 30) != expected);
}

void TestBatchSampler::givesKnownOrder() {
    // Resumed runs of older versions see the same text only as long as this order stays.
    const std::vector<int> order = drawn(BatchSampler(windowsNumbered(6), 6, 1), 1);
    QCOMPARE(order, (std::vector<int>{5, 1, 0, 2, 3, 4}));
}

void TestBatchSampler::fillsBatchesLargerThanTheText() {
    const BatchSampler sampler(windowsNumbered(3), 7, 1);
    std::map<int, int> counts;
    for (const int document : drawn(sampler, 3)) ++counts[document];
    for (const auto& [document, count] : counts) QCOMPARE(count, 7);
}

void TestBatchSampler::refusesNothing() {
    VERIFY_ERROR(BatchSampler({}, 1, 1), "no window");
    VERIFY_ERROR(BatchSampler(windowsNumbered(1), 0, 1), "batch size");
    VERIFY_ERROR(BatchSampler(windowsNumbered(1), 1, 1).batch(-1), "step");
}

QTEST_APPLESS_MAIN(TestBatchSampler)
#include "tst_batch_sampler.moc"
