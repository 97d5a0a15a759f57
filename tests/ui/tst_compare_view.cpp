// The comparison: differences to the selected row, intervals, recall, positions, the frontier.
#include "tests/support/move_mouse.h"
#include "tests/support/window_fixture.h"
#include "ui/export/run_figures.h"
#include "ui/models/comparison_model.h"
#include "ui/models/frontier_record.h"
#include "ui/models/gate_grid_model.h"
#include "ui/style/layout_lines.h"
#include "ui/views/comparison_plot.h"
#include "ui/views/comparison_view.h"
#include "ui/views/label_places.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QSpinBox>
#include <QTabBar>
#include <QTableView>
#include <QtTest>
#include <set>

using namespace consa;

class TestCompareView : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void selectedRowIsWhatOthersAreComparedWith() {
        QVERIFY(evaluate());
        auto& model = m_fixture.the<ComparisonModel>();
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(text(2, ComparisonModel::Versus), QStringLiteral("–"));
        table().selectRow(1);
        QCOMPARE(text(1, ComparisonModel::Versus), QStringLiteral("–"));
        // learned lies .0305 above full; the signs must be the rows' own.
        QVERIFY(text(0, ComparisonModel::Versus).startsWith(QStringLiteral("−0.0305")));
        const double delta = model.comparison().rows[2].deltaNll - model.comparison().rows[1].deltaNll;
        QVERIFY(text(2, ComparisonModel::Versus).startsWith(QStringLiteral("+%1").arg(delta, 0, 'f', 4)));
        table().selectRow(2);
        QVERIFY(text(1, ComparisonModel::Versus).startsWith(QStringLiteral("−%1").arg(delta, 0, 'f', 4)));
    }

    void showsIntervalsAndRecall() {
        QVERIFY(evaluate());
        QCOMPARE(text(1, ComparisonModel::RuleGap), QStringLiteral("66.4 % [61, 71]"));
        QVERIFY(text(1, ComparisonModel::Recall).startsWith(QStringLiteral("+0.1220 ± 0.0061")));
        QCOMPARE(text(0, ComparisonModel::Recall), QStringLiteral("–"));
    }

    void clickShowsTheLayout() {
        QVERIFY(evaluate());
        const QModelIndex sliding = table().model()->index(table().model()->rowCount() - 1, 0);
        table().scrollTo(sliding);
        QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, table().visualRect(sliding).center());
        auto& gates = m_fixture.the<GateGridModel>();
        QVERIFY(!gates.isShowingSession());
        QCOMPARE(gates.layout().fullCount(), 0);
    }

    void copiesTheTable() {
        QVERIFY(evaluate());
        m_fixture.the<ComparisonView>().copyAction()->trigger();
        const QStringList lines = QGuiApplication::clipboard()->text().trimmed().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), m_fixture.the<ComparisonModel>().rowCount() + 1);
        QCOMPARE(lines[2].split(QLatin1Char('\t')).size(), int(ComparisonModel::ColumnCount));
        // The table on screen has a true minus, what a spreadsheet reads has not.
        table().selectRow(1);
        QVERIFY(text(0, ComparisonModel::Versus).startsWith(QStringLiteral("−")));
        m_fixture.the<ComparisonView>().copyAction()->trigger();
        const QString copied = QGuiApplication::clipboard()->text();
        QVERIFY(!copied.contains(QStringLiteral("−")) && copied.contains(QStringLiteral("\t-0.0305")));
    }

    void saysHowOftenTheTestTextWasOpened() {
        QVERIFY(m_fixture.open());
        auto* split = m_fixture.the<ComparisonView>().findChild<QComboBox*>();
        split->setCurrentIndex(1);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(m_fixture.snapshot().comparison.has_value());
        QTRY_VERIFY(m_fixture.hasLabel(QStringLiteral("Test text opened 3 time")));
    }

    void comparesAgainWhileTraining() {
        QVERIFY(m_fixture.open());
        auto* repeats = m_fixture.the<ComparisonView>().findChild<QCheckBox*>();
        m_fixture.the<ComparisonView>().findChild<QSpinBox*>()->setValue(30);
        repeats->setChecked(true);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.session->posted<EvaluateCommand>().size() >= 2);
        QTRY_VERIFY(m_fixture.snapshot().state == SessionState::Training);  // it goes on by itself
        QVERIFY(m_fixture.snapshot().step >= 60);
        repeats->setChecked(false);
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        QVERIFY(m_fixture.session->posted<EvaluateCommand>().size() <= 5);
    }

    void frontierCollectsAndForgets() {
        FrontierRecord record;
        SessionSnapshot snapshot;
        snapshot.grid = {4, 2, Granularity::KvHead};
        snapshot.modelPath = "demo";
        snapshot.comparison = fakeComparison(snapshot, {});
        record.setSnapshot(snapshot);
        const std::size_t first = record.points().size();
        QVERIFY(first >= 3);
        record.setSnapshot(snapshot);
        QCOMPARE(record.points().size(), first);  // the same comparison
        EvaluateCommand more;
        more.layouts.push_back({"mine", AttentionLayout(snapshot.grid, true)});
        snapshot.comparison = fakeComparison(snapshot, more);
        record.setSnapshot(snapshot);
        QCOMPARE(record.points().size(), first + 1);
        snapshot.modelPath = "other";
        record.setSnapshot(snapshot);
        QCOMPARE(record.points().size(), first + 1);  // the old model's points are gone, these came
        QCOMPARE(layoutSeries(QStringLiteral("interleaved:1@0.5")), QStringLiteral("interleaved"));
        QCOMPARE(layoutSeries(QStringLiteral("learned")), QStringLiteral("learned"));
    }

    void frontierOutlivesTheWindow() {
        const QTemporaryDir home;
        const std::filesystem::path folder = home.path().toStdString() + "/frontier";
        SessionSnapshot snapshot;
        snapshot.grid = {4, 2, Granularity::KvHead};
        snapshot.modelPath = "demo";
        snapshot.model = ModelConfig{};
        snapshot.corpus = CorpusSummary{};
        const SessionSnapshot opened = snapshot;
        snapshot.comparison = fakeComparison(snapshot, {});
        std::vector<FrontierPoint> kept;
        {
            FrontierRecord record(folder);
            record.setSnapshot(snapshot);
            kept = record.points();
            QVERIFY(kept.size() >= 3);
            SessionSnapshot other = snapshot;  // a study of its own, saved later
            other.modelPath = "other";
            other.comparison->contextTokens += 1;
            record.setSnapshot(other);
        }
        FrontierRecord record(folder);
        QVERIFY(record.points().empty());
        QSignalSpy changed(&record, &FrontierRecord::changed);
        record.setSnapshot(opened);
        QCOMPARE(changed.count(), 1);
        QCOMPARE(record.points().size(), kept.size());
        for (std::size_t index = 0; index < kept.size(); ++index) {
            const FrontierPoint& point = record.points()[index];
            QCOMPARE(point.name, kept[index].name);
            QCOMPARE(point.series, kept[index].series);
            QVERIFY(point.layout == kept[index].layout);
            QCOMPARE(point.deltaNll, kept[index].deltaNll);
            QCOMPARE(point.standardError, kept[index].standardError);
            QCOMPARE(point.sparsity, kept[index].layout.sparsity());
        }
        record.setSnapshot(snapshot);  // the same layouts again
        QCOMPARE(record.points().size(), kept.size());
        // A damaged file is said and does not stop what comes.
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            std::filesystem::resize_file(entry.path(), 40);
        FrontierRecord damaged(folder);
        QSignalSpy problems(&damaged, &FrontierRecord::problemOccurred);
        damaged.setSnapshot(snapshot);
        QCOMPARE(problems.count(), 1);
        QCOMPARE(damaged.points().size(), kept.size());
    }

    void frontierPointOpensItsLayout() {
        QVERIFY(evaluate());
        ComparisonPlot* plot = &shownPlot(QStringLiteral("Frontier"), ComparisonPicture::Frontier);
        const auto& points = m_fixture.the<FrontierRecord>().points();
        const auto sliding = std::find_if(points.begin(), points.end(),
                                          [](const auto& point) { return point.name == QLatin1String("sliding"); });
        const auto index = static_cast<std::size_t>(sliding - points.begin());
        QVERIFY(QRectF(plot->rect()).contains(plot->placeOf(index)));
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->placeOf(index).toPoint());
        QCOMPARE(m_fixture.the<GateGridModel>().layout().fullCount(), 0);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Showing sliding")));
    }

    void everyRuleHasALineOfItsOwnWithoutColour() {
        const QStringList names{"full",
                                "learned",
                                "interleaved:0@0.5",
                                "interleaved:1@0.5",
                                "sliding",
                                "bottom-sliding@0.5",
                                "middle-full@0.5",
                                "heads@0.5",
                                "random:0@0.5",
                                "random:1@0.5",
                                "random:2@0.5",
                                "mine",
                                "mine 2",
                                "mine 3",
                                "mine 4"};
        std::set<std::pair<std::vector<qreal>, LayoutMarker>> seen;
        for (const LayoutLine& line : layoutLines(names, Qt::black, Qt::gray))
            seen.insert({std::vector<qreal>(line.dashes.begin(), line.dashes.end()), line.marker});
        QCOMPARE(seen.size(), std::size_t(names.size()));
    }

    /// The table names single layouts, the frontier kinds of them, and they stand in another order.
    void rulesLookTheSameInTableAndFrontier() {
        const QStringList rows{"full",
                               "learned",
                               "interleaved:0@0.5",
                               "bottom-sliding@0.5",
                               "middle-full@0.5",
                               "heads@0.5",
                               "random:0@0.5",
                               "random:1@0.5",
                               "sliding",
                               "mine",
                               "b mine"};
        const QStringList kinds{"b mine",  "bottom-sliding", "full", "heads",  "interleaved",
                                "learned", "middle-full",    "mine", "random", "sliding"};
        const std::vector<LayoutLine> table = layoutLines(rows, Qt::black, Qt::gray);
        const std::vector<LayoutLine> frontier = layoutLines(kinds, Qt::black, Qt::gray);
        for (qsizetype row = 0; row < rows.size(); ++row) {
            const auto kind = static_cast<std::size_t>(kinds.indexOf(layoutSeries(rows[row])));
            const LayoutLine& shown = table[static_cast<std::size_t>(row)];
            QVERIFY2(shown.color == frontier[kind].color, qPrintable(rows[row]));
            QCOMPARE(shown.marker, frontier[kind].marker);
        }
        std::set<QRgb> colors;  // of the rules, each its own
        for (const char* rule : {"learned", "interleaved", "bottom-sliding", "middle-full", "heads", "random"})
            colors.insert(frontier[static_cast<std::size_t>(kinds.indexOf(QLatin1String(rule)))].color.rgb());
        QCOMPARE(colors.size(), std::size_t(6));
    }

    void namesBesideCurvesNeverTouch() {
        const std::vector<double> wanted{50, 50, 52, 10, 99, 98, 97, 0};
        const std::vector<double> places = spreadLabels(wanted, 10, 0, 100);
        for (std::size_t one = 0; one < places.size(); ++one) {
            QVERIFY(places[one] >= 5 && places[one] <= 95);
            for (std::size_t other = 0; other < one; ++other) {
                QVERIFY(std::abs(places[one] - places[other]) >= 10 - 1e-9);
                if (wanted[one] != wanted[other]) QCOMPARE(places[one] < places[other], wanted[one] < wanted[other]);
            }
        }
        QCOMPARE(spreadLabels({20, 60}, 10, 0, 100), (std::vector<double>{20, 60}));  // no need to move
    }

    void curveUnderThePointerStandsOut() {
        QVERIFY(evaluate());
        ComparisonPlot& plot = shownPlot(QStringLiteral("By position"), ComparisonPicture::Positions);
        const std::size_t last = m_fixture.the<ComparisonModel>().comparison().rows.size() - 1;  // all sliding
        const QPointF place = plot.placeOf(last, 4);
        QVERIFY(QRectF(plot.rect()).contains(place));
        table().selectRow(1);
        QCOMPARE(plot.emphasised(), std::optional(std::size_t(1)));
        moveMouse(plot, place);
        QTRY_COMPARE(plot.emphasised(), std::optional(last));
        QTest::mouseClick(&plot, Qt::LeftButton, {}, place.toPoint());
        QCOMPARE(table().selectionModel()->selectedRows().front().row(), int(last));
        QCOMPARE(m_fixture.the<GateGridModel>().layout().fullCount(), 0);
        moveMouse(plot, {2, 2});
        QTRY_COMPARE(plot.emphasised(), std::optional(last));  // selected by now
    }

    /// The exported figure names every row at its curve's end.
    void figureNamesEveryRule() {
        SessionSnapshot snapshot;
        snapshot.grid = {4, 2, Granularity::KvHead};
        EvaluateCommand command;
        for (const char* rule : {"bottom-sliding@0.5", "middle-full@0.5", "heads@0.5", "random:0@0.5"})
            for (const NamedLayout& one : layoutsFromRule(rule, snapshot.grid))
                command.layouts.push_back({one.name, one.layout});
        const Comparison comparison = fakeComparison(snapshot, command);
        const QByteArray svg = render(*positionsFigure({}, comparison), {}, FigureFormat::Svg);
        for (const ComparisonRow& row : comparison.rows) QVERIFY2(svg.contains(row.name.c_str()), row.name.c_str());
        QVERIFY(!svg.contains("<image"));
        QVERIFY(svg.count("stroke-dasharray") > 4);
    }

private:
    ComparisonPlot& shownPlot(const QString& title, ComparisonPicture picture) {
        for (auto* tabs : m_fixture.window->findChildren<QTabBar*>())
            for (int tab = 0; tab < tabs->count(); ++tab)
                if (tabs->tabText(tab) == title) tabs->setCurrentIndex(tab);
        ComparisonPlot* shown = nullptr;
        for (auto* one : m_fixture.window->findChildren<ComparisonPlot*>())
            if (one->picture() == picture) shown = one;
        QTest::qWait(100);
        return *shown;
    }
    /// True when a paused run was compared.
    bool evaluate() {
        if (!m_fixture.open() || !m_fixture.trainUntil(20)) return false;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        return QTest::qWaitFor([&] { return m_fixture.the<ComparisonModel>().rowCount() > 3; }, 10000);
    }
    QTableView& table() { return *m_fixture.the<ComparisonView>().findChild<QTableView*>(); }
    QString text(int row, int column) { return m_fixture.the<ComparisonModel>().index(row, column).data().toString(); }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestCompareView)
#include "tst_compare_view.moc"
