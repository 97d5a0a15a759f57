// Chooses the path, and the portable one's mix.
#include "core/model/gated_attention.h"

#include "core/model/fused_attention.h"
#include "core/model/portable_attention.h"

#include <algorithm>
#include <vector>

namespace consa {

namespace {

/// The KV heads of one kind and where they lie.
struct HeadSubset {
    std::vector<int64_t> kvHeads;

    [[nodiscard]] int64_t slotOf(int64_t kvHead) const {
        const auto found = std::find(kvHeads.begin(), kvHeads.end(), kvHead);
        return found == kvHeads.end() ? -1 : found - kvHeads.begin();
    }
};

/// KV heads `subset` of x: [batch, tokens, kvHeads x group, dim].
torch::Tensor select(const torch::Tensor& x, const HeadSubset& subset, int64_t kvHeads) {
    if (static_cast<int64_t>(subset.kvHeads.size()) == kvHeads) return x;
    const int64_t group = x.size(2) / kvHeads;
    const auto index = torch::tensor(subset.kvHeads, torch::TensorOptions(torch::kInt64).device(x.device()));
    return x.unflatten(2, {kvHeads, group}).index_select(2, index).flatten(2, 3);
}

/// True when the text is longer than what full heads see.
bool isBounded(const torch::Tensor& q, const LayerGates& gates) {
    return gates.nativeWindow > 0 && q.size(1) > gates.nativeWindow;
}

torch::Tensor portableGatedAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                     const LayerGates& gates) {
    const int64_t kvHeads = k.size(2), group = q.size(2) / kvHeads;
    HeadSubset fullHeads, slidingHeads;
    for (int64_t head = 0; head < kvHeads; ++head) {
        if (gates.z[static_cast<std::size_t>(head)] > 0) fullHeads.kvHeads.push_back(head);
        if (gates.z[static_cast<std::size_t>(head)] < 1) slidingHeads.kvHeads.push_back(head);
    }
    const auto attend = [&](const HeadSubset& subset, int window, int sinks) {
        const auto x = select(q, subset, kvHeads), y = select(k, subset, kvHeads), z = select(v, subset, kvHeads);
        if (window == 0) return portableFullAttention(x, y, z);
        return portableSlidingAttention(x, y, z, window, sinks, gates.nativeWindow);
    };
    const int fullWindow = isBounded(q, gates) ? gates.nativeWindow : 0;
    torch::Tensor full, sliding;  // [batch, tokens, heads of the subset x group, dim]
    if (!fullHeads.kvHeads.empty()) full = attend(fullHeads, fullWindow, 0);
    if (!slidingHeads.kvHeads.empty()) sliding = attend(slidingHeads, gates.windowTokens, gates.sinkTokens);
    if (slidingHeads.kvHeads.empty()) return full;
    if (fullHeads.kvHeads.empty()) return sliding;

    std::vector<torch::Tensor> heads;
    for (int64_t head = 0; head < kvHeads; ++head) {
        const int64_t f = fullHeads.slotOf(head), s = slidingHeads.slotOf(head);
        const auto of = [group](const torch::Tensor& x, int64_t slot) { return x.narrow(2, slot * group, group); };
        if (s < 0) {
            heads.push_back(of(full, f));
        } else if (f < 0) {
            heads.push_back(of(sliding, s));
        } else if (gates.zTensor.defined()) {
            const auto z = gates.zTensor[head].to(q.scalar_type());
            heads.push_back(of(sliding, s) + z * (of(full, f) - of(sliding, s)));
        } else {
            const double z = gates.z[static_cast<std::size_t>(head)];
            heads.push_back(of(sliding, s) + z * (of(full, f) - of(sliding, s)));
        }
    }
    return torch::cat(heads, 2);
}

}  // namespace

torch::Tensor gatedAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const LayerGates& gates) {
    if (!isBounded(q, gates) && canFuseAttention(q, k, gates)) return fusedGatedAttention(q, k, v, gates);
    return portableGatedAttention(q, k, v, gates);
}

}  // namespace consa
