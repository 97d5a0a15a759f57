// The models behind the views, under Qt's model tester.
#include "core/layout/layout_patterns.h"
#include "ui/models/comparison_model.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/kv_cache_size.h"
#include "ui/models/preset_list_model.h"
#include "ui/models/run_history.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>
#include <fstream>

using namespace consa;

namespace {

SessionSnapshot trainedSnapshot(int layers, int heads) {
    SessionSnapshot snapshot;
    snapshot.run = 1;
    snapshot.step = 40;
    snapshot.target = 0.5;
    snapshot.grid = {layers, heads, Granularity::KvHead};
    ModelConfig model;
    model.name = "Tiny";
    model.layerCount = layers;
    model.kvHeadCount = heads;
    model.headDim = 64;
    snapshot.model = model;
    for (int unit = 0; unit < snapshot.grid.unitCount(); ++unit) {
        snapshot.logAlpha.push_back(unit);
        snapshot.probability.push_back(0.01 * unit);
    }
    return snapshot;
}

LayoutFile layoutOf(int layers, int heads, double sparsity) {
    LayoutFile file;
    file.modelName = "Tiny";
    file.modelArchitecture = "llama";
    file.layout = interleavedLayout({layers, heads, Granularity::KvHead}, sparsity, 0);
    file.windowTokens = 64;
    file.sinkTokens = 4;
    return file;
}

ComparisonRow rowOf(const std::string& name, double nll, double error) {
    ComparisonRow row;
    row.name = name;
    row.layout = AttentionLayout({8, 4, Granularity::KvHead}, name == "full");
    row.windowTokens = 64;
    row.sinkTokens = 4;
    row.nll = nll;
    row.deltaNll = nll - 2.0;
    row.deltaStandardError = error;
    return row;
}

}  // namespace

class TestUiModels : public QObject {
    Q_OBJECT

private slots:
    void gridRoundsAtTheCut() {
        GateGridModel model;
        const QAbstractItemModelTester tester(&model);
        const SessionSnapshot snapshot = trainedSnapshot(8, 4);
        model.setSnapshot(snapshot);
        QCOMPARE(model.rowCount(), 8);
        QCOMPARE(model.columnCount(), 4);
        QCOMPARE(model.layout().fullCount(), 16);
        QVERIFY(!model.layout().isFull(3, 3) && model.layout().isFull(4, 0));  // logAlpha rises with the unit
        model.setCut(0.25);
        QCOMPARE(model.layout().fullCount(), 24);
        QCOMPARE(std::count(model.flipped().begin(), model.flipped().end(), 1), 8);
        QVERIFY(model.index(2, 0).data(GateGridModel::FlippedRole).toBool());
        QCOMPARE(model.index(2, 1).data().toString(), QStringLiteral("0.0900"));
        QCOMPARE(model.index(2, 1).data(GateGridModel::LogAlphaRole).toDouble(), 9.0);
        model.setSnapshot(trainedSnapshot(30, 3));
        QCOMPARE(model.rowCount(), 30);
    }

    void gridShowsAnotherLayoutForAWhile() {
        GateGridModel model;
        model.setSnapshot(trainedSnapshot(8, 4));
        model.showLayout(layoutOf(30, 3, 0.5));
        model.setSnapshot(trainedSnapshot(8, 4));
        QCOMPARE(model.rowCount(), 30);
        QVERIFY(model.probability().empty());
        QCOMPARE(model.sessionLayout().grid.layerCount, 8);
        model.showSession();
        QCOMPARE(model.rowCount(), 8);
    }

    void gridStartsWhereARunBegins() {
        SessionSnapshot snapshot = trainedSnapshot(8, 4);
        snapshot.logAlpha.clear();
        snapshot.probability.clear();
        GateGridModel model;
        model.setSnapshot(snapshot);
        // P(z > 0) at logAlpha = 1: 1 - sigmoid(-1.599 - 1).
        QVERIFY(std::abs(model.probability().front() - 0.9308) < 1e-3);
        QCOMPARE(model.layout().fullCount(), 32);
    }

    void historyKeepsOneRun() {
        RunHistory history;
        QSignalSpy cleared(&history, &RunHistory::cleared);
        history.appendPoints({{.run = 1, .step = 1}, {.run = 1, .step = 2}});
        history.appendPoints({{.run = 1, .step = 3}});
        QCOMPARE(history.points().size(), std::size_t(3));
        history.appendPoints({{.run = 2, .step = 1}});
        QCOMPARE(history.points().size(), std::size_t(1));
        history.appendPoints({{.run = 1, .step = 9}});
        QCOMPARE(history.points().size(), std::size_t(1));
        history.appendEvents({{2, 1, "retarget", "Target 60 %"}, {2, 1, "note", "not a mark"}});
        QCOMPARE(history.events().size(), std::size_t(1));
    }

