// Files of a report and the page that shows them.
#include "ui/export/report.h"

#include "core/base/file_io.h"
#include "core/base/version.h"
#include "ui/export/figure_room.h"
#include "ui/export/figure_writer.h"
#include "ui/export/run_figures.h"

#include <QCoreApplication>
#include <utility>

namespace consa {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("consa", text);
}

QString heading(const QString& text) {
    return QStringLiteral("<h2>%1</h2>\n").arg(text.toHtmlEscaped());
}

QString figureHtml(const Figure& figure) {
    QString links;
    for (const FigureFormat format : {FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv})
        links += QStringLiteral(" <a href=\"%1.%2\">%3</a>")
                     .arg(figure.name(), formatWord(format), formatWord(format).toUpper());
    return heading(figure.title()) +
           QStringLiteral("<figure><img src=\"%1.svg\" alt=\"%2\"><figcaption>%3%4</figcaption></figure>\n")
               .arg(figure.name(), figure.title().toHtmlEscaped(), figure.caption().toHtmlEscaped(), links);
}

QString tableHtml(const QByteArray& table) {
    QString html = QStringLiteral("<table>\n");
    QString cell = QStringLiteral("th");
    for (const QByteArray& line : table.trimmed().split('\n')) {
        html += QStringLiteral("<tr>");
        for (const QByteArray& value : line.split('\t'))
            html += QStringLiteral("<%1>%2</%1>").arg(cell, QString::fromUtf8(value).toHtmlEscaped());
        html += QStringLiteral("</tr>\n");
        cell = QStringLiteral("td");
    }
    return html + QStringLiteral("</table>\n");
}

QString comparisonHtml(const Comparison& comparison) {
    QString html = heading(tr("Comparison"));
    QString facts = tr("%1 text, context %2, learned layout of step %3. Losses in nats a token, errors by document.")
                        .arg(QString::fromStdString(comparison.split))
                        .arg(comparison.contextTokens)
                        .arg(comparison.atStep);
    if (comparison.testOpenings && *comparison.testOpenings > 0)
        facts += QLatin1Char(' ') + tr("The test text was opened %1 times.").arg(*comparison.testOpenings);
    html += QStringLiteral("<p>%1</p>\n").arg(facts.toHtmlEscaped());
    return html + tableHtml(comparisonTable(comparison, '\t')) +
           QStringLiteral("<p><a href=\"comparison.csv\">CSV</a> <a href=\"comparison.json\">JSON</a></p>\n");
}

QString pageHtml(const ReportContent& content) {
    const QString model = QString::fromStdString(content.layout.modelName);
    QString html = QStringLiteral(
                       "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>%1</title>\n<style>"
                       "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1f2328}"
                       "img{max-width:100%}figure{margin:0}figcaption{color:#57606a;font-size:13px}"
                       "table{border-collapse:collapse;font-size:12px;display:block;overflow-x:auto}"
                       "th,td{border-bottom:1px solid #d0d7de;padding:3px 8px;text-align:right}"
                       "th:first-child,td:first-child{text-align:left}pre{background:#f6f7f8;padding:8px;"
                       "white-space:pre-wrap}</style></head><body>\n<h1>%1</h1>\n")
                       .arg(tr("Report: %1").arg(model).toHtmlEscaped());
    for (const auto& figure : content.figures) html += figureHtml(*figure);
    if (content.comparison) html += comparisonHtml(*content.comparison);
    html += heading(tr("The same run from a shell"));
    html += QStringLiteral("<pre>%1</pre>\n").arg(content.command.toHtmlEscaped());
    html += QStringLiteral("<p><a href=\"layout.json\">layout.json</a> <a href=\"config.json\">config.json</a></p>\n");
    html += QStringLiteral("<p>ConSA Explorer %1, %2</p>\n</body></html>\n")
                .arg(QLatin1String(kVersion), QString::fromStdString(utcTimestamp()));
    return html;
}

}  // namespace

ReportWriter::ReportWriter(const QString& path, ReportContent content)
    : m_content(std::move(content)), m_folder(path.toStdString()) {
    for (const auto& figure : m_content.figures) planFigure(figure);
    m_parts.emplace_back([this] { return writeNumbers(), true; });
    m_parts.emplace_back([this] { return m_folder.finish(), true; });
}

QString ReportWriter::place(const QString& name) const {
    return QString::fromStdString((m_folder.path() / name.toStdString()).string());
}

void ReportWriter::planFigure(const std::shared_ptr<const Figure>& figure) {
    FigureOptions options;
    options.size = readableSize(*figure, options);
    for (const FigureFormat format : {FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv}) {
        const QString path = place(figure->name() + QLatin1Char('.') + formatWord(format));
        const auto writer = std::make_shared<FigureWriter>(figure, options, format, path);
        m_parts.emplace_back([writer] { return !writer->writeNext(); });
    }
}

void ReportWriter::writeNumbers() const {
    if (m_content.comparison) {
        writeWhole(place(QStringLiteral("comparison.csv")), comparisonTable(*m_content.comparison, ','));
        writeWhole(place(QStringLiteral("comparison.json")),
                   QByteArray::fromStdString(toJsonReport(*m_content.comparison)) + '\n');
    }
    writeLayoutFile(m_folder.path() / "layout.json", m_content.layout);
    writeWhole(place(QStringLiteral("config.json")), QByteArray::fromStdString(toJson(m_content.config)) + '\n');
    writeWhole(place(QStringLiteral("index.html")), pageHtml(m_content).toUtf8());
}

bool ReportWriter::writeNext() {
    if (m_parts.front()()) m_parts.pop_front();
    return !m_parts.empty();
}

}  // namespace consa
