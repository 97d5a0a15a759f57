// Builds a tokenizer.json out of a GGUF file's metadata.
#include "core/checkpoint/gguf_tokenizer.h"

#include "core/base/error.h"
#include "core/checkpoint/sentencepiece_merges.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

namespace consa {
namespace {

using nlohmann::json;

// Token types, numbered as in the file.
constexpr std::int64_t kUnknownToken = 2;
constexpr std::int64_t kControlToken = 3;
constexpr std::int64_t kUserDefinedToken = 4;

constexpr const char* kMark = "\xe2\x96\x81";  // SentencePiece's stand-in for a space, U+2581

// The published patterns: Llama 3 and Qwen 2 differ in how many digits stay together, Qwen 3.5 keeps marks with
// letters, Mistral's Tekken cuts where small letters are followed by capitals.
constexpr const char* kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen35Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kTekkenPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

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
    const auto isOneOf = [&name](std::initializer_list<const char*> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    PreTokenizer result;
    if (name == "smollm") {
        result.steps = json::array({json{{"type", "Digits"}, {"individual_digits", true}}, byteLevel(true)});
    } else if (isOneOf({"gpt-2", "default"})) {  // transformers, too, takes `default` for GPT-2's
        result.steps = json::array({byteLevel(true)});
    } else if (isOneOf({"llama-bpe", "llama3", "llama-v3"})) {
        result.steps = json::array({splitBy(kLlama3Pattern), byteLevel(false)});
        result.ignoresMerges = true;
    } else if (isOneOf({"qwen2", "deepseek-r1-qwen", "qwen35"})) {
        result.steps = json::array({splitBy(name == "qwen35" ? kQwen35Pattern : kQwen2Pattern), byteLevel(false)});
        result.normalizer = {{"type", "NFC"}};
    } else if (name == "tekken") {
        result.steps = json::array({splitBy(kTekkenPattern), byteLevel(false)});
        result.ignoresMerges = true;
    } else {
        throw Error("cannot read text for " + source + ": its pre-tokenizer (tokenizer.ggml.pre) is " +
                    (name.empty() ? "not named" : name) +
                    "; supported are smollm, gpt-2, default, llama-bpe, qwen2, qwen35, deepseek-r1-qwen and tekken");
    }
    return result;
}

json addedTokens(const std::vector<std::string_view>& tokens, const std::vector<std::int64_t>& types,
                 bool takesUnknown) {
    json added = json::array();
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        const bool isSpecial = types[id] == kControlToken || (takesUnknown && types[id] == kUnknownToken);
        if ((!isSpecial && types[id] != kUserDefinedToken) || tokens[id].empty()) continue;
        added.push_back({{"id", id},
                         {"content", tokens[id]},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", isSpecial}});
    }
    return added;
}

/// One score a token.
std::vector<float> scoresOf(const GgufFile& file, std::size_t tokenCount) {
    const auto found = file.metadata().find("tokenizer.ggml.scores");
    const bool isList = found != file.metadata().end() && found->second.type == GgufType::Array &&
                        found->second.elementType == GgufType::Float32 && found->second.count == tokenCount;
    if (!isList) {
        throw Error("cannot read text for " + file.source() +
                    ": it has neither tokenizer.ggml.merges nor a score for each of its " + std::to_string(tokenCount) +
                    " tokens (tokenizer.ggml.scores); fetch the file again");
    }
    std::vector<float> scores(tokenCount);
    std::memcpy(scores.data(), found->second.bytes.data(), tokenCount * sizeof(float));
    for (float& score : scores) {
        if (std::isnan(score)) score = 0;  // sorts nowhere
    }
    return scores;
}

json vocabularyOf(const std::vector<std::string_view>& tokens) {
    json vocabulary = json::object();
    for (std::size_t id = 0; id < tokens.size(); ++id) vocabulary[std::string(tokens[id])] = id;
    return vocabulary;
}

json byteLevelTokenizer(const GgufFile& file, const std::vector<std::string_view>& tokens,
                        const std::vector<std::int64_t>& types) {
    const PreTokenizer pre = preTokenizerNamed(file.text("tokenizer.ggml.pre").value_or(""), file.source());
    if (!file.contains("tokenizer.ggml.merges")) {
        throw Error("cannot read text for " + file.source() +
                    ": its tokenizer has no merges (tokenizer.ggml.merges); fetch the file again");
    }
    return {{"added_tokens", addedTokens(tokens, types, false)},
            {"normalizer", pre.normalizer},
            {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", pre.steps}}},
            {"decoder", byteLevel(true)},
            {"model",
             {{"type", "BPE"},
              {"ignore_merges", pre.ignoresMerges},
              {"vocab", vocabularyOf(tokens)},
              {"merges", file.texts("tokenizer.ggml.merges")}}}};
}

json sentencePieceTokenizer(const GgufFile& file, const std::vector<std::string_view>& tokens,
                            const std::vector<std::int64_t>& types) {
    json merges = json::array();
    if (file.contains("tokenizer.ggml.merges")) {
        merges = file.texts("tokenizer.ggml.merges");
    } else {
        for (const auto& [left, right] : mergesFromScores(tokens, scoresOf(file, tokens.size()), file.source())) {
            merges.push_back({left, right});
        }
    }
    const bool addsPrefix = file.boolean("tokenizer.ggml.add_space_prefix").value_or(true);
    json decoders = {{{"type", "Replace"}, {"pattern", {{"String", kMark}}}, {"content", " "}},
                     {{"type", "ByteFallback"}},
                     {{"type", "Fuse"}}};
    if (addsPrefix) decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return {{"added_tokens", addedTokens(tokens, types, true)},
            {"normalizer", nullptr},
            {"pre_tokenizer",
             {{"type", "Metaspace"},
              {"replacement", kMark},
              {"prepend_scheme", addsPrefix ? "first" : "never"},
              {"split", false}}},
            {"decoder", {{"type", "Sequence"}, {"decoders", std::move(decoders)}}},
            {"model",
             {{"type", "BPE"},
              {"fuse_unk", true},
              {"byte_fallback", true},
              {"vocab", vocabularyOf(tokens)},
              {"merges", std::move(merges)}}}};
}

}  // namespace

std::string tokenizerJsonFromGguf(const GgufFile& file) {
    const std::string model = file.text("tokenizer.ggml.model").value_or("");
    if (model != "gpt2" && model != "llama") {
        throw Error("cannot read text for " + file.source() + ": its tokenizer (tokenizer.ggml.model) is " +
                    (model.empty() ? "missing" : model) +
                    "; supported are gpt2 (byte-level BPE) and llama (SentencePiece's BPE)");
    }
    const std::vector<std::string_view> tokens = file.texts("tokenizer.ggml.tokens");
    if (tokens.empty()) {
        throw Error("cannot read text for " + file.source() +
                    ": its tokenizer has no vocabulary (tokenizer.ggml.tokens); fetch the file again");
    }
    std::vector<std::int64_t> types = file.integers("tokenizer.ggml.token_type");
    types.resize(tokens.size(), 1);
    json result =
        model == "gpt2" ? byteLevelTokenizer(file, tokens, types) : sentencePieceTokenizer(file, tokens, types);
    result["version"] = "1.0";
    try {
        return result.dump();
    } catch (const json::exception&) {
        throw Error("cannot read text for " + file.source() + ": a token is not UTF-8; the file is damaged");
    }
}

}  // namespace consa
