// A figure into a file while the window lives on.
#pragma once

#include "ui/export/figure.h"

#include <QByteArray>
#include <functional>
#include <future>
#include <memory>

namespace consa {

/// Draws a figure in the thread that asks, as plots are widgets; another thread encodes the picture, which takes five
/// times as long, and writes the file. The old file stays until all of it is written.
class FigureWriter {
public:
    FigureWriter(std::shared_ptr<const Figure> figure, FigureOptions options, FigureFormat format, QString path);

    /// Draws, then waits a few milliseconds a call for the other thread; false when all is done. Throws Error naming
    /// path and reason.
    bool writeNext();

    [[nodiscard]] const QString& path() const { return m_path; }

private:
    /// What is left to do once the figure is drawn: its bytes.
    [[nodiscard]] std::function<QByteArray()> drawn() const;

    std::shared_ptr<const Figure> m_figure;
    FigureOptions m_options;
    FigureFormat m_format;
    QString m_path;
    std::future<void> m_writing;  // waited for when destroyed
};

}  // namespace consa
