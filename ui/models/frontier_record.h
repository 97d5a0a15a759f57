// Every layout evaluated on one text so far: loss over sparsity, the points of the frontier.
#pragma once

#include "core/session/session_snapshot.h"

#include <QObject>
#include <QString>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace consa {

/// One evaluated layout.
struct FrontierPoint {
    QString series;          // "learned", "interleaved", "random", ... or a preset's name
    QString name;            // as the comparison has it, with the step where it was learned
    AttentionLayout layout;  // empty when only its figures are known
    int windowTokens = 0;
    int sinkTokens = 0;
    double sparsity = 0;
    double deltaNll = 0;  // to all full, nats
    double standardError = 0;
    QString run;      // that it was measured in; empty where none was kept
    QString rowName;  // as the comparison has it
    int fullUnits = 0;
    int units = 0;
    double nll = std::numeric_limits<double>::quiet_NaN();
    std::int64_t tokens = 0;  // 0 where unknown
};

class FrontierStore;
struct FrontierStudy;

/// Collects comparisons as they come, and keeps them. Only losses on the same tokens belong into one picture: a
/// comparison of another model, text, context or number of tokens goes on with that one's points, if there are any.
class FrontierRecord final : public QObject {
    Q_OBJECT

public:
    /// Points are kept in files of `folder`; nowhere when that is empty.
    explicit FrontierRecord(std::filesystem::path folder = {}, QObject* parent = nullptr);
    ~FrontierRecord() override;

    /// Takes the snapshot's comparison when it is a new one. Of a model and texts that were just opened the points of
    /// their latest comparison come back.
    void setSnapshot(const SessionSnapshot& snapshot);
    [[nodiscard]] const std::vector<FrontierPoint>& points() const;

signals:
    void changed();
    /// The points could not be kept or read.
    void problemOccurred(const QString& sentence);

private:
    void recall(const SessionSnapshot& snapshot);
    /// What the disk refuses becomes a problem that is told.
    void tryTo(const std::function<void()>& work);
    void add(const ComparisonRow& row, const SessionSnapshot& snapshot);

    std::unique_ptr<FrontierStore> m_store;
    std::unique_ptr<FrontierStudy> m_study;
    Comparison m_last;
};

/// What kind of layout a name of a comparison stands for: "interleaved:1@0.5" is "interleaved".
[[nodiscard]] QString layoutSeries(const QString& name);

}  // namespace consa
