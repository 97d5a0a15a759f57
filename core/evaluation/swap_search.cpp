// Judges swaps one by one.
#include "core/evaluation/swap_search.h"

#include "core/training/trainer.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace consa {

namespace {

constexpr double kInside = 1e-3;  // from 0 and 1, so that both kinds of attention are computed
constexpr int kTrialsAUnit = 4;   // a unit whose swaps failed so often is left alone

/// dLoss/dz of every unit at `layout`, nats a token.
std::vector<double> gradientsAt(const Transformer& model, const EvaluationText& text, const AttentionLayout& layout,
                                const SwapSearch& search, const std::function<void()>& check) {
    std::vector<double> unitZ;
    for (const std::uint8_t full : layout.full) unitZ.push_back(full != 0 ? 1 - kInside : kInside);
    ModelGates gates{perKvHead(layout.grid, unitZ), {}, search.windowTokens, search.sinkTokens};
    gates.zTensor = torch::tensor(gates.z, torch::kFloat64)
                        .view({layout.grid.layerCount, layout.grid.kvHeadCount})
                        .to(model.device(), torch::kFloat32)
                        .requires_grad_();
    for (const TokenWindow& window : text.windows) {
        const auto ids = windowIds(*text.corpus, {&window, 1}, text.contextTokens, model.device());
        (model.loss(ids, gates, check) / static_cast<double>(text.windows.size())).backward();
    }
    const auto gradient = gates.zTensor.grad().to(torch::kCPU, torch::kFloat64).contiguous();
    const std::size_t headsPerUnit = gates.z.size() / unitZ.size();
    std::vector<double> result(unitZ.size());
    for (std::size_t head = 0; head < gates.z.size(); ++head)
        result[head / headsPerUnit] += gradient.data_ptr<double>()[head];
    return result;
}

/// Swaps that keep the budget (under Scope::PerLayer that of every layer), the most promising first.
std::vector<JudgedSwap> candidates(const AttentionLayout& layout, const std::vector<double>& gradients,
                                   const SwapSearch& search) {
    const auto perLayer = static_cast<std::size_t>(layout.grid.unitsPerLayer());
    const auto isFree = [&](std::size_t unit) { return search.pins.empty() || !search.pins[unit]; };
    std::vector<JudgedSwap> result;
    for (std::size_t full = 0; full < layout.full.size(); ++full) {
        if (layout.full[full] == 0 || !isFree(full)) continue;
        for (std::size_t sliding = 0; sliding < layout.full.size(); ++sliding) {
            if (layout.full[sliding] != 0 || !isFree(sliding)) continue;
            if (search.scope == Scope::PerLayer && full / perLayer != sliding / perLayer) continue;
            JudgedSwap swap;
            swap.closed = full;
            swap.opened = sliding;
            swap.predicted = gradients[sliding] - gradients[full];
            result.push_back(swap);
        }
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const JudgedSwap& a, const JudgedSwap& b) { return a.predicted < b.predicted; });
    return result;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The search's state: the layout, its losses, and what was tried.
class Searcher {
public:
    Searcher(const Transformer& model, const EvaluationText& judging, const EvaluationText& guiding,
             const AttentionLayout& start, const SwapSearch& search, const SwapProgress& progress)
        : m_model(model), m_judging(judging), m_guiding(guiding), m_search(search), m_progress(progress) {
        for (const TokenWindow& window : judging.windows) m_documents.push_back(window.document);
        m_result.layout = start;
    }

    SwapResult run() {
        m_losses = lossesOf(m_result.layout);
        m_result.lossBefore = mean(m_losses);
        while (left() > 0 && round()) {
        }
        m_result.lossAfter = mean(m_losses);
        return std::move(m_result);
    }

private:
    [[nodiscard]] int left() const { return m_search.trials - static_cast<int>(m_result.swaps.size()); }

    void check() const { m_progress(static_cast<double>(m_result.swaps.size()) / std::max(1, m_search.trials)); }

    [[nodiscard]] std::vector<double> lossesOf(const AttentionLayout& layout) const {
        const int batchSize = evaluationBatchSize(m_model.device(), m_judging.contextTokens);
        const WindowLosses losses = evaluateLayout(m_model, m_judging, layout, m_search.windowTokens,
                                                   m_search.sinkTokens, batchSize, [this](std::size_t) { check(); });
        return windowMeans(losses, m_judging.contextTokens);
    }

    /// Judges candidates until one is kept; false when none is left.
    bool round() {
        const std::vector<double> gradients =
            gradientsAt(m_model, m_guiding, m_result.layout, m_search, [this] { check(); });
        for (JudgedSwap& swap : candidates(m_result.layout, gradients, m_search)) {
            if (left() <= 0) return false;
            if (m_failures[swap.closed] >= kTrialsAUnit || m_failures[swap.opened] >= kTrialsAUnit) continue;
            if (judge(swap)) return true;
        }
        return false;
    }

    bool judge(JudgedSwap& swap) {
        AttentionLayout layout = m_result.layout;
        std::swap(layout.full[swap.closed], layout.full[swap.opened]);
        if (std::find(m_seen.begin(), m_seen.end(), layout.full) != m_seen.end()) return false;
        m_seen.push_back(layout.full);
        const std::vector<double> losses = lossesOf(layout);
        std::vector<double> differences(losses.size());
        std::transform(losses.begin(), losses.end(), m_losses.begin(), differences.begin(), std::minus<>());
        const PairedDifference difference = pairedDifference(differences, m_documents);
        swap.difference = difference.mean;
        swap.standardError = difference.standardError;
        swap.isAccepted = difference.mean + difference.standardError < 0;
        m_result.swaps.push_back(swap);
        if (!swap.isAccepted) {
            ++m_failures[swap.closed];
            ++m_failures[swap.opened];
            return false;
        }
        m_result.layout = std::move(layout);
        m_losses = losses;
        return true;
    }

    const Transformer& m_model;
    const EvaluationText& m_judging;
    const EvaluationText& m_guiding;
    const SwapSearch& m_search;
    const SwapProgress& m_progress;
    std::vector<int> m_documents;
    SwapResult m_result;
    std::vector<double> m_losses;  // of the layout, a window each
    std::map<std::size_t, int> m_failures;
    std::vector<std::vector<std::uint8_t>> m_seen;
};

}  // namespace

SwapResult searchSwaps(const Transformer& model, const EvaluationText& judging, const EvaluationText& guiding,
                       const AttentionLayout& start, const SwapSearch& search, const SwapProgress& progress) {
    return Searcher(model, judging, guiding, start, search, progress).run();
}

}  // namespace consa