    void comparisonFormatsWhatItsErrorsAllow() {
        ComparisonModel model;
        const QAbstractItemModelTester tester(&model);
        SessionSnapshot snapshot = trainedSnapshot(8, 4);
        Comparison comparison;
        comparison.atStep = 40;
        comparison.rows = {rowOf("full", 2.0, 0), rowOf("learned", 2.0305, 0.0021),
                           rowOf("interleaved:0@0.5", 2.15, 0.021)};
        comparison.rows[1].hasGain = true;
        comparison.rows[1].gainOverInterleaved = 0.12;
        comparison.rows[1].gainStandardError = 0.006;
        snapshot.comparison = comparison;
        model.setSnapshot(snapshot);
        const auto text = [&model](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(1, ComparisonModel::Delta), QStringLiteral("+0.0305 ± 0.0021"));
        QCOMPARE(text(2, ComparisonModel::Delta), QStringLiteral("+0.150 ± 0.021"));
        QCOMPARE(text(0, ComparisonModel::Delta), QStringLiteral("–"));
        QCOMPARE(text(1, ComparisonModel::Gain), QStringLiteral("+0.1200 ± 0.0060"));
        QCOMPARE(text(1, ComparisonModel::Perplexity), QString::number(std::exp(2.0305), 'f', 3));
        QCOMPARE(text(0, ComparisonModel::FullUnits), QStringLiteral("32/32"));
        QCOMPARE(text(1, ComparisonModel::Age), QStringLiteral("now"));
        QVERIFY(model.index(1, 0).data(ComparisonModel::IsBestRole).toBool());
        QVERIFY(!model.index(2, 0).data(ComparisonModel::IsBestRole).toBool());
        snapshot.step = 280;
        model.setSnapshot(snapshot);
        QCOMPARE(text(1, ComparisonModel::Age), QStringLiteral("240 steps"));
    }

    void presetsLiveInAFolder() {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "presets";
        PresetListModel model(path);
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        model.save(QStringLiteral("half"), layoutOf(8, 4, 0.5));
        model.save(QStringLiteral("other/shape"), layoutOf(30, 3, 0.5));
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.contains(QStringLiteral("other-shape")));
        model.setModelShape({8, 4, Granularity::KvHead});
        const int half = model.name(0) == QLatin1String("half") ? 0 : 1;
        QVERIFY(model.fits(half) && !model.fits(1 - half));
        QVERIFY(model.index(1 - half, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("30 × 3")));
        QVERIFY(!model.setData(model.index(1 - half, 0), Qt::Checked, Qt::CheckStateRole));
        QVERIFY(model.setData(model.index(half, 0), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(model.checkedRows(), std::vector<int>{half});
        std::ofstream(path / "broken.json") << "{";
        QCOMPARE(model.reload().size(), 1);
        QCOMPARE(model.rowCount(), 2);
        model.remove(QStringLiteral("half"));
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(!QFileInfo::exists(QString::fromStdString((path / "half.json").string())));
        QVERIFY_EXCEPTION_THROWN(model.save(QStringLiteral("  "), layoutOf(8, 4, 0.5)), std::runtime_error);
    }

    void cacheSizeFollowsTheFormula() {
        ModelConfig model;
        model.layerCount = 30;
        model.kvHeadCount = 3;
        model.headDim = 64;
        AttentionLayout layout({30, 3, Granularity::KvHead}, false);
        for (int layer = 0; layer < 10; ++layer) layout.setFull(layer, 0, true);
        // 2 x 64 x 2 bytes a head and token; 10 heads keep 32768 tokens, 80 keep 260.
        QCOMPARE(kvCacheBytes(model, layout, 32768, 256, 4), 256.0 * (10 * 32768.0 + 80 * 260.0));
        QCOMPARE(formatBytes(755.0 * (1 << 20)), QStringLiteral("755 MiB"));
        QCOMPARE(formatBytes(1.0239 * (1 << 30)), QStringLiteral("1.02 GiB"));
        QCOMPARE(formatBytes(1023.6), QStringLiteral("1.00 KiB"));
        QCOMPARE(formatBytes(12), QStringLiteral("12 B"));
    }
};

QTEST_MAIN(TestUiModels)
#include "tst_ui_models.moc"
