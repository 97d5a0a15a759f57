// Rewrites text before it is cut into words: the normalizer part of a tokenizer.json.
#pragma once

#include "core/text/replacement.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace consa {

/// The steps NFC, Prepend, Replace and Sequence. Const use is thread-safe.
class Normalizer {
public:
    /// null gives one without steps. Throws Error (BadInput) naming `source` and the step that is not supported.
    Normalizer(const nlohmann::json& description, const std::string& source);

    /// The rewritten text: `text` itself where nothing changes, else kept in `storage`. `text` is valid UTF-8. Throws
    /// Error (BadInput) when the steps blow the text up.
    [[nodiscard]] std::string_view apply(std::string_view text, std::string& storage) const;

private:
    struct ComposedForm {};
    struct Prepend {
        std::string text;
    };
    using Step = std::variant<ComposedForm, Prepend, Replacement>;

    void addStep(const nlohmann::json& description, const std::string& source);

    std::vector<Step> m_steps;
};

}  // namespace consa
