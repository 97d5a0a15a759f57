// Reads and applies the steps that turn token texts into text.
#include "core/text/token_decoder.h"

#include "core/base/json_text.h"

#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer_fields.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace consa {
namespace {

using nlohmann::json;

const std::string kPart = "its decoder";
constexpr const char* kReplacementCharacter = "\xef\xbf\xbd";

/// One character in field `name`.
std::string characterOf(const json& description, const char* name, const std::string& source) {
    std::string text = textOf(description, name);
    if (text.empty() || validCharacterBytes(text) != text.size()) {
        failTokenizer(source, kPart + "'s " + name + " is not one character");
    }
    return text;
}

std::size_t countOf(const json& description, const char* name, const std::string& source) {
    const json value = fieldOf(description, name);
    if (!value.is_number_unsigned()) failTokenizer(source, kPart + "'s " + name + " is not a count");
    return value.get<std::size_t>();
}

/// The byte that <0x00> to <0xFF> stands for.
std::optional<char> byteOf(const std::string& token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    const char* begin = token.data() + 3;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    return error == std::errc() && end == begin + 2 ? std::optional(static_cast<char>(value)) : std::nullopt;
}

std::size_t bytesOf(const std::vector<std::string>& tokens) {
    std::size_t bytes = 0;
    for (const std::string& token : tokens) bytes += token.size();
    return bytes;
}

std::string joined(const std::vector<std::string>& tokens, const char* between) {
    std::string text;
    for (const std::string& token : tokens) {
        if (&token != &tokens.front()) text += between;
        text += token;
    }
    return text;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
    std::string result;
    std::size_t done = 0;
    for (std::size_t next = text.find(what); next != std::string_view::npos; next = text.find(what, done)) {
        result.append(text, done, next - done).append(by);
        done = next + what.size();
    }
    return result.append(text, done);
}

}  // namespace

TokenDecoder::TokenDecoder(const json& description, const std::string& source) {
    m_joinsWithSpaces = description.is_null();
    if (!m_joinsWithSpaces) addStep(description, source);
}

void TokenDecoder::addStep(const json& description, const std::string& source) {
    const std::string type = textOf(description, "type");
    if (type == "Sequence") {
        const json steps = fieldOf(description, "decoders");
        if (!steps.is_array()) failTokenizer(source, kPart + " Sequence has no decoders");
        for (const json& step : steps) addStep(step, source);
    } else if (type == "ByteFallback") {
        m_steps.emplace_back(ByteFallback{});
    } else if (type == "ByteLevel") {
        m_steps.emplace_back(ByteLevel{});
    } else if (type == "Fuse") {
        m_steps.emplace_back(Fuse{});
    } else if (type == "Metaspace") {
        const bool prepends = !isText(fieldOf(description, "prepend_scheme"), "never") &&
                              flagOf(description, "add_prefix_space", true, kPart, source);
        m_steps.emplace_back(Metaspace{characterOf(description, "replacement", source), prepends});
    } else if (type == "Replace") {
        m_steps.emplace_back(Replacement(description, kPart, source));
    } else if (type == "Strip") {
        m_steps.emplace_back(Strip{characterOf(description, "content", source), countOf(description, "start", source),
                                   countOf(description, "stop", source)});
    } else {
        failType(description, kPart, "none, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip and Sequence",
                 source);
    }
}

bool TokenDecoder::isByteLevelOnly() const {
    return m_steps.size() == 1 && std::holds_alternative<ByteLevel>(m_steps.front());
}

std::string TokenDecoder::join(std::vector<std::string> tokens) const {
    const std::size_t most = longestRewriting(bytesOf(tokens));
    for (const Step& step : m_steps) {
        std::visit([&tokens](const auto& known) { apply(known, tokens); }, step);
        requireModestRewriting(bytesOf(tokens), most);
    }
    return joined(tokens, m_joinsWithSpaces ? " " : "");
}

void TokenDecoder::apply(const ByteFallback& /*step*/, Tokens& tokens) {
    Tokens result;
    std::string bytes;  // of a run of byte tokens
    const auto endRun = [&] {
        if (isValidUtf8(bytes)) {
            if (!bytes.empty()) result.push_back(bytes);
        } else {
            result.insert(result.end(), bytes.size(), kReplacementCharacter);
        }
        bytes.clear();
    };
    for (std::string& token : tokens) {
        if (const std::optional<char> byte = byteOf(token)) {
            bytes.push_back(*byte);
            continue;
        }
        endRun();
        result.push_back(std::move(token));
    }
    endRun();
    tokens = std::move(result);
}

void TokenDecoder::apply(const ByteLevel& /*step*/, Tokens& tokens) {
    std::string bytes;
    for (const std::string& token : tokens) bytes += bytesOfToken(token);
    tokens = {replaceInvalidUtf8(bytes)};
}

void TokenDecoder::apply(const Fuse& /*step*/, Tokens& tokens) {
    tokens = {joined(tokens, "")};
}

void TokenDecoder::apply(const Metaspace& step, Tokens& tokens) {
    for (std::string& token : tokens) {
        const bool isDropped = &token == &tokens.front() && step.dropsFirst;
        token = replaced(token, step.mark, isDropped ? "" : " ");
    }
}

void TokenDecoder::apply(const Replacement& step, Tokens& tokens) {
    std::size_t room = longestRewriting(bytesOf(tokens));
    for (std::string& token : tokens) {
        token = step.apply(token, room);
        room -= token.size();
    }
}

void TokenDecoder::apply(const Strip& step, Tokens& tokens) {
    for (std::string& token : tokens) {
        std::string_view rest = token;
        for (std::size_t i = 0; i < step.start && rest.starts_with(step.character); ++i) {
            rest.remove_prefix(step.character.size());
        }
        for (std::size_t i = 0; i < step.stop && rest.ends_with(step.character); ++i) {
            rest.remove_suffix(step.character.size());
        }
        token = std::string(rest);
    }
}

}  // namespace consa
