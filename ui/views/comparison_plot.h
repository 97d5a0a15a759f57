// The plot beside the comparison's table.
#pragma once

#include "ui/views/comparison_scene.h"

#include <QWidget>
#include <memory>

namespace consa {

/// Shows one of the two pictures of a comparison; a click on a point of the frontier asks for its layout.
class ComparisonPlot final : public QWidget {
    Q_OBJECT

public:
    /// `record` must outlive this.
    explicit ComparisonPlot(const FrontierRecord& record, QWidget* parent = nullptr);
    ~ComparisonPlot() override;

    void setPicture(ComparisonPicture picture);
    [[nodiscard]] ComparisonPicture picture() const { return m_picture; }
    void setComparison(const Comparison& comparison, std::optional<int> selected);
    /// Where a point of the frontier is drawn, in widget coordinates.
    [[nodiscard]] QPointF placeOf(std::size_t point) const { return m_scene->placeOf(point); }

    [[nodiscard]] QSize minimumSizeHint() const override { return {220, 100}; }
    [[nodiscard]] QSize sizeHint() const override { return {420, 200}; }

signals:
    void pointActivated(const consa::FrontierPoint& point);

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();

    const FrontierRecord& m_record;
    QCustomPlot* m_plot;
    std::unique_ptr<ComparisonScene> m_scene;
    ComparisonPicture m_picture = ComparisonPicture::Positions;
    Comparison m_comparison;
    std::optional<int> m_selected;
};

}  // namespace consa
