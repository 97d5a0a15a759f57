// Checks the baseline layouts against patterns written out by hand, and the names by which they are asked for.
#include "core/base/error.h"
#include "core/layout/layout_patterns.h"

#include <QTest>
#include <algorithm>
#include <map>
#include <set>

using namespace consa;

namespace {

const UnitGrid kHeads{30, 3, Granularity::KvHead};
const UnitGrid kLayers{30, 3, Granularity::Layer};

/// One character a layer: 'F' when every unit is full, '-' when none is, '?' when mixed.
QString drawn(const AttentionLayout& layout) {
    QString text;
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        int full = 0;
        for (int unit = 0; unit < layout.grid.unitsPerLayer(); ++unit) full += layout.isFull(layer, unit) ? 1 : 0;
        text += full == 0 ? '-' : full == layout.grid.unitsPerLayer() ? 'F' : '?';
    }
    return text;
}

AttentionLayout byName(const std::string& word, const UnitGrid& grid) {
    return layoutsFromRule(word, grid).at(0).layout;
}

QString messageOf(const std::string& word) {
    try {
        static_cast<void>(layoutsFromRule(word, kHeads));
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class LayoutPatternsTest : public QObject {
    Q_OBJECT

private slots:
    void drawsKnownPatterns_data();
    void drawsKnownPatterns();
    void budgetsAreEqual_data();
    void budgetsAreEqual();
    void phasesCoverEveryLayer();
    void headsAreBalanced();
    void randomLayoutsAreExactAndSeeded();
    void interleavedWithoutPhaseGivesAll();
    void endsHaveNoSparsity();
    void tellsRulesFromPaths_data();
    void tellsRulesFromPaths();
    void refusesUnknownNames_data();
    void refusesUnknownNames();
};

void LayoutPatternsTest::drawsKnownPatterns_data() {
    QTest::addColumn<QString>("rule");
    QTest::addColumn<int>("layers");
    QTest::addColumn<QString>("expected");
    QTest::newRow("every second") << "interleaved:0@0.5" << 8 << "-F-F-F-F";
    QTest::newRow("every second, shifted") << "interleaved:1@0.5" << 8 << "F-F-F-F-";
    QTest::newRow("every third") << "interleaved:0@0.66" << 9 << "--F--F--F";
    QTest::newRow("every third, shifted") << "interleaved:1@0.66" << 9 << "-F--F--F-";
    QTest::newRow("3 of 10") << "interleaved:0@0.7" << 10 << "---F--F--F";
    QTest::newRow("3 of 10, phase 3") << "interleaved:3@0.7" << 10 << "F--F--F---";
    QTest::newRow("7 of 10") << "interleaved:0@0.3" << 10 << "-FF-FF-FFF";
    QTest::newRow("bottom") << "bottom-sliding@0.75" << 8 << "------FF";
    QTest::newRow("middle") << "middle-full@0.5" << 8 << "--FFFF--";
    QTest::newRow("middle of odd") << "middle-full@0.6" << 5 << "-FF--";
    QTest::newRow("all full") << "full" << 4 << "FFFF";
    QTest::newRow("all sliding") << "sliding" << 4 << "----";
    QTest::newRow("no full layer left") << "interleaved:0@1" << 4 << "----";
    QTest::newRow("none slides") << "interleaved:0@0" << 4 << "FFFF";
}

void LayoutPatternsTest::drawsKnownPatterns() {
    QFETCH(QString, rule);
    QFETCH(int, layers);
    QFETCH(QString, expected);
    for (const Granularity granularity : {Granularity::Layer, Granularity::KvHead}) {
        QCOMPARE(drawn(byName(rule.toStdString(), {layers, 4, granularity})), expected);
    }
}

void LayoutPatternsTest::budgetsAreEqual_data() {
    QTest::addColumn<double>("sparsity");
    QTest::addColumn<int>("heads");
    QTest::addColumn<int>("phases");
    QTest::newRow(".5") << 0.5 << 45 << 2;
    QTest::newRow(".7") << 0.7 << 27 << 4;
    QTest::newRow(".8") << 0.8 << 18 << 5;
}

// Layers and KV heads at equal counts: 15, 9 and 6 layers of 3 heads.
void LayoutPatternsTest::budgetsAreEqual() {
    QFETCH(double, sparsity);
    QFETCH(int, heads);
    QFETCH(int, phases);
    QCOMPARE(interleavedPhaseCount(30, sparsity), phases);
    for (int phase = 0; phase < phases; ++phase) {
        QCOMPARE(interleavedLayout(kHeads, sparsity, phase).fullCount(), heads);
        QCOMPARE(interleavedLayout(kLayers, sparsity, phase).fullCount(), heads / 3);
        QVERIFY(interleavedLayout(kLayers, sparsity, phase).perKvHead() == interleavedLayout(kHeads, sparsity, phase));
    }
    QCOMPARE(bottomSlidingLayout(kHeads, sparsity).fullCount(), heads);
    QCOMPARE(middleFullLayout(kHeads, sparsity).fullCount(), heads);
    QCOMPARE(evenHeadsLayout(kHeads, sparsity).fullCount(), heads);
    QCOMPARE(randomLayout(kHeads, sparsity, 1).fullCount(), heads);
    QCOMPARE(evenHeadsLayout(kLayers, sparsity).fullCount(), heads / 3);
}

void LayoutPatternsTest::phasesCoverEveryLayer() {
    for (int layers = 1; layers <= 40; ++layers) {
        for (int percent = 0; percent < 100; percent += 7) {
            const double sparsity = percent / 100.0;
            const int phases = interleavedPhaseCount(layers, sparsity);
            const int fullLayers = fullUnitsAtSparsity(layers, sparsity);
            std::vector<int> hits(static_cast<std::size_t>(layers), 0);
            for (int phase = 0; phase < phases; ++phase) {
                const AttentionLayout layout = interleavedLayout({layers, 1, Granularity::Layer}, sparsity, phase);
                QCOMPARE(layout.fullCount(), fullLayers);
                for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += layout.full[i];
            }
            if (fullLayers > 0) QVERIFY(*std::min_element(hits.begin(), hits.end()) > 0);
        }
    }
}

void LayoutPatternsTest::headsAreBalanced() {
    for (int percent = 0; percent <= 100; percent += 3) {
        const AttentionLayout layout = evenHeadsLayout({28, 8, Granularity::KvHead}, percent / 100.0);
        std::vector<int> rows(28, 0);
        std::vector<int> columns(8, 0);
        for (int layer = 0; layer < 28; ++layer) {
            for (int head = 0; head < 8; ++head) {
                rows[static_cast<std::size_t>(layer)] += layout.isFull(layer, head) ? 1 : 0;
                columns[static_cast<std::size_t>(head)] += layout.isFull(layer, head) ? 1 : 0;
            }
        }
        const auto [fewest, most] = std::minmax_element(rows.begin(), rows.end());
        QVERIFY(*most - *fewest <= 1);
        const auto [leftest, rightest] = std::minmax_element(columns.begin(), columns.end());
        QVERIFY(*rightest - *leftest <= 1);
        QCOMPARE(layout.fullCount(), fullUnitsAtSparsity(224, percent / 100.0));
    }
}

void LayoutPatternsTest::randomLayoutsAreExactAndSeeded() {
    std::set<std::vector<std::uint8_t>> seen;
    std::vector<int> hits(90, 0);
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const AttentionLayout layout = randomLayout(kHeads, 0.7, seed);
        QCOMPARE(layout.fullCount(), 27);
        QVERIFY(layout == randomLayout(kHeads, 0.7, seed));
        seen.insert(layout.full);
        for (std::size_t i = 0; i < hits.size(); ++i) hits[i] += layout.full[i];
    }
    QCOMPARE(seen.size(), std::size_t{400});
    // 400 draws at p = .3: 120 +- 9.2; five deviations either side.
    const auto [fewest, most] = std::minmax_element(hits.begin(), hits.end());
    QVERIFY(*fewest > 74 && *most < 166);
}

void LayoutPatternsTest::interleavedWithoutPhaseGivesAll() {
    const std::vector<NamedLayout> layouts = layoutsFromRule("interleaved@0.8", kHeads);
    QCOMPARE(layouts.size(), std::size_t{5});
    std::set<std::vector<std::uint8_t>> different;
    for (std::size_t phase = 0; phase < layouts.size(); ++phase) {
        const std::string name = "interleaved:" + std::to_string(phase) + "@0.8";
        QCOMPARE(layouts[phase].name, name);
        QVERIFY(layouts[phase].layout == byName(name, kHeads));
        different.insert(layouts[phase].layout.full);
    }
    QCOMPARE(different.size(), std::size_t{5});
}

void LayoutPatternsTest::endsHaveNoSparsity() {
    QCOMPARE(byName("full", kHeads).sparsity(), 0.0);
    QCOMPARE(byName("sliding", kHeads).sparsity(), 1.0);
    QVERIFY(byName("random:7@0.7", kHeads) == randomLayout(kHeads, 0.7, 7));
    QVERIFY(byName("heads@0.25", kHeads) == evenHeadsLayout(kHeads, 0.25));
}

void LayoutPatternsTest::tellsRulesFromPaths_data() {
    QTest::addColumn<bool>("isRule");
    for (const char* word : {"full", "sliding", "interleaved@0.5", "interleaved:1@0.5", "interleaved", "random:3@0.5",
                             "interleave@0.5", "heads@x"}) {
        QTest::newRow(word) << true;
    }
    for (const char* word : {"layout.json", "runs/full", "./full", "a@b.json", "runs/a@0.5", "mylayout", ""}) {
        QTest::newRow(*word ? word : "empty") << false;
    }
}

void LayoutPatternsTest::tellsRulesFromPaths() {
    QFETCH(bool, isRule);
    const std::string tag = QTest::currentDataTag();
    QCOMPARE(isLayoutRule(tag == "empty" ? "" : tag), isRule);
}

void LayoutPatternsTest::refusesUnknownNames_data() {
    QTest::addColumn<QString>("reason");
    const std::map<const char*, const char*> cases{{"interleave@0.5", "no such rule"},
                                                   {"interleaved", "sparsity is missing"},
                                                   {"interleaved@", "between 0 and 1"},
                                                   {"interleaved@1.5", "between 0 and 1"},
                                                   {"interleaved@-0.1", "between 0 and 1"},
                                                   {"interleaved@nan", "between 0 and 1"},
                                                   {"interleaved@0.5x", "between 0 and 1"},
                                                   {"interleaved@0,5", "between 0 and 1"},
                                                   {"interleaved:2@0.5", "from 0 to 1"},
                                                   {"interleaved:-1@0.5", "from 0 to 1"},
                                                   {"interleaved:@0.5", "from 0 to 1"},
                                                   {"random@0.5", "needs a seed"},
                                                   {"random:x@0.5", "needs a seed"},
                                                   {"full@0.5", "takes no sparsity"},
                                                   {"sliding:1", "takes no number"},
                                                   {"heads:1@0.5", "takes no number"},
                                                   {"", "no such rule"}};
    for (const auto& [word, reason] : cases) QTest::newRow(*word ? word : "empty") << QString(reason);
}

void LayoutPatternsTest::refusesUnknownNames() {
    QFETCH(QString, reason);
    const std::string tag = QTest::currentDataTag();
    const std::string word = tag == "empty" ? "" : tag;
    const QString message = messageOf(word);
    QVERIFY2(message.contains(reason), qPrintable(message));
    QVERIFY2(message.contains(QString::fromStdString(word)), qPrintable(message));
    QVERIFY2(message.contains("interleaved:PHASE@0.5"), qPrintable(message));
}

QTEST_APPLESS_MAIN(LayoutPatternsTest)
#include "tst_layout_patterns.moc"
