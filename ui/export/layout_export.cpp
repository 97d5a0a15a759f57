// Formats of layouts as the file dialog names them.
#include "ui/export/layout_export.h"

#include "core/layout/layer_layout.h"
#include "core/layout/layout_exchange.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QRegularExpression>

namespace consa {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("LayoutExport", text);
}

/// A word for a POSIX shell.
QString quoted(QString word) {
    static const QRegularExpression kPlain(QStringLiteral("^[A-Za-z0-9_./@%+=:,-]+$"));
    if (kPlain.match(word).hasMatch()) return word;
    return QLatin1Char('\'') + word.replace(QLatin1String("'"), QLatin1String("'\\''")) + QLatin1Char('\'');
}

}  // namespace

QStringList layoutExportFilters() {
    return {tr("Layout file (*.json)"), tr("PruLong masks (*.tsv)"), tr("DuoAttention folder (*)")};
}

void writeLayoutAs(const LayoutFile& file, const QString& path, const QString& filter) {
    const auto withSuffix = [&](const char* suffix) {
        const bool hasOne = !QFileInfo(path).suffix().isEmpty();
        return (hasOne ? path : path + QLatin1String(suffix)).toStdString();
    };
    switch (layoutExportFilters().indexOf(filter)) {
        case 1:
            return writePruLong(withSuffix(".tsv"), file);
        case 2:
            return writeDuoAttention(path.toStdString(), file);
        default:
            return writeLayoutFile(withSuffix(".json"), file);
    }
}

QString modelExportCommand(const LayoutFile& file, const QString& presetPath, const QString& model) {
    QStringList words{QStringLiteral("consa"), QStringLiteral("convert"), quoted(presetPath), QStringLiteral("--to"),
                      QStringLiteral("hf")};
    words << QStringLiteral("--out") << quoted(QFileInfo(presetPath).completeBaseName() + QStringLiteral("-hf"));
    words << QStringLiteral("--model") << quoted(model.isEmpty() ? QStringLiteral("default") : model);
    if (firstMixedLayer(file.layout) >= 0) words << QStringLiteral("--as-layers");
    return words.join(QLatin1Char(' '));
}

QString modelExportLosses(const LayoutFile& file) {
    QStringList losses;
    if (firstMixedLayer(file.layout) >= 0) {
        losses << tr("transformers decides whole layers: those with the most probable KV heads stay full.");
    }
    if (file.sinkTokens > 0 && file.layout.sparsity() > 0) {
        losses << tr(
            "Its sliding layers have no sinks, so the perplexity will be higher; “Evaluate as exported” says how much. "
            "A layout learned with one gate per layer and 0 sinks loses nothing.");
    }
    return losses.join(QLatin1Char('\n'));
}

}  // namespace consa
