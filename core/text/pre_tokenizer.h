// How a tokenizer cuts text into words before merging: the pre_tokenizer part of a tokenizer.json.
#pragma once

#include "core/text/regex.h"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// The steps ByteLevel, Digits, Split (regex or string, isolated) and Sequence. The bytes themselves are mapped by the
/// caller; ByteLevel's part here is its pattern and its space in front.
class PreTokenizer {
public:
    /// Throws Error (BadInput) naming `source` and the step that is not supported.
    PreTokenizer(const nlohmann::json& description, const std::string& source);

    /// Calls `visit` with every word in order. `text` must be valid UTF-8.
    void forEachWord(std::string_view text, const std::function<void(std::string_view)>& visit) const;

private:
    struct Step {
        Regex pattern;
        bool addsSpace = false;  // before words that don't begin with one
        bool cuts = true;
    };

    void addStep(const nlohmann::json& description, const std::string& source);
    void addSplit(const nlohmann::json& description, const std::string& source);
    void apply(std::size_t step, std::string_view text, const std::function<void(std::string_view)>& visit) const;

    std::vector<Step> m_steps;
    bool m_isByteLevel = false;
};

}  // namespace consa
