// A tokenizer.json of a few letters, to be changed by tests.
#pragma once

#include <nlohmann/json.hpp>

namespace consa::test {

/// Byte-level BPE over a and b.
inline nlohmann::json smallTokenizer() {
    using nlohmann::json;
    return {{"added_tokens", json::array()},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
            {"decoder", {{"type", "ByteLevel"}}},
            {"model",
             {{"type", "BPE"},
              {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"aba", 3}, {"<unk>", 4}}},
              {"merges", json::array({"a b", json::array({"ab", "a"})})}}}};
}

}  // namespace consa::test
