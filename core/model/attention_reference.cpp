// The attention formula, term by term.
#include "core/model/attention_reference.h"

#include <cmath>

namespace consa {

std::vector<double> attentionReference(const AttentionShape& shape, const std::vector<double>& q,
                                       const std::vector<double>& k, const std::vector<double>& v, int windowTokens,
                                       int sinkTokens, int nativeWindow) {
    const int group = shape.queryHeads / shape.kvHeads;
    const auto at = [&](int token, int head, int heads) {
        return (static_cast<std::size_t>(token) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head)) *
               static_cast<std::size_t>(shape.headDim);
    };
    const auto dim = static_cast<std::size_t>(shape.headDim);
    std::vector<double> out(q.size(), 0.0);
    for (int query = 0; query < shape.tokens; ++query) {
        for (int head = 0; head < shape.queryHeads; ++head) {
            const std::size_t qAt = at(query, head, shape.queryHeads);
            double total = 0;
            for (int key = 0; key <= query; ++key) {
                if (!isVisible(query, key, windowTokens, sinkTokens, nativeWindow)) continue;
                const std::size_t kAt = at(key, head / group, shape.kvHeads);
                double score = 0;
                for (std::size_t d = 0; d < dim; ++d) score += q[qAt + d] * k[kAt + d];
                const double weight = std::exp(score / std::sqrt(static_cast<double>(shape.headDim)));
                total += weight;
                for (std::size_t d = 0; d < dim; ++d) out[qAt + d] += weight * v[kAt + d];
            }
            for (std::size_t d = 0; d < dim; ++d) out[qAt + d] /= total;
        }
    }
    return out;
}

}  // namespace consa
