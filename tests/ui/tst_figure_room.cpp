// How small a figure may be: what is drawn can be read, what can't be read is refused with the size that works.
#include "core/base/error.h"
#include "tests/support/sample_figures.h"
#include "ui/export/figure_room.h"
#include "ui/style/application_style.h"

#include <qcustomplot.h>
#include <QRegularExpression>
#include <QtTest>

using namespace consa;
using namespace consa::test;

class TestFigureRoom : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { applyApplicationStyle(ThemeChoice::Light); }

    /// A column of a paper: all of it in 6 points at least.
    void columnOfAPaperHasRoom() {
        const QString folder = qEnvironmentVariable("CONSA_TEST_PICTURES");
        for (const auto& figure : all()) {
            FigureOptions options;
            options.size = QSize(302, 227);  // 80 x 60 mm
            QVERIFY2(readableSize(*figure, options) == options.size, qPrintable(figure->name()));
            const QByteArray png = render(*figure, options, FigureFormat::Png);
            QCOMPARE(QImage::fromData(png).size(), QSize(944, 709));
            if (!folder.isEmpty()) writeWhole(folder + QLatin1Char('/') + figure->name() + ".png", png);
            const auto arranged = arrangeToFit(*figure, options);
            for (const QCPAxisRect* rect : arranged->plot().axisRects())
                for (const QCPAxis* axis : rect->axes()) QVERIFY(axis->tickLabelFont().pixelSize() >= 8);  // 6 points
        }
    }

    /// Whatever is not refused: no two texts of an axis touch, all is on the paper, no legend covers a plot.
    void textsKeepApartAtEverySize() {
        int drawnCount = 0;
        for (const auto& figure : all()) {
            for (const int width : {40, 55, 70, 80, 100, 160}) {
                for (const int height : {30, 45, 60, 80, 140}) {
                    FigureOptions options;
                    options.dpi = 96;
                    options.size = QSize(qRound(width * 96 / 25.4), qRound(height * 96 / 25.4));
                    const auto arranged = arrangeToFit(*figure, options);
                    if (!arranged->hasRoom(options.size)) continue;
                    ++drawnCount;
                    (void)plotToImage(arranged->plot(), options, {});
                    const QString where = QStringLiteral("%1 %2x%3").arg(figure->name()).arg(width).arg(height);
                    QVERIFY2(textsKeepApart(arranged->plot(), options.size), qPrintable(where));
                }
            }
        }
        QVERIFY(drawnCount > 50);
    }

    void tooSmallIsRefusedWithTheSizeThatWorks() {
        const auto pixels = [](double millimeters) { return static_cast<int>(std::lround(millimeters * 96 / 25.4)); };
        for (const auto& figure : all()) {
            FigureOptions options;
            options.dpi = 96;
            options.size = QSize(pixels(40), pixels(30));
            QString sentence;
            try {
                (void)render(*figure, options, FigureFormat::Svg);
            } catch (const Error& error) {
                sentence = QString::fromUtf8(error.what());
            }
            const auto match =
                QRegularExpression(QStringLiteral("at 40x30 mm.* (\\d+)x(\\d+) at least")).match(sentence);
            QVERIFY2(match.hasMatch(), qPrintable(figure->name() + sentence));
            const int width = match.captured(1).toInt(), height = match.captured(2).toInt();
            QVERIFY2(width <= 160 && height <= 140, qPrintable(sentence));
            const auto isRefused = [&](int wide, int high) {
                options.size = QSize(pixels(wide), pixels(high));
                try {
                    return render(*figure, options, FigureFormat::Png).isEmpty();
                } catch (const Error&) {
                    return true;
                }
            };
            QVERIFY2(!isRefused(width, height), qPrintable(sentence));
            QVERIFY2(isRefused(width, height - 1), qPrintable(sentence));
            QVERIFY2(width == 40 || isRefused(width - 1, height), qPrintable(sentence));
            QVERIFY(!render(*figure, options, FigureFormat::Csv).isEmpty());  // numbers have no size
        }
    }

private:
    /// Measured from what the plot was last drawn with.
    static bool textsKeepApart(QCustomPlot& plot, QSize size) {
        plot.setViewport(QRect(QPoint(), size));
        const QRectF paper(0, 0, size.width(), size.height());
        bool isFine = true;
        const auto expect = [&isFine](bool isTrue, const QString& what) {
            if (!isTrue) qWarning() << what;
            isFine = isFine && isTrue;
        };
        for (QCPAxisRect* rect : plot.axisRects()) {
            for (QCPAxis* axis : rect->axes()) {
                const std::vector<QRectF> boxes = labelBoxes(*axis);
                for (std::size_t index = 0; index < boxes.size(); ++index) {
                    expect(paper.contains(boxes[index]), QStringLiteral("a tick label leaves the paper"));
                    if (index > 0)
                        expect(!boxes[index].intersects(boxes[index - 1]), QStringLiteral("tick labels touch"));
                }
                const bool isUpright = axis->axisType() == QCPAxis::atLeft;
                const double length = QFontMetricsF(axis->labelFont()).horizontalAdvance(axis->label());
                const QPointF middle = QRectF(rect->rect()).center();
                const double from = (isUpright ? middle.y() : middle.x()) - length / 2;
                expect(from >= 0 && from + length <= (isUpright ? size.height() : size.width()),
                       QStringLiteral("the name of an axis leaves the paper"));
            }
            for (QCPLegend* legend : plot.findChildren<QCPLegend*>()) {
                if (!legend->realVisibility() || legend->itemCount() == 0) continue;
                expect(
                    !legend->outerRect().intersects(rect->rect()) || 3 * legend->outerRect().height() <= rect->height(),
                    QStringLiteral("the legend covers a plot"));
            }
        }
        return isFine;
    }

    /// From the texts and ticks that were drawn.
    static std::vector<QRectF> labelBoxes(const QCPAxis& axis) {
        std::vector<QRectF> boxes;
        if (!axis.realVisibility() || !axis.tickLabels()) return boxes;
        const QFontMetricsF metrics(axis.tickLabelFont());
        for (qsizetype tick = 0; tick < axis.tickVector().size(); ++tick) {
            if (!axis.range().contains(axis.tickVector()[tick])) continue;
            const double place = axis.coordToPixel(axis.tickVector()[tick]);
            QRectF box(0, 0, metrics.horizontalAdvance(axis.tickVectorLabels()[tick]), metrics.height());
            const QRectF rect(axis.axisRect()->rect());
            if (axis.axisType() == QCPAxis::atLeft) box.moveCenter({rect.left() - 5 - box.width() / 2, place});
            if (axis.axisType() == QCPAxis::atBottom) box.moveCenter({place, rect.bottom() + 5 + box.height() / 2});
            if (axis.axisType() == QCPAxis::atTop) box.moveCenter({place, rect.top() - 6 - box.height() / 2});
            boxes.push_back(box);
        }
        return boxes;
    }
};

QTEST_MAIN(TestFigureRoom)
#include "tst_figure_room.moc"
