// KV-cache size from the model's shape.
#include "ui/models/kv_cache_size.h"

#include "core/base/byte_text.h"

#include <algorithm>

namespace consa {

double kvCacheBytes(const ModelConfig& model, const AttentionLayout& layout, int contextTokens, int windowTokens,
                    int sinkTokens) {
    const int headCount = model.layerCount * model.kvHeadCount;
    if (headCount == 0) return 0;
    std::int64_t tokens = 0;  // kept by all heads together
    for (int layer = 0; layer < model.layerCount; ++layer) {
        const int native = model.nativeWindow(layer);
        const int seen = native > 0 ? std::min(contextTokens, native) : contextTokens;
        for (int head = 0; head < model.kvHeadCount; ++head)
            tokens += layout.isHeadFull(layer, head) ? seen : std::min(seen, windowTokens + sinkTokens);
    }
    return static_cast<double>(model.kvBytesPerToken()) / headCount * static_cast<double>(tokens);
}

QString formatBytes(double bytes) {
    return QString::fromStdString(byteText(bytes));
}

}  // namespace consa
