// Reads and applies the steps of a normalizer.
#include "core/text/normalizer.h"

#include "core/text/composed_form.h"
#include "core/text/tokenizer_fields.h"

namespace consa {

using nlohmann::json;

Normalizer::Normalizer(const json& description, const std::string& source) {
    if (!description.is_null()) addStep(description, source);
}

void Normalizer::addStep(const json& description, const std::string& source) {
    const std::string type = textOf(description, "type");
    if (type == "Sequence") {
        const json steps = fieldOf(description, "normalizers");
        if (!steps.is_array()) failTokenizer(source, "its normalizer Sequence has no normalizers");
        for (const json& step : steps) addStep(step, source);
    } else if (type == "NFC") {
        m_steps.emplace_back(ComposedForm{});
    } else if (type == "Prepend") {
        m_steps.emplace_back(Prepend{textOf(description, "prepend")});
    } else if (type == "Replace") {
        m_steps.emplace_back(Replacement(description, "its normalizer", source));
    } else {
        failType(description, "its normalizer", "none, NFC, Prepend, Replace and Sequence", source);
    }
}

std::string_view Normalizer::apply(std::string_view text, std::string& storage) const {
    const std::size_t most = longestRewriting(text.size());
    for (const Step& step : m_steps) {
        if (text.empty()) break;
        if (std::holds_alternative<ComposedForm>(step)) {
            if (!mayChangeWhenComposed(text)) continue;
            storage = toComposedForm(text);
        } else if (const auto* prepend = std::get_if<Prepend>(&step)) {
            storage = prepend->text + std::string(text);
        } else {
            storage = std::get<Replacement>(step).apply(text, most);
        }
        requireModestRewriting(storage.size(), most);
        text = storage;
    }
    return text;
}

}  // namespace consa
