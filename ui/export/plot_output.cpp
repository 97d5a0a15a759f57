// Rendering of plots into bytes.
#include "ui/export/plot_output.h"

#include "core/base/error.h"

#include <qcustomplot.h>
#include <QBuffer>
#include <QImageWriter>
#include <QPageLayout>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QXmlStreamWriter>
#include <array>
#include <cmath>

namespace consa {

namespace {

constexpr double kScreenDpi = 96;
constexpr std::array<const char*, 5> kFormats{"png", "svg", "pdf", "csv", "tsv"};

/// Draws in pixels at 96 dpi, whatever the painter's device counts in.
void paint(QCustomPlot& plot, QPaintDevice& device, const FigureOptions& options, double scale) {
    plot.setLocale(QLocale::c());
    QCPPainter painter;
    painter.begin(&device);
    painter.setFont(plotLabelFont());  // named in a file even where no text has it
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.scale(scale, scale);
    painter.fillRect(QRect(QPoint(), options.size), options.theme.background);
    plot.toPainter(&painter, options.size.width(), options.size.height());
    painter.end();
}

/// The XMP packet of a figure: Dublin Core's title and description, the facts as they are in a PNG.
QByteArray xmpOf(const QString& title, const QString& description, const FigureFacts& facts) {
    const QString rdf = QStringLiteral("http://www.w3.org/1999/02/22-rdf-syntax-ns#");
    const QString dublinCore = QStringLiteral("http://purl.org/dc/elements/1.1/");
    const QString ours = QStringLiteral("https://consa-explorer.invalid/figure/");  // a name, not a page
    QByteArray packet;
    QXmlStreamWriter xml(&packet);
    xml.writeNamespace(QStringLiteral("adobe:ns:meta/"), QStringLiteral("x"));
    xml.writeNamespace(rdf, QStringLiteral("rdf"));
    xml.writeNamespace(dublinCore, QStringLiteral("dc"));
    xml.writeNamespace(ours, QStringLiteral("figure"));
    xml.writeStartElement(QStringLiteral("adobe:ns:meta/"), QStringLiteral("xmpmeta"));
    xml.writeStartElement(rdf, QStringLiteral("RDF"));
    xml.writeStartElement(rdf, QStringLiteral("Description"));
    xml.writeAttribute(rdf, QStringLiteral("about"), QString());
    for (const auto& [name, text] :
         {std::pair(QStringLiteral("title"), title), {QStringLiteral("description"), description}}) {
        xml.writeStartElement(dublinCore, name);
        xml.writeStartElement(rdf, QStringLiteral("Alt"));
        xml.writeStartElement(rdf, QStringLiteral("li"));
        xml.writeAttribute(QStringLiteral("xml:lang"), QStringLiteral("x-default"));
        xml.writeCharacters(text);
        for (int depth = 0; depth < 3; ++depth) xml.writeEndElement();
    }
    for (const auto& [key, value] : facts)
        if (key != QLatin1String("Description")) xml.writeTextElement(ours, key, value);
    xml.writeEndDocument();
    return packet;
}

}  // namespace

QImage plotToImage(QCustomPlot& plot, const FigureOptions& options, const FigureFacts& facts) {
    const double scale = options.dpi / kScreenDpi;
    plot.setLocale(QLocale::c());
    QImage image = plot.toPixmap(options.size.width(), options.size.height(), scale).toImage();
    const int dotsPerMeter = static_cast<int>(std::lround(options.dpi / 0.0254));
    image.setDevicePixelRatio(1);
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    for (const auto& [key, value] : facts) image.setText(key, value);
    return image;
}

QByteArray plotToSvg(QCustomPlot& plot, const FigureOptions& options, const QString& title,
                     const QString& description) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(options.size);
    generator.setViewBox(QRect(QPoint(), options.size));
    generator.setResolution(static_cast<int>(kScreenDpi));
    generator.setTitle(title);
    generator.setDescription(description);
    paint(plot, generator, options, 1);
    // Qt names its own stand-in for a font; other programs know the generic family.
    QByteArray svg = buffer.data();
    return svg.replace("font-family=\"Sans Serif\"", "font-family=\"DejaVu Sans, Verdana, sans-serif\"");
}

QByteArray plotToPdf(QCustomPlot& plot, const FigureOptions& options, const QString& title, const QString& description,
                     const FigureFacts& facts) {
    constexpr int kResolution = 1200;  // of coordinates; nothing is turned into pixels
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kResolution);
        writer.setTitle(title);
        writer.setCreator(QStringLiteral("ConSA Explorer"));
        writer.setDocumentXmpMetadata(xmpOf(title, description, facts));
        writer.setPageSize(
            QPageSize(QSizeF(options.size) * 72 / kScreenDpi, QPageSize::Point, QString(), QPageSize::ExactMatch));
        writer.setPageMargins(QMarginsF());
        paint(plot, writer, options, kResolution / kScreenDpi);
    }
    return buffer.data();
}

void addCaption(QCustomPlot& plot, const QString& text, const PlotTheme& theme, QSize size) {
    constexpr int kMargin = 16;
    const QString wrapped = wrappedText(text, plotTickFont(), size.width() - 2 * kMargin);
    const int lineCount = static_cast<int>(wrapped.count(QLatin1Char('\n'))) + 1;
    const int height = lineCount * QFontMetrics(plotTickFont()).lineSpacing() + kMargin;
    plot.plotLayout()->setAutoMargins(QCP::msNone);
    plot.plotLayout()->setMargins(QMargins(0, 0, 0, height));
    auto* caption = new QCPItemText(&plot);
    caption->setClipToAxisRect(false);
    caption->position->setType(QCPItemPosition::ptAbsolute);
    caption->position->setCoords(kMargin, size.height() - height + 4);
    caption->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    caption->setTextAlignment(Qt::AlignLeft);
    caption->setFont(plotTickFont());
    caption->setColor(theme.muted);
    caption->setText(wrapped);
}

QByteArray commentLines(const FigureFacts& facts) {
    QByteArray lines;
    for (const auto& [key, value] : facts) lines += "# " + key.toUtf8() + ": " + value.toUtf8() + '\n';
    return lines;
}

QByteArray encodePng(const QImage& image) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    if (!writer.write(image)) {
        throw Error("Cannot encode the picture as PNG: " + writer.errorString().toStdString() + ".",
                    ErrorKind::RunFailed);
    }
    return buffer.data();
}

void writeWhole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    if (!isWritten) {
        throw Error("Cannot write " + path.toStdString() + ": " + file.errorString().toStdString() +
                        "; choose another folder or free some space.",
                    ErrorKind::RunFailed);
    }
}

FigureFormat figureFormatFromWord(const QString& word) {
    for (std::size_t format = 0; format < kFormats.size(); ++format)
        if (word.toLower() == QLatin1String(kFormats[format])) return static_cast<FigureFormat>(format);
    throw Error("Unknown figure format '" + word.toStdString() + "': png, svg, pdf, csv and tsv exist.");
}

QString formatWord(FigureFormat format) {
    return QLatin1String(kFormats[static_cast<std::size_t>(format)]);
}

}  // namespace consa
