// Negative numbers: a true minus wherever people read them, the ASCII hyphen in what programs read.
#include "tests/support/window_fixture.h"
#include "ui/models/comparison_model.h"
#include "ui/style/number_text.h"
#include "ui/views/gate_table.h"
#include "ui/views/heatmap_panel.h"

#include <qcustomplot.h>
#include <QRegularExpression>
#include <QTableView>
#include <limits>

using namespace consa;

namespace {

/// The texts that `axis` shows.
QVector<QString> labelsOf(const QCPAxis& axis) {
    QVector<double> ticks;
    QVector<QString> labels;
    axis.ticker()->generate(axis.range(), QLocale::c(), axis.numberFormat().front(), axis.numberPrecision(), ticks,
                            nullptr, &labels);
    return labels;
}

}  // namespace

class TestNumberText : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void signsAndDecimals() {
        QCOMPARE(numberText(-1.204, 2), QStringLiteral("−1.20"));
        QCOMPARE(numberText(1.204, 2), QStringLiteral("1.20"));
        QCOMPARE(numberText(-0.001, 2), QStringLiteral("0.00"));  // rounded to nothing
        QCOMPARE(signedNumberText(0.5, 1), QStringLiteral("+0.5"));
        QCOMPARE(signedNumberText(-0.5, 1), QStringLiteral("−0.5"));
        QCOMPARE(signedNumberText(-0.0, 1), QStringLiteral("+0.0"));
        QCOMPARE(differenceText(-0.03049, 0.0021), QStringLiteral("−0.0305 ± 0.0021"));
        QCOMPARE(differenceText(std::numeric_limits<double>::quiet_NaN(), 0), QStringLiteral("–"));
        QCOMPARE(numberText(std::numeric_limits<double>::quiet_NaN(), 2), QStringLiteral("nan"));
        QCOMPARE(withHyphens(withTrueMinus(QStringLiteral("-1e-05"))), QStringLiteral("-1e-05"));
    }

    /// Everything on screen after a run and an evaluation: labels, tables, axes.
    void noHyphenStandsForAMinusOnScreen() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(40));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(m_fixture.snapshot().comparison.has_value());
        QVERIFY(m_fixture.reaches(SessionState::Paused));
        m_fixture.the<HeatmapPanel>().setPage(GatePage::Table);
        m_fixture.the<GateTable>().selectRow(3);
        const QRegularExpression hyphened(QStringLiteral("(^|[\\s(\\[])-[\\d.]"));
        int minusCount = 0;
        QStringList wrong;
        const auto look = [&](const QString& text) {
            minusCount += text.contains(QStringLiteral("−")) ? 1 : 0;
            if (text.contains(hyphened)) wrong << text;
        };
        for (const QLabel* label : m_fixture.window->findChildren<QLabel*>()) look(label->text());
        for (const auto* table : m_fixture.window->findChildren<QTableView*>())
            for (int row = 0; row < table->model()->rowCount(); ++row)
                for (int column = 0; column < table->model()->columnCount(); ++column)
                    look(table->model()->index(row, column).data().toString());
        for (QCustomPlot* plot : m_fixture.window->findChildren<QCustomPlot*>())
            for (QCPAxisRect* rect : plot->axisRects())
                for (QCPAxis* axis : rect->axes()) {
                    if (axis->scaleType() == QCPAxis::stLinear) axis->setRange(-5.5e-5, 5e-5);
                    for (const QString& label : labelsOf(*axis)) look(label);
                }
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(QLatin1Char('|'))));
        QVERIFY(minusCount > 10);
    }

    void copiedNumbersKeepTheHyphen() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(40));
        auto& panel = m_fixture.the<HeatmapPanel>();
        panel.setPage(GatePage::Table);
        const QString copied = m_fixture.the<GateTable>().copiedText();
        QVERIFY(copied.contains(QStringLiteral("\t-")) && !copied.contains(QStringLiteral("−")));
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestNumberText)
#include "tst_number_text.moc"
