// Blocked sliding attention and grouped-query full attention.
#include "core/model/portable_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace consa {

using torch::indexing::None;
using torch::indexing::Slice;

torch::Tensor portableFullAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
    const int64_t group = q.size(2) / k.size(2);
    const auto perQueryHead = [group](const torch::Tensor& x) {  // [batch, queryHeads, tokens, headDim]
        return (group == 1 ? x : x.repeat_interleave(group, 2)).transpose(1, 2);
    };
    return at::scaled_dot_product_attention(q.transpose(1, 2), perQueryHead(k), perQueryHead(v), std::nullopt, 0.0,
                                            /*is_causal=*/true)
        .transpose(1, 2);
}

namespace {

/// 0 where a key is visible, -inf elsewhere; [blocks, 1, window, sinks + 2 window] for blocks of `window` queries whose
/// keys are the sinks followed by the previous and the own block.
torch::Tensor blockMask(int64_t blocks, int64_t window, int64_t sinks, int64_t native,
                        const torch::TensorOptions& options) {
    const auto index = options.dtype(torch::kInt64);
    const auto query = torch::arange(blocks * window, index).view({blocks, window, 1});
    const auto sinkKey = torch::arange(sinks, index).view({1, 1, sinks});
    const auto bandKey = torch::arange(2 * window, index).view({1, 1, 2 * window}) +
                         (torch::arange(blocks, index).view({blocks, 1, 1}) - 1) * window;
    auto sinkVisible = query - sinkKey >= window;  // inside the window the band holds the sink already
    if (native > 0) sinkVisible = sinkVisible & (query - sinkKey < native);
    const auto bandVisible = (bandKey >= 0) & (bandKey <= query) & (query - bandKey < window);
    const auto visible = torch::cat({sinkVisible, bandVisible}, -1).unsqueeze(1);
    return torch::zeros(visible.sizes(), options).masked_fill_(~visible, -std::numeric_limits<float>::infinity());
}

/// Keys or values for each block of queries: [batch, tokens, heads, dim] -> [batch, heads, blocks, sinks + 2 window,
/// dim].
torch::Tensor blockKeys(const torch::Tensor& x, int64_t blocks, int64_t window, int64_t sinks) {
    const int64_t missing = blocks * window - x.size(1);
    const auto padded = at::constant_pad_nd(x.transpose(1, 2), {0, 0, window, missing});
    const auto band = padded.unfold(2, 2 * window, window).transpose(-1, -2);  // [batch, heads, blocks, 2 window, dim]
    if (sinks == 0) return band.contiguous();
    const auto first = x.index({Slice(), Slice(None, sinks)}).transpose(1, 2).unsqueeze(2);
    return torch::cat({first.expand({-1, -1, blocks, -1, -1}), band}, 3);
}

}  // namespace

torch::Tensor portableSlidingAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       int windowTokens, int sinkTokens, int nativeWindow) {
    const int64_t batch = q.size(0), tokens = q.size(1), heads = q.size(2), dim = q.size(3), kvHeads = k.size(2);
    const int64_t group = heads / kvHeads, native = nativeWindow;
    const int64_t window = std::min<int64_t>({windowTokens, tokens, native > 0 ? native : tokens});
    const int64_t sinks = std::min<int64_t>(sinkTokens, tokens), blocks = (tokens + window - 1) / window;

    auto queries = at::constant_pad_nd(q.transpose(1, 2), {0, 0, 0, blocks * window - tokens});
    queries = queries.reshape({batch, kvHeads, group, blocks, window, dim}).transpose(2, 3);
    queries = queries.reshape({batch, kvHeads, blocks, group * window, dim});
    const auto keys = blockKeys(k, blocks, window, sinks);
    const auto values = blockKeys(v, blocks, window, sinks);

    auto scores = torch::matmul(queries * (1 / std::sqrt(static_cast<double>(dim))), keys.transpose(-1, -2));
    const auto mask = blockMask(blocks, window, sinks, native, scores.options().requires_grad(false));
    scores = scores.view({batch, kvHeads, blocks, group, window, sinks + 2 * window}) + mask;
    const auto weights = torch::softmax(scores, -1).view({batch, kvHeads, blocks, group * window, sinks + 2 * window});

    auto out = torch::matmul(weights, values).view({batch, kvHeads, blocks, group, window, dim}).transpose(2, 3);
    out = out.reshape({batch, heads, blocks * window, dim});
    return out.index({Slice(), Slice(), Slice(None, tokens)}).transpose(1, 2);
}

}  // namespace consa
