// Serves a GGUF model's tensors under Hugging Face's names.
#include "core/checkpoint/gguf_checkpoint.h"

#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checkpoint_support.h"
#include "core/checkpoint/gguf_config.h"
#include "core/checkpoint/gguf_shards.h"
#include "core/checkpoint/gguf_tokenizer.h"

#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace consa {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

constexpr std::array<NamePair, 3> kModelNames = {{{"token_embd.weight", "model.embed_tokens.weight"},
                                                  {"output_norm.weight", "model.norm.weight"},
                                                  {"output.weight", "lm_head.weight"}}};

constexpr std::array<NamePair, 14> kLayerNames = {{{"attn_norm.weight", "input_layernorm.weight"},
                                                   {"attn_q.weight", "self_attn.q_proj.weight"},
                                                   {"attn_q.bias", "self_attn.q_proj.bias"},
                                                   {"attn_k.weight", "self_attn.k_proj.weight"},
                                                   {"attn_k.bias", "self_attn.k_proj.bias"},
                                                   {"attn_v.weight", "self_attn.v_proj.weight"},
                                                   {"attn_v.bias", "self_attn.v_proj.bias"},
                                                   {"attn_output.weight", "self_attn.o_proj.weight"},
                                                   {"attn_q_norm.weight", "self_attn.q_norm.weight"},
                                                   {"attn_k_norm.weight", "self_attn.k_norm.weight"},
                                                   {"ffn_norm.weight", "post_attention_layernorm.weight"},
                                                   {"ffn_gate.weight", "mlp.gate_proj.weight"},
                                                   {"ffn_up.weight", "mlp.up_proj.weight"},
                                                   {"ffn_down.weight", "mlp.down_proj.weight"}}};

template <std::size_t N>
std::string_view translate(const std::array<NamePair, N>& names, std::string_view word) {
    for (const NamePair& pair : names) {
        if (pair.first == word) return pair.second;
    }
    return {};
}

/// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight"; "" for names that are none of ours.
std::string ourName(const std::string& name) {
    if (const auto whole = translate(kModelNames, name); !whole.empty()) return std::string(whole);
    const std::size_t dot = name.starts_with("blk.") ? name.find('.', 4) : std::string::npos;
    if (dot == std::string::npos) return "";
    const auto part = translate(kLayerNames, std::string_view(name).substr(dot + 1));
    return part.empty() ? "" : "model.layers." + name.substr(4, dot - 4) + "." + std::string(part);
}

[[noreturn]] void failForeign(const std::string& source, const GgufTensor& tensor, const ModelConfig& config) {
    throw Error("cannot use " + source + ": it has the " + (tensor.name.ends_with(".bias") ? "bias " : "tensor ") +
                printable(tensor.name) + ", which a plain " + config.architecture + " decoder of " +
                std::to_string(config.layerCount) + " layers does not have; it would be computed wrongly without");
}

/// Heads whose rows llama.cpp stores pairwise: its llama turns neighbouring rows, Hugging Face's the two halves.
int interleavedHeads(const ModelConfig& config, const std::string& name) {
    if (config.architecture != "llama") return 0;
    if (name.find("self_attn.q_proj.") != std::string::npos) return config.queryHeadCount;
    return name.find("self_attn.k_proj.") != std::string::npos ? config.kvHeadCount : 0;
}

class GgufCheckpoint final : public Checkpoint {
public:
    explicit GgufCheckpoint(const std::filesystem::path& path)
        : m_shards(path), m_config(ggufConfig(m_shards.head(), m_shards.tensors(), ggufModelName(path))) {
        std::unordered_set<std::string> known;
        for (const TensorInfo& required : requiredTensors(m_config)) known.insert(required.name);
        for (const GgufTensor* tensor : m_shards.tensors()) {
            // Already part of the config.
            if (tensor->name == kGgufRopeDivisors && m_config.ropeScaling.form == RopeForm::Divisors) continue;
            const std::string name = ourName(tensor->name);
            if (known.count(name) == 0) failForeign(m_shards.head().source(), *tensor, m_config);
            m_tensors.push_back(
                {name, toString(tensor->type), tensor->shape, static_cast<std::int64_t>(tensor->bytes.size())});
            m_stored.emplace(name, tensor);
        }
    }

    [[nodiscard]] const ModelConfig& config() const override { return m_config; }
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const override { return m_tensors; }
    [[nodiscard]] bool contains(const std::string& name) const override { return m_stored.count(name) > 0; }
    [[nodiscard]] std::string tokenizerJson() const override { return tokenizerJsonFromGguf(m_shards.head()); }
    [[nodiscard]] SpecialTokens specialTokens() const override {
        const GgufFile& head = m_shards.head();
        return {head.integer("tokenizer.ggml.bos_token_id"), head.integer("tokenizer.ggml.eos_token_id"),
                head.integer("tokenizer.ggml.padding_token_id"), head.text("tokenizer.chat_template").value_or("")};
    }
    [[nodiscard]] std::string format() const override { return "gguf"; }

    [[nodiscard]] StoredValues stored(const std::string& name) const override {
        const auto found = m_stored.find(name);
        if (found == m_stored.end()) failMissingTensor(m_shards.head().source(), name);
        const GgufTensor& tensor = *found->second;
        return {tensor.type, tensor.bytes, static_cast<std::size_t>(tensor.shape.front()),
                interleavedHeads(m_config, name)};
    }

    [[nodiscard]] std::string fingerprint() const override {
        std::vector<StoredTensor> tensors;
        for (const TensorInfo& info : m_tensors) tensors.push_back({info, m_stored.at(info.name)->bytes});
        return sampledFingerprint(m_config, tensors);
    }

private:
    GgufShards m_shards;
    ModelConfig m_config;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string, const GgufTensor*> m_stored;
};

}  // namespace

std::unique_ptr<Checkpoint> openGgufCheckpoint(const std::filesystem::path& path) {
    auto checkpoint = std::make_unique<GgufCheckpoint>(path);
    requireTensors(*checkpoint, path.string());
    return checkpoint;
}

}  // namespace consa
