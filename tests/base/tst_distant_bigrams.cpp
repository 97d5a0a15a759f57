// Repeated pairs out of reach, in hand-made windows and against their definition taken literally.
#include "core/base/dice.h"
#include "core/text/distant_bigrams.h"

#include <QTest>
#include <algorithm>

using namespace consa;

namespace {

using Marks = std::vector<std::uint8_t>;
using Ids = std::vector<std::int32_t>;

/// The definition, place by place, in quadratic time.
Marks byDefinition(const Ids& ids, int windowTokens) {
    Marks marks;
    for (int t = 1; t < static_cast<int>(ids.size()); ++t) {
        const int query = t - 1;
        bool occurs = false, isVisible = false;
        for (int s = 1; s <= t - 1; ++s) {
            const auto at = [&ids](int place) { return ids[static_cast<std::size_t>(place)]; };
            if (at(s - 1) != at(t - 1) || at(s) != at(t)) continue;
            occurs = true;
            isVisible = isVisible || query - s < windowTokens;
        }
        marks.push_back(occurs && !isVisible ? 1 : 0);
    }
    return marks;
}

}  // namespace

class TestDistantBigrams : public QObject {
    Q_OBJECT

private slots:
    // 7 8 first ends at place 1; its repetition is predicted by query 4, three tokens on: seen by a window of 4.
    void theEdgeOfTheWindowIsExact() {
        const Ids ids{7, 8, 1, 2, 7, 8};
        QCOMPARE(distantBigrams(ids, 4), (Marks{0, 0, 0, 0, 0}));
        QCOMPARE(distantBigrams(ids, 3), (Marks{0, 0, 0, 0, 1}));
    }

    void aNearRepetitionHidesAFarOne() {
        const Ids ids{7, 8, 1, 2, 7, 8, 7, 8, 3, 4, 7, 8};
        //                        ^ far    ^ near      ^ far again
        QCOMPARE(distantBigrams(ids, 3), (Marks{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}));
    }

    void runsOfOneTokenAreSeenByTheQueryItself() { QCOMPARE(distantBigrams(Ids{5, 5, 5, 5}, 1), (Marks{0, 0, 0})); }

    void theOrderOfAPairCounts() { QCOMPARE(distantBigrams(Ids{7, 8, 1, 2, 3, 8, 7}, 1), (Marks{0, 0, 0, 0, 0, 0})); }

    void shortTextsHaveNone() {
        QVERIFY(distantBigrams(Ids{}, 4).empty());
        QVERIFY(distantBigrams(Ids{3}, 4).empty());
        QCOMPARE(distantBigrams(Ids{3, 3}, 4), Marks{0});
    }

    void randomTextsAgreeWithTheDefinition() {
        Dice dice(5);
        std::size_t marked = 0;
        for (int trial = 0; trial < 300; ++trial) {
            Ids ids(1 + dice.below(120));
            const std::size_t vocabulary = 2 + dice.below(8);
            for (std::int32_t& id : ids) id = static_cast<std::int32_t>(dice.below(vocabulary)) - 1;
            const int window = 1 + static_cast<int>(dice.below(40));
            const Marks marks = distantBigrams(ids, window);
            QCOMPARE(marks, byDefinition(ids, window));
            marked += static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 1));
        }
        QVERIFY(marked > 500);
    }
};

QTEST_APPLESS_MAIN(TestDistantBigrams)
#include "tst_distant_bigrams.moc"
