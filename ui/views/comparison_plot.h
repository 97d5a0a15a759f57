// One of the two plots of a comparison.
#pragma once

#include "ui/views/comparison_scene.h"

#include <QWidget>
#include <memory>

namespace consa {

class ComparisonModel;

/// Follows the comparison and the frontier; a click on a point of the frontier asks for its layout.
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

    ComparisonPicture m_picture;
    const ComparisonModel& m_model;
    const FrontierRecord& m_record;
    QCustomPlot* m_plot;
    std::unique_ptr<ComparisonScene> m_scene;
};

}  // namespace consa
