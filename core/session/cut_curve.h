// What the current gates give at many budgets, evaluated one by one while nothing else is to do.
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/session/session_snapshot.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Evaluates cuts on a sample of the dev text. Borrows model and corpus.
class CutCurveEvaluator {
public:
    /// Throws Error (BadInput) when the dev text has no window of the config's context.
    CutCurveEvaluator(const Transformer& model, const TokenCorpus& corpus, const TrainingConfig& config);

    /// True when `curve`, which may be of an older step, lacks a point for the gates of `step`.
    [[nodiscard]] bool hasWork(const CutCurve& curve, int step, std::optional<double> cut) const;

    /// The sparsity to evaluate next: the user's cut first, then from coarse to fine.
    [[nodiscard]] double nextSparsity(const CutCurve& curve, int step, std::optional<double> cut) const;

    /// Adds the point of `layout`, the gates of `step` cut at `asked`, to `curve`. What `check` throws leaves it as it
    /// was.
    void addPoint(CutCurve& curve, int step, double asked, const AttentionLayout& layout,
                  const std::function<void()>& check);

private:
    [[nodiscard]] std::vector<double> wanted(std::optional<double> cut) const;

    const Transformer& m_model;
    TrainingConfig m_config;
    EvaluationText m_text;
    std::vector<int> m_documents;
    std::vector<double> m_full;  // mean loss of each window with every head full; empty before the first point
    int m_doneStep = -1;         // whose budgets m_done lists
    std::vector<double> m_done;  // sparsities asked for and evaluated
};

}  // namespace consa
