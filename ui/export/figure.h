// A figure that can be saved: drawn at any size, or written as numbers.
#pragma once

#include "ui/export/plot_output.h"

#include <memory>

namespace consa {

/// A plot off the screen, and what keeps it alive.
class OffscreenPlot {
public:
    explicit OffscreenPlot(double textScale) : m_textScale(textScale) {}
    virtual ~OffscreenPlot() = default;
    [[nodiscard]] virtual QCustomPlot& plot() = 0;
    /// True when it can be read at the size that it was arranged for.
    [[nodiscard]] virtual bool hasRoom(QSize size);

private:
    PlotTextScale m_textScale;  // before any font is asked for
};

/// Immutable: what was on show when it was made.
class Figure {
public:
    virtual ~Figure() = default;

    /// "heatmap", "curves", ...: the file's name without a suffix.
    [[nodiscard]] virtual QString name() const = 0;
    /// As a list names it.
    [[nodiscard]] virtual QString title() const = 0;
    /// Model, run, step, target, sparsity, seed, version in one sentence.
    [[nodiscard]] virtual QString caption() const = 0;
    [[nodiscard]] virtual FigureFacts facts() const = 0;
    [[nodiscard]] virtual std::unique_ptr<OffscreenPlot> arrange(const FigureOptions& options) const = 0;
    /// The numbers: a header and a line a value, provenance in # lines before them.
    [[nodiscard]] virtual QByteArray table(char separator) const = 0;
};

/// The figure at the options' size with the largest text that leaves room for the rest, from the options' own down to 6
/// points; with those where nothing does.
[[nodiscard]] std::unique_ptr<OffscreenPlot> arrangeToFit(const Figure& figure, FigureOptions options);

/// The figure in a format, whole. Throws Error (BadInput) naming the least size where the options' is too small to
/// read.
[[nodiscard]] QByteArray render(const Figure& figure, const FigureOptions& options, FigureFormat format);
/// Renders and writes; the old file stays when writing fails. Throws Error naming path and reason.
void saveFigure(const Figure& figure, const FigureOptions& options, FigureFormat format, const QString& path);

}  // namespace consa
