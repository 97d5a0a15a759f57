// Every layout evaluated on one text so far: loss over sparsity, the points of the frontier.
#pragma once

#include "core/session/session_snapshot.h"

#include <QObject>
#include <QString>
#include <optional>
#include <vector>

namespace consa {

/// One evaluated layout.
struct FrontierPoint {
    QString series;  // "learned", "interleaved", "random", ... or a preset's name
    QString name;    // as the comparison has it, with the step where it was learned
    AttentionLayout layout;
    int windowTokens = 0;
    int sinkTokens = 0;
    double deltaNll = 0;  // to all full, nats
    double standardError = 0;
};

/// Collects comparisons as they come. Only losses on the same tokens belong into one picture: a comparison of another
/// model, text, context or number of tokens begins anew.
class FrontierRecord final : public QObject {
    Q_OBJECT

public:
    explicit FrontierRecord(QObject* parent = nullptr) : QObject(parent) {}

    /// Takes the snapshot's comparison when it is a new one.
    void setSnapshot(const SessionSnapshot& snapshot);
    [[nodiscard]] const std::vector<FrontierPoint>& points() const { return m_points; }

signals:
    void changed();

private:
    void add(const ComparisonRow& row, const SessionSnapshot& snapshot);

    QString m_basis;
    Comparison m_last;
    std::vector<FrontierPoint> m_points;
};

/// What kind of layout a name of a comparison stands for: "interleaved:1@0.5" is "interleaved".
[[nodiscard]] QString layoutSeries(const QString& name);

}  // namespace consa
