// What the panels leave of each other at the sizes the window is made for.
#include "core/layout/layout_patterns.h"
#include "tests/support/window_fixture.h"
#include "ui/dock_area.h"
#include "ui/models/comparison_model.h"
#include "ui/models/run_history.h"
#include "ui/views/comparison_view.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>
#include <QHeaderView>
#include <QTabBar>
#include <QTableView>
#include <QToolBar>
#include <QtTest>

using namespace consa;

class TestWindowSizes : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void tableShowsSixRowsAtTheUsualSize() {
        QVERIFY(m_fixture.open() && m_fixture.trainUntil(10));
        QVERIFY(evaluate());
        QVERIFY(table().isVisible());
        QTRY_VERIFY(shownRows() >= 6);
        QVERIFY(m_fixture.the<HistoryChart>().height() > 240);
    }

    /// The losses of cuts appear after a while and make the steering higher.
    void steeringGrowsAtThePlotsCost() {
        QVERIFY(m_fixture.open() && m_fixture.trainUntil(10));
        QVERIFY(evaluate());
        QTRY_VERIFY(m_fixture.snapshot().cutCurve.points.size() > 3);
        QTest::qWait(100);
        QVERIFY(shownRows() >= 6);
    }

    void smallWindowIsUsable() {
        FakeSession::Options options;
        options.layerCount = 30;
        options.kvHeadCount = 3;
        QVERIFY(m_fixture.open(options));
        m_fixture.window->resize(1024, 700);
        QVERIFY(m_fixture.trainUntil(10));
        QTRY_VERIFY(m_fixture.snapshot().cutCurve.points.size() > 3);
        QTest::qWait(100);
        QCOMPARE(m_fixture.window->size(), QSize(1024, 700));
        const auto& heatmap = m_fixture.the<GateHeatmap>();
        QVERIFY(heatmap.isVisible());
        QVERIFY(heatmap.cellRect({0, 0}).height() >= 6);
        QVERIFY(QRectF(heatmap.rect()).contains(heatmap.cellRect({29, 2})));
        auto& chart = m_fixture.the<HistoryChart>();
        QVERIFY(!chart.visibleRegion().isEmpty());
        QVERIFY(namesFit(chart.plot()));

        QVERIFY(evaluate());
        auto& view = m_fixture.the<ComparisonView>();
        QTRY_VERIFY(!view.visibleRegion().isEmpty());
        QVERIFY(shownRows() >= 6);
        for (QWidget* part : view.findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly))
            if (part->isVisible()) QVERIFY(view.rect().contains(part->geometry()));
        QCOMPARE(m_fixture.window->size(), QSize(1024, 700));
    }

    void barsShowAllTheyHold_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("usual") << QSize(1440, 900);
        QTest::newRow("small") << QSize(1024, 700);
    }

    void barsShowAllTheyHold() {
        QFETCH(const QSize, size);
        QVERIFY(m_fixture.open());
        m_fixture.window->resize(size);
        QTest::qWait(100);
        auto* tools = m_fixture.window->findChild<QToolBar*>();
        for (QAction* action : tools->actions())
            QVERIFY2(tools->widgetForAction(action)->isVisible(), qPrintable(action->text()));
        int seenBars = 0;
        for (const QTabBar* tabs : m_fixture.window->findChildren<QTabBar*>()) {
            if (!tabs->isVisible()) continue;
            ++seenBars;
            QVERIFY2(tabs->width() >= tabs->sizeHint().width(), qPrintable(tabs->accessibleName()));
        }
        QVERIFY(seenBars >= 2);
    }

    void growingBringsTheResultsBackBelow() {
        QVERIFY(m_fixture.open());
        m_fixture.window->resize(1024, 700);
        QTest::qWait(100);
        QVERIFY(table().viewport()->visibleRegion().isEmpty());
        m_fixture.window->resize(1440, 900);
        QTRY_VERIFY(!table().viewport()->visibleRegion().isEmpty());
        QVERIFY(!m_fixture.the<HistoryChart>().visibleRegion().isEmpty());
    }

    /// However low the plots become, the name of each is whole.
    void lowPlotsCarryTheirNamesInside() {
        RunHistory history;
        HistoryChart chart(history);
        for (const int height : {600, 320, 220, 170}) {
            chart.resize(420, height);
            chart.show();
            QTest::qWait(20);
            chart.replotNow();
            QVERIFY2(namesFit(chart.plot()), qPrintable(QString::number(height)));
        }
    }

private:
    QTableView& table() { return *m_fixture.the<ComparisonView>().findChild<QTableView*>(); }

    /// Rows that are seen whole.
    int shownRows() {
        const QRect seen = table().viewport()->rect();
        int count = 0;
        for (int row = 0; row < table().model()->rowCount(); ++row)
            count += seen.contains(table().visualRect(table().model()->index(row, 0)));
        return count;
    }

    bool evaluate() {
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        if (!QTest::qWaitFor([&] { return m_fixture.snapshot().comparison.has_value(); }, 10000)) return false;
        EvaluateCommand command;
        for (const char* rule : {"bottom-sliding@0.5", "middle-full@0.5", "heads@0.5", "random:0@0.5", "random:1@0.5"})
            for (const NamedLayout& one : layoutsFromRule(rule, m_fixture.snapshot().grid))
                command.layouts.push_back({one.name, one.layout});
        m_fixture.session->post(command);
        return QTest::qWaitFor([&] { return m_fixture.the<ComparisonModel>().rowCount() > 8; }, 10000);
    }

    static bool namesFit(QCustomPlot& plot) {
        for (const QCPAxisRect* rect : plot.axisRects()) {
            const QCPAxis* values = rect->axis(QCPAxis::atLeft);
            const int length = QFontMetrics(values->labelFont()).horizontalAdvance(values->label());
            if (length > rect->height()) return false;
            bool isNamed = !values->label().isEmpty();
            for (int item = 0; item < plot.itemCount(); ++item) {
                const auto* name = qobject_cast<QCPItemText*>(plot.item(item));
                isNamed = isNamed || (name && name->visible() && name->position->axisRect() == rect);
            }
            if (!isNamed) return false;
        }
        return true;
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestWindowSizes)
#include "tst_window_sizes.moc"
