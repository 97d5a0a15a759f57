// One of the two plots of a comparison.
#pragma once

#include "ui/views/comparison_scene.h"

#include <QWidget>
#include <memory>

namespace consa {

class ComparisonModel;

/// Follows the comparison and the frontier. What the pointer is over stands out, else the selected row; a click on a
/// point of the frontier or on a curve asks for its layout.
class ComparisonPlot final : public QWidget {
    Q_OBJECT

public:
    /// Both must outlive this.
    ComparisonPlot(ComparisonPicture picture, const ComparisonModel& model, const FrontierRecord& record,
                   QWidget* parent = nullptr);
    ~ComparisonPlot() override;

    [[nodiscard]] ComparisonPicture picture() const { return m_picture; }
    /// Where a point of the frontier is drawn, in widget coordinates.
    [[nodiscard]] QPointF placeOf(std::size_t point) const { return m_scene->placeOf(point); }
    /// The same of a row's curve in a bucket of positions.
    [[nodiscard]] QPointF placeOf(std::size_t row, std::size_t bucket) const { return m_scene->placeOf(row, bucket); }
    /// Row or point that stands out.
    [[nodiscard]] std::optional<std::size_t> emphasised() const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {220, 100}; }
    [[nodiscard]] QSize sizeHint() const override { return {420, 200}; }

signals:
    void pointActivated(const consa::FrontierPoint& point);
    void rowActivated(int row);

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();
    [[nodiscard]] std::optional<std::size_t> partAt(QPointF place) const;
    void setHovered(std::optional<std::size_t> part);
    [[nodiscard]] QString toolTipOf(std::size_t part) const;

    ComparisonPicture m_picture;
    const ComparisonModel& m_model;
    const FrontierRecord& m_record;
    QCustomPlot* m_plot;
    std::unique_ptr<ComparisonScene> m_scene;
    std::optional<std::size_t> m_hovered;  // row or point under the pointer
};

}  // namespace consa
