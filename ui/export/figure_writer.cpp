// The work of saving a figure between two threads.
#include "ui/export/figure_writer.h"

#include <chrono>
#include <utility>

namespace consa {

namespace {
constexpr std::chrono::milliseconds kPatience{5};  // a turn of the window's loop that waits instead of spinning
}

FigureWriter::FigureWriter(std::shared_ptr<const Figure> figure, FigureOptions options, FigureFormat format,
                           QString path)
    : m_figure(std::move(figure)), m_options(std::move(options)), m_format(format), m_path(std::move(path)) {}

bool FigureWriter::writeNext() {
    if (!m_writing.valid()) {
        // Without a thread to spare it is done in get().
        m_writing = std::async([bytes = drawn(), path = m_path] { writeWhole(path, bytes()); });
        return true;
    }
    if (m_writing.wait_for(kPatience) == std::future_status::timeout) return true;
    m_writing.get();
    return false;
}

std::function<QByteArray()> FigureWriter::drawn() const {
    if (m_format != FigureFormat::Png) return [bytes = render(*m_figure, m_options, m_format)] { return bytes; };
    const std::unique_ptr<OffscreenPlot> offscreen = arrangeToFit(*m_figure, m_options);
    return [image = plotToImage(offscreen->plot(), m_options, m_figure->facts())] { return encodePng(image); };
}

}  // namespace consa
