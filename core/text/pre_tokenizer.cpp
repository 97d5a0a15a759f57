// Reads and applies the steps that cut text into words.
#include "core/text/pre_tokenizer.h"

#include "core/base/json_text.h"

#include "core/text/replacement.h"
#include "core/text/tokenizer_fields.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace consa {
namespace {

using nlohmann::json;

// GPT-2's published pattern.
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

const std::string kPart = "its pre_tokenizer";

/// A string as a pattern that matches it and nothing else.
std::string quoted(const std::string& text) {
    std::string pattern;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        // Any ASCII character that is no letter or digit stands for itself behind a backslash.
        if (byte < 0x80 && std::isalnum(byte) == 0) pattern += '\\';
        pattern += character;
    }
    return pattern;
}

std::size_t bytesOf(const std::vector<std::string_view>& words) {
    std::size_t bytes = 0;
    for (const std::string_view word : words) bytes += word.size();
    return bytes;
}

}  // namespace

std::string& WordBuffer::keep(std::string_view text) {
    if (m_keptCount == m_kept.size()) m_kept.push_back(std::make_unique<std::string>());
    return m_kept[m_keptCount++]->assign(text);
}

void WordBuffer::clear() {
    words.clear();
    m_keptCount = 0;
}

PreTokenizer::PreTokenizer(const json& description, const std::string& source) {
    if (!description.is_null()) addStep(description, source);
}

void PreTokenizer::addStep(const json& description, const std::string& source) {
    const std::string type = textOf(description, "type");
    if (m_isByteLevel)
        failTokenizer(source, kPart + " has " + type + " after ByteLevel; only ByteLevel last is supported");
    if (type == "Sequence") {
        const json steps = fieldOf(description, "pretokenizers");
        if (!steps.is_array()) failTokenizer(source, kPart + " Sequence has no pretokenizers");
        for (const json& step : steps) addStep(step, source);
    } else if (type == "ByteLevel") {
        addByteLevel(description, source);
    } else if (type == "Digits") {
        const bool isEachAlone = flagOf(description, "individual_digits", false, kPart, source);
        m_steps.emplace_back(Split{Regex(isEachAlone ? R"(\p{N})" : R"(\p{N}+)", source)});
    } else if (type == "Metaspace") {
        addMetaspace(description, source);
    } else if (type == "Split") {
        addSplit(description, source);
    } else {
        failType(description, kPart, "none, ByteLevel, Digits, Metaspace, Split and Sequence", source);
    }
}

void PreTokenizer::addByteLevel(const json& description, const std::string& source) {
    m_isByteLevel = true;
    if (flagOf(description, "add_prefix_space", true, kPart, source)) m_steps.emplace_back(ByteLevel{true});
    if (flagOf(description, "use_regex", true, kPart, source)) {
        m_steps.emplace_back(Split{Regex(kByteLevelPattern, source)});
    }
}

void PreTokenizer::addMetaspace(const json& description, const std::string& source) {
    Metaspace step;
    step.mark = textOf(description, "replacement");
    if (step.mark.empty() || validCharacterBytes(step.mark) != step.mark.size()) {
        failTokenizer(source, kPart + " Metaspace's replacement is not one character");
    }
    const json scheme = fieldOf(description, "prepend_scheme");
    const bool isOff = !flagOf(description, "add_prefix_space", true, kPart, source);
    if (isOff || isText(scheme, "never"))
        step.prepend = Prepend::Never;
    else if (isText(scheme, "first"))
        step.prepend = Prepend::First;
    else if (!scheme.is_null() && !isText(scheme, "always")) {
        failTokenizer(source, kPart + " Metaspace's prepend_scheme is " + scheme.dump() +
                                  "; supported are first, never and always");
    }
    step.cuts = flagOf(description, "split", true, kPart, source);
    m_steps.emplace_back(std::move(step));
}

