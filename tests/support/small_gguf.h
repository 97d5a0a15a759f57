// A whole GGUF model small enough to look at: one layer, ten tokens.
#pragma once

#include "tests/support/gguf_builder.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace consa::test {

/// Metadata of a decoder of 2 query heads and 1 KV head of 8, hidden size 16.
inline void addSmallMetadata(GgufBuilder& file, const std::string& architecture) {
    const auto key = [&](const char* name) { return architecture + "." + name; };
    file.add("general.architecture", architecture.c_str());
    file.add(key("block_count"), 1U);
    file.add(key("embedding_length"), 16U);
    file.add(key("feed_forward_length"), 24U);
    file.add(key("context_length"), 64U);
    file.add(key("attention.head_count"), 2U);
    file.add(key("attention.head_count_kv"), 1U);
    file.add(key("attention.layer_norm_rms_epsilon"), 1e-5F);
}

/// Its weights under GGUF's names, row r of every matrix filled with r; element r of a bias is r.
inline void addSmallTensors(GgufBuilder& file, const std::string& architecture) {
    const auto matrix = [&](const char* name, std::int64_t rows, std::int64_t columns) {
        std::vector<float> values;
        for (std::int64_t row = 0; row < rows; ++row)
            values.insert(values.end(), static_cast<std::size_t>(columns), static_cast<float>(row));
        file.addFloats(name, {rows, columns}, values);
    };
    const auto vector = [&](const char* name, std::size_t size) {
        file.addFloats(name, {static_cast<std::int64_t>(size)}, std::vector<float>(size, 1.0F));
    };
    const auto bias = [&](const char* name, std::size_t size) {
        std::vector<float> values;
        for (std::size_t i = 0; i < size; ++i) values.push_back(static_cast<float>(i));
        file.addFloats(name, {static_cast<std::int64_t>(size)}, values);
    };
    matrix("token_embd.weight", 10, 16);
    vector("blk.0.attn_norm.weight", 16);
    matrix("blk.0.attn_q.weight", 16, 16);
    matrix("blk.0.attn_k.weight", 8, 16);
    matrix("blk.0.attn_v.weight", 8, 16);
    matrix("blk.0.attn_output.weight", 16, 16);
    vector("blk.0.ffn_norm.weight", 16);
    matrix("blk.0.ffn_gate.weight", 24, 16);
    matrix("blk.0.ffn_up.weight", 24, 16);
    matrix("blk.0.ffn_down.weight", 16, 24);
    vector("output_norm.weight", 16);
    if (architecture == "qwen3") {
        vector("blk.0.attn_q_norm.weight", 8);
        vector("blk.0.attn_k_norm.weight", 8);
    }
    if (architecture == "qwen2") {
        bias("blk.0.attn_q.bias", 16);
        bias("blk.0.attn_k.bias", 8);
        bias("blk.0.attn_v.bias", 8);
    }
}

inline GgufBuilder smallGguf(const std::string& architecture = "llama") {
    GgufBuilder file;
    addSmallMetadata(file, architecture);
    addSmallTensors(file, architecture);
    return file;
}

}  // namespace consa::test
