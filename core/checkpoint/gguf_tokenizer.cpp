// Builds a tokenizer.json out of a GGUF file's metadata.
#include "core/checkpoint/gguf_tokenizer.h"

#include "core/base/error.h"

#include <nlohmann/json.hpp>

namespace consa {
namespace {

using nlohmann::json;

// Token types, numbered as in the file.
constexpr std::int64_t kControlToken = 3;
constexpr std::int64_t kUserDefinedToken = 4;

// The published patterns of Llama 3 and Qwen 2; they differ in how many digits stay together.
constexpr const char* kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// How text is cut and mapped before merging.
struct PreTokenizer {
    json steps = json::array();
    json normalizer;
    bool ignoresMerges = false;
};

json byteLevel(bool usesRegex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", usesRegex}};
}

json splitBy(const char* pattern) {
    return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

PreTokenizer preTokenizerNamed(const std::string& name, const std::string& source) {
    PreTokenizer result;
    if (name == "smollm") {
        result.steps = json::array({json{{"type", "Digits"}, {"individual_digits", true}}, byteLevel(true)});
    } else if (name == "gpt-2") {
        result.steps = json::array({byteLevel(true)});
    } else if (name == "llama-bpe") {
        result.steps = json::array({splitBy(kLlama3Pattern), byteLevel(false)});
        result.ignoresMerges = true;
    } else if (name == "qwen2") {
        result.steps = json::array({splitBy(kQwen2Pattern), byteLevel(false)});
        result.normalizer = {{"type", "NFC"}};
    } else {
        throw Error("cannot read text for " + source + ": its pre-tokenizer (tokenizer.ggml.pre) is " +
                    (name.empty() ? "not named" : name) + "; supported are smollm, gpt-2, llama-bpe and qwen2");
    }
    return result;
}

json addedTokens(const std::vector<std::string_view>& tokens, const std::vector<std::int64_t>& types) {
    json added = json::array();
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        if (types[id] != kControlToken && types[id] != kUserDefinedToken) continue;
        added.push_back({{"id", id},
                         {"content", tokens[id]},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", types[id] == kControlToken}});
    }
    return added;
}

}  // namespace

std::string tokenizerJsonFromGguf(const GgufFile& file) {
    const std::string model = file.text("tokenizer.ggml.model").value_or("");
    if (model != "gpt2") {
        throw Error("cannot read text for " + file.source() + ": its tokenizer (tokenizer.ggml.model) is " +
                    (model.empty() ? "missing" : model) + "; only byte-level BPE, gpt2, is supported");
    }
    const PreTokenizer pre = preTokenizerNamed(file.text("tokenizer.ggml.pre").value_or(""), file.source());
    const std::vector<std::string_view> tokens = file.texts("tokenizer.ggml.tokens");
    std::vector<std::int64_t> types = file.integers("tokenizer.ggml.token_type");
    types.resize(tokens.size(), 1);
    json vocabulary = json::object();
    for (std::size_t id = 0; id < tokens.size(); ++id) vocabulary.emplace(tokens[id], id);
    const json result = {{"version", "1.0"},
                         {"added_tokens", addedTokens(tokens, types)},
                         {"normalizer", pre.normalizer},
                         {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", pre.steps}}},
                         {"decoder", byteLevel(true)},
                         {"model",
                          {{"type", "BPE"},
                           {"ignore_merges", pre.ignoresMerges},
                           {"vocab", std::move(vocabulary)},
                           {"merges", file.texts("tokenizer.ggml.merges")}}}};
    try {
        return result.dump();
    } catch (const json::exception&) {
        throw Error("cannot read text for " + file.source() + ": a token is not UTF-8; the file is damaged");
    }
}

}  // namespace consa