void PreTokenizer::addSplit(const json& description, const std::string& source) {
    static constexpr std::array<std::pair<const char*, Behavior>, 5> kBehaviors{{
        {"Isolated", Behavior::Isolated},
        {"Removed", Behavior::Removed},
        {"MergedWithPrevious", Behavior::MergedWithPrevious},
        {"MergedWithNext", Behavior::MergedWithNext},
        {"Contiguous", Behavior::Contiguous},
    }};
    const json name = fieldOf(description, "behavior");
    const auto* behavior = std::find_if(kBehaviors.begin(), kBehaviors.end(),
                                        [&name](const auto& entry) { return isText(name, entry.first); });
    if (behavior == kBehaviors.end()) {
        failTokenizer(source, kPart + " Split has the behavior " + name.dump() +
                                  "; supported are Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
    }
    const json pattern = fieldOf(description, "pattern");
    const std::string regex = textOf(pattern, "Regex");
    const std::string string = textOf(pattern, "String");
    if (regex.empty() && string.empty()) failTokenizer(source, kPart + " Split has no pattern");
    const bool isInverted = flagOf(description, "invert", false, kPart, source);
    m_steps.emplace_back(Split{Regex(regex.empty() ? quoted(string) : regex, source), behavior->second, isInverted});
}

void PreTokenizer::cut(std::string_view text, bool isAtStart, WordBuffer& buffer) const {
    buffer.clear();
    if (text.empty()) return;
    buffer.words.push_back(text);
    thread_local std::vector<std::string_view> pieces;
    for (const Step& step : m_steps) {
        pieces.swap(buffer.words);
        buffer.words.clear();
        std::visit(
            [&](const auto& known) {
                for (std::size_t i = 0; i < pieces.size(); ++i) apply(known, pieces[i], isAtStart && i == 0, buffer);
            },
            step);
        const auto* split = std::get_if<Split>(&step);
        const bool mayRemove = split != nullptr && split->behavior == Behavior::Removed;
        if (buffer.words.empty()) return;
        // The only steps that add to the text and may stand there more than once.
        if (std::holds_alternative<Metaspace>(step))
            requireModestRewriting(bytesOf(buffer.words), longestRewriting(text.size()));
        if (mayRemove) isAtStart = isAtStart && buffer.words.front().data() == pieces.front().data();
    }
}

void PreTokenizer::apply(const ByteLevel& step, std::string_view piece, bool /*isAtStart*/, WordBuffer& buffer) {
    const bool addsSpace = step.addsSpace && !piece.starts_with(' ');
    buffer.words.push_back(addsSpace ? std::string_view(buffer.keep(" ").append(piece)) : piece);
}

void PreTokenizer::apply(const Split& step, std::string_view piece, bool /*isAtStart*/, WordBuffer& buffer) {
    if (step.behavior == Behavior::Isolated) {
        step.pattern.isolate(piece, buffer.words);
        return;
    }
    std::vector<TextSpan> spans = step.pattern.spans(piece);
    const bool isBackwards = step.behavior == Behavior::MergedWithNext;
    if (isBackwards) std::reverse(spans.begin(), spans.end());
    const std::size_t begin = buffer.words.size();
    bool wasMatch = false;
    for (const TextSpan& span : spans) {
        const bool isMatch = span.isMatch != step.isInverted;
        const bool isContiguous = step.behavior == Behavior::Contiguous;
        const bool joins = isContiguous ? isMatch == wasMatch : isMatch && !wasMatch;
        wasMatch = isMatch;
        if (step.behavior == Behavior::Removed) {
            if (!isMatch) buffer.words.push_back(span.text);
        } else if (joins && buffer.words.size() > begin) {
            std::string_view& last = buffer.words.back();
            const char* first = isBackwards ? span.text.data() : last.data();
            last = {first, last.size() + span.text.size()};
        } else {
            buffer.words.push_back(span.text);
        }
    }
    if (isBackwards) std::reverse(buffer.words.begin() + static_cast<std::ptrdiff_t>(begin), buffer.words.end());
}

void PreTokenizer::apply(const Metaspace& step, std::string_view piece, bool isAtStart, WordBuffer& buffer) {
    std::string& marked = buffer.keep("");
    const bool beginsWithMark = piece.starts_with(' ') || piece.starts_with(step.mark);
    const bool prepends = step.prepend == Prepend::Always || (step.prepend == Prepend::First && isAtStart);
    if (prepends && !beginsWithMark) marked = step.mark;
    for (std::size_t done = 0; done < piece.size();) {
        const std::size_t space = std::min(piece.find(' ', done), piece.size());
        marked.append(piece, done, space - done);
        if (space < piece.size()) marked += step.mark;
        done = space + 1;
    }
    if (step.cuts)
        cutBeforeMarks(marked, step.mark, false, buffer.words);
    else
        buffer.words.emplace_back(marked);
}

void cutBeforeMarks(std::string_view text, std::string_view mark, bool onlyAfterText,
                    std::vector<std::string_view>& pieces) {
    std::size_t begin = 0;
    std::size_t next = text.find(mark, 1);
    while (next != std::string_view::npos) {
        const bool followsMark = text.substr(0, next).ends_with(mark);
        if (!followsMark || !onlyAfterText) {
            pieces.push_back(text.substr(begin, next - begin));
            begin = next;
        }
        next = text.find(mark, next + 1);
    }
    if (begin < text.size()) pieces.push_back(text.substr(begin));
}

}  // namespace consa
