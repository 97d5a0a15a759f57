// Points of the cut curve, coarse to fine.
#include "core/session/cut_curve.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace consa {

namespace {

constexpr std::int64_t kTokensOnGpu = 65536, kTokensOnCpu = 4096;  // a point takes well under a second, a few on a CPU
constexpr std::array<double, 19> kSparsities{0.5, 0.25, 0.75, 0.9,  0.1,  0.6,  0.4,  0.8,  0.3, 0.7,
                                             0.2, 0.85, 0.65, 0.95, 0.35, 0.55, 0.45, 0.15, 0.05};

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

CutCurveEvaluator::CutCurveEvaluator(const Transformer& model, const TokenCorpus& corpus, const TrainingConfig& config)
    : m_model(model),
      m_config(config),
      m_text(makeEvaluationText(corpus, Split::Dev, config.contextTokens, config.windowTokens,
                                model.device().is_cuda() ? kTokensOnGpu : kTokensOnCpu)) {
    for (const TokenWindow& window : m_text.windows) m_documents.push_back(window.document);
}

std::vector<double> CutCurveEvaluator::wanted(std::optional<double> cut) const {
    std::vector<double> result(kSparsities.begin(), kSparsities.end());
    if (cut) result.insert(result.begin(), *cut);
    return result;
}

bool CutCurveEvaluator::hasWork(const CutCurve& curve, int step, std::optional<double> cut) const {
    if (curve.step != step || m_doneStep != step) return true;
    const std::vector<double> all = wanted(cut);
    return std::any_of(all.begin(), all.end(), [this](double sparsity) {
        return std::find(m_done.begin(), m_done.end(), sparsity) == m_done.end();
    });
}

double CutCurveEvaluator::nextSparsity(const CutCurve& curve, int step, std::optional<double> cut) const {
    const std::vector<double> all = wanted(cut);
    if (curve.step != step || m_doneStep != step) return all.front();
    return *std::find_if(all.begin(), all.end(), [this](double sparsity) {
        return std::find(m_done.begin(), m_done.end(), sparsity) == m_done.end();
    });
}

void CutCurveEvaluator::addPoint(CutCurve& curve, int step, double asked, const AttentionLayout& layout,
                                 const std::function<void()>& check) {
    const int batchSize = evaluationBatchSize(m_model.device(), m_config.contextTokens);
    const auto losses = [&](const AttentionLayout& one) {
        return windowMeans(evaluateLayout(m_model, m_text, one, m_config.windowTokens, m_config.sinkTokens, batchSize,
                                          [&](std::size_t) { check(); }),
                           m_config.contextTokens);
    };
    const bool haveWeightsMoved = m_config.mode != LearningMode::Gates && m_doneStep != step;
    if (m_full.empty() || haveWeightsMoved)
        m_full = losses(AttentionLayout(m_model.config().grid(Granularity::KvHead), true));
    const std::vector<double> means = losses(layout);
    if (curve.step != step || m_doneStep != step) {
        curve = {};
        m_done.clear();
    }
    std::vector<double> differences(means.size());
    std::transform(means.begin(), means.end(), m_full.begin(), differences.begin(), std::minus<>());
    const PairedDifference delta = pairedDifference(differences, m_documents);
    curve.step = m_doneStep = step;
    curve.tokens = static_cast<std::int64_t>(m_text.windows.size()) * m_config.contextTokens;
    curve.nllFull = mean(m_full);
    const CutPoint point{layout.sparsity(), mean(means), delta.mean, delta.standardError};
    const auto place = std::lower_bound(curve.points.begin(), curve.points.end(), point.sparsity,
                                        [](const CutPoint& p, double sparsity) { return p.sparsity < sparsity; });
    if (place == curve.points.end() || place->sparsity != point.sparsity) curve.points.insert(place, point);
    m_done.push_back(asked);
    curve.isComplete = !hasWork(curve, step, {});
}

}  // namespace consa
