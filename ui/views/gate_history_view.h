// A small curve: P(full) of the current gate over the recorded steps.
#pragma once

#include <QWidget>
#include <cstddef>
#include <optional>

namespace consa {

class GateRecord;

/// Draws nothing without a gate or with fewer than two recorded steps.
class GateHistoryView final : public QWidget {
    Q_OBJECT

public:
    /// `record` must outlive this.
    explicit GateHistoryView(const GateRecord& record, QWidget* parent = nullptr);

    /// The gate by its place in the row-major grid; empty for none.
    void setUnit(std::optional<std::size_t> unit);
    /// "Layer 3 · KV head 2: P(full) over steps 0 to 150, from 0.93 to 0.02"; empty without a curve.
    [[nodiscard]] QString summary() const;
    /// Where a frame is drawn.
    [[nodiscard]] QPointF placeOf(std::size_t frame) const;

    [[nodiscard]] QSize sizeHint() const override { return {150, 34}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 34}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] bool hasCurve() const;

    const GateRecord& m_record;
    std::optional<std::size_t> m_unit;
};

}  // namespace consa
