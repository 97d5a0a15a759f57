// Reads and applies the steps that cut text into words.
#include "core/text/pre_tokenizer.h"

#include "core/base/error.h"

#include <nlohmann/json.hpp>

namespace consa {
namespace {

using nlohmann::json;

// GPT-2's published pattern.
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot use the tokenizer of " + source + ": " + problem);
}

std::string typeOf(const json& description) {
    const json type = description.is_object() ? description.value("type", json()) : json();
    return type.is_string() ? type.get<std::string>() : "";
}

bool flag(const json& description, const char* name, bool fallback, const std::string& source) {
    const json value = description.value(name, json(fallback));
    if (!value.is_boolean()) fail(source, std::string("its pre_tokenizer's ") + name + " is not true or false");
    return value.get<bool>();
}

/// A string as a pattern that matches it and nothing else.
std::string quoted(const std::string& text) {
    std::string pattern = "\\Q";
    for (const char character : text) {
        // \E inside would end the quotation.
        pattern += character == '\\' ? std::string("\\E\\\\\\Q") : std::string(1, character);
    }
    return pattern + "\\E";
}

}  // namespace

PreTokenizer::PreTokenizer(const json& description, const std::string& source) {
    addStep(description, source);
    if (!m_isByteLevel) fail(source, "it is not byte-level; only byte-level BPE is supported");
}

void PreTokenizer::addStep(const json& description, const std::string& source) {
    const std::string type = typeOf(description);
    if (type == "Sequence") {
        const json steps = description.value("pretokenizers", json());
        if (!steps.is_array()) fail(source, "its pre_tokenizer Sequence has no pretokenizers");
        for (const json& step : steps) addStep(step, source);
    } else if (type == "ByteLevel") {
        const bool cuts = flag(description, "use_regex", true, source);
        const bool addsSpace = flag(description, "add_prefix_space", true, source);
        m_isByteLevel = true;
        if (cuts || addsSpace) m_steps.push_back({Regex(kByteLevelPattern, source), addsSpace, cuts});
    } else if (type == "Digits") {
        const bool isEachAlone = flag(description, "individual_digits", false, source);
        m_steps.push_back({Regex(isEachAlone ? R"(\p{N})" : R"(\p{N}+)", source)});
    } else if (type == "Split") {
        addSplit(description, source);
    } else {
        fail(source, "its pre_tokenizer " + (type.empty() ? "is missing" : type + " is not supported") +
                         "; supported are ByteLevel, Digits, Split and Sequence");
    }
}

void PreTokenizer::addSplit(const json& description, const std::string& source) {
    const json behavior = description.value("behavior", json());
    if (behavior != "Isolated") {
        fail(source, "its pre_tokenizer Split has the behavior " + behavior.dump() + "; only Isolated is supported");
    }
    const json pattern = description.value("pattern", json::object());
    const json regex = pattern.is_object() ? pattern.value("Regex", json()) : json();
    const json string = pattern.is_object() ? pattern.value("String", json()) : json();
    if (regex.is_string()) {
        m_steps.push_back({Regex(regex.get<std::string>(), source)});
    } else if (string.is_string()) {
        m_steps.push_back({Regex(quoted(string.get<std::string>()), source)});
    } else {
        fail(source, "its pre_tokenizer Split has no pattern");
    }
}

void PreTokenizer::forEachWord(std::string_view text, const std::function<void(std::string_view)>& visit) const {
    apply(0, text, visit);
}

void PreTokenizer::apply(std::size_t index, std::string_view text,
                         const std::function<void(std::string_view)>& visit) const {
    if (text.empty()) return;
    if (index == m_steps.size()) {
        visit(text);
        return;
    }
    const Step& step = m_steps[index];
    std::string spaced;
    if (step.addsSpace && text.front() != ' ') {
        spaced.append(" ").append(text);
        text = spaced;
    }
    if (!step.cuts) {
        apply(index + 1, text, visit);
        return;
    }
    step.pattern.forEachPiece(text, [&](std::string_view piece, bool) { apply(index + 1, piece, visit); });
}

}  // namespace consa
