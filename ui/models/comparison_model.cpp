// Figures of a comparison, formatted; staleness of the learned row; the best row marked.
#include "ui/models/comparison_model.h"

#include "ui/models/kv_cache_size.h"
#include "ui/style/number_text.h"

#include <QFont>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr int kCacheContext = 32768;

/// "66.4 %", with a 95 % interval "66.4 % [60, 72]".
QString share(double value, const std::optional<Interval>& interval) {
    if (!std::isfinite(value)) return QStringLiteral("–");
    const QString text = QStringLiteral("%1 %").arg(numberText(value * 100, 1));
    if (!interval) return text;
    return text +
           QStringLiteral(" [%1, %2]").arg(numberText(interval->low * 100, 0), numberText(interval->high * 100, 0));
}

bool isLearned(const ComparisonRow& row) {
    return row.name.starts_with("learned");
}

bool isRule(const ComparisonRow& row) {
    return row.name == "full" || row.name == "sliding" || row.name.find('@') != std::string::npos;
}

}  // namespace

ComparisonModel::ComparisonModel(QObject* parent) : QAbstractTableModel(parent) {}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_comparison.rows.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const ComparisonRow& row = m_comparison.rows[static_cast<std::size_t>(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return text(index.row(), index.column());
        case Qt::TextAlignmentRole:
            return int((index.column() == Layout ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        case Qt::FontRole: {
            QFont font;
            font.setBold(isBest(row) && (index.column() == Perplexity || index.column() == Layout));
            return font;
        }
        case Qt::ToolTipRole:
            return toolTip(row, index.column());
        case LayoutNamesRole:
            return layoutNames();
        case IsBestRole:
            return isBest(row);
        default:
            return {};
    }
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Layout ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    static const std::array<std::pair<const char*, const char*>, ColumnCount> kHeaders{{
        {QT_TR_NOOP("Layout"), QT_TR_NOOP("Click a row to see its mask in the heatmap")},
        {QT_TR_NOOP("Full k/N"), QT_TR_NOOP("Units on full attention, of all units")},
        {QT_TR_NOOP("Sparsity"), QT_TR_NOOP("Share of units on sliding attention")},
        {QT_TR_NOOP("Perplexity"), QT_TR_NOOP("exp of the mean loss; the best sparse layout is bold")},
        {QT_TR_NOOP("ΔNLL, nats"), QT_TR_NOOP("Paired loss difference to all full, ± standard error by document")},
        {QT_TR_NOOP("To selected, nats"),
         QT_TR_NOOP("Paired loss difference to the selected row, ± standard error by document")},
        {QT_TR_NOOP("Gain, nats"), QT_TR_NOOP("Loss below the best interleaved phase at the same budget, nats")},
        {QT_TR_NOOP("Rule gap"),
         QT_TR_NOOP("Share of the rule gap: (best rule - layout) / (best rule - full), with its 95 % interval")},
        {QT_TR_NOOP("Sliding gap"),
         QT_TR_NOOP("Share of the sliding gap: (sliding - layout) / (sliding - full), with its 95 % interval")},
        {QT_TR_NOOP("Recall, nats"),
         QT_TR_NOOP("Loss above all full on tokens that complete a pair seen before, but out of a window's reach")},
        {QT_TR_NOOP("KV at 32k"), QT_TR_NOOP("bfloat16 KV cache of one sequence of 32 768 tokens")},
        {QT_TR_NOOP("Age"), QT_TR_NOOP("Steps trained since the learned layout was measured")},
    }};
    const auto& header = kHeaders[static_cast<std::size_t>(section)];
    if (role == Qt::DisplayRole) return tr(header.first);
    if (role == Qt::ToolTipRole) return tr(header.second);
    return {};
}

void ComparisonModel::setSnapshot(const SessionSnapshot& snapshot) {
    m_model = snapshot.model;
    const bool hasAged = m_step != snapshot.step || m_run != snapshot.run;
    m_step = snapshot.step;
    m_run = snapshot.run;
    const Comparison comparison = snapshot.comparison.value_or(Comparison{});
    if (comparison != m_comparison) {
        beginResetModel();
        m_comparison = comparison;
        m_selected.reset();
        m_comparisonRun = snapshot.run;
        endResetModel();
    } else if (hasAged && rowCount() > 0) {
        emit dataChanged(index(0, Age), index(rowCount() - 1, Age));
    }
}

std::optional<int> ComparisonModel::learnedAge() const {
    if (m_comparisonRun != m_run) return std::nullopt;
    return std::max(m_step - m_comparison.atStep, 0);
}

void ComparisonModel::setSelectedRow(std::optional<int> row) {
    if (m_selected == row) return;
    m_selected = row;
    if (rowCount() > 0) emit dataChanged(index(0, Versus), index(rowCount() - 1, Versus));
    emit selectedRowChanged();
}

QString ComparisonModel::toText() const {
    QStringList lines;
    for (int row = -1; row < rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < ColumnCount; ++column) {
            const QString cell =
                row < 0 ? headerData(column, Qt::Horizontal, Qt::DisplayRole).toString() : text(row, column);
            cells << (column == Layout ? cell : withHyphens(cell));
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

QString ComparisonModel::toolTip(const ComparisonRow& row, int column) const {
    if (column == Recall && row.recallTokens > 0)
        return tr("%1 tokens, loss %2 nats").arg(row.recallTokens).arg(row.recallNll, 0, 'f', 4);
    return tr("%1 tokens of %2 documents, window %3, sinks %4%5")
        .arg(row.tokens)
        .arg(row.documents)
        .arg(row.windowTokens)
        .arg(row.sinkTokens)
        .arg(row.hasTrainedWeights ? tr(", with the weights that a run trained") : QString());
}

QString ComparisonModel::versusText(int row) const {
    if (!m_selected || *m_selected == row) return QStringLiteral("–");
    const auto first = static_cast<std::size_t>(std::min(row, *m_selected));
    const auto second = static_cast<std::size_t>(std::max(row, *m_selected));
    for (const RowDifference& pair : m_comparison.versus) {
        if (pair.row != first || pair.other != second) continue;
        return differenceText(row < *m_selected ? pair.deltaNll : -pair.deltaNll, pair.standardError);
    }
    return QStringLiteral("–");
}

QString ComparisonModel::ageText(const ComparisonRow& row) const {
    if (!isLearned(row)) return QStringLiteral("–");
    if (!learnedAge()) return tr("earlier run");
    return *learnedAge() == 0 ? tr("now") : tr("%1 steps").arg(*learnedAge());
}

QString ComparisonModel::text(int index, int column) const {
    const ComparisonRow& row = m_comparison.rows[static_cast<std::size_t>(index)];
    const QString none = QStringLiteral("–");
    switch (column) {
        case Layout: {
            const QString name = QString::fromStdString(row.name);
            return isBest(row) ? tr("%1 · best").arg(name) : name;
        }
        case FullUnits:
            return QStringLiteral("%1/%2").arg(row.layout.fullCount()).arg(row.layout.grid.unitCount());
        case Sparsity:
            return QStringLiteral("%1 %").arg(row.layout.sparsity() * 100, 0, 'f', 1);
        case Perplexity:
            return QString::number(row.perplexity(), 'f', row.perplexity() < 10 ? 3 : 2);
        case Delta:
            return row.name == "full" ? none : differenceText(row.deltaNll, row.deltaStandardError);
        case Versus:
            return versusText(index);
        case Gain:
            return row.hasGain ? differenceText(row.gainOverInterleaved, row.gainStandardError) : none;
        case RuleGap:
            return isRule(row) ? none : share(row.shareOfRuleGap, row.shareOfRuleGapInterval);
        case SlidingGap:
            return row.name == "full" || row.name == "sliding"
                       ? none
                       : share(row.shareOfSlidingGap, row.shareOfSlidingGapInterval);
        case Recall:
            return row.recallTokens == 0 || row.name == "full"
                       ? none
                       : differenceText(row.recallDeltaNll, row.recallDeltaStandardError);
        case Cache:
            if (!m_model) return none;
            return formatBytes(kvCacheBytes(*m_model, row.layout, kCacheContext, row.windowTokens, row.sinkTokens));
        case Age:
            return ageText(row);
        default:
            return {};
    }
}

bool ComparisonModel::isBest(const ComparisonRow& row) const {
    if (row.name == "full") return false;
    return std::all_of(m_comparison.rows.begin(), m_comparison.rows.end(),
                       [&row](const ComparisonRow& other) { return other.name == "full" || row.nll <= other.nll; });
}

QStringList ComparisonModel::layoutNames() const {
    QStringList names;
    for (const ComparisonRow& row : m_comparison.rows) names << QString::fromStdString(row.name);
    return names;
}

}  // namespace consa
