// The two tokenizers: one id a byte, and byte-level BPE out of a tokenizer.json.
#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"
#include "core/text/byte_alphabet.h"
#include "core/text/composed_form.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace consa {
namespace {

using nlohmann::json;

[[noreturn]] void failId(std::int32_t id, int vocabularySize) {
    throw Error("cannot turn token " + std::to_string(id) + " into text: the tokenizer knows 0 to " +
                std::to_string(vocabularySize - 1));
}

class ByteTokenizer final : public Tokenizer {
public:
    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override {
        std::vector<std::int32_t> ids(text.size());
        std::transform(text.begin(), text.end(), ids.begin(),
                       [](char byte) { return static_cast<std::int32_t>(static_cast<unsigned char>(byte)); });
        return ids;
    }

    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override {
        std::string text;
        for (const std::int32_t id : ids) {
            if (id < 0 || id >= vocabularySize()) failId(id, vocabularySize());
            text.push_back(static_cast<char>(id));
        }
        return text;
    }

    [[nodiscard]] int vocabularySize() const override { return 256; }
};

/// The parts of a tokenizer.json; null where one is missing.
json parseParts(const std::string& text, const std::string& source) {
    json parts = json::parse(text, nullptr, false);
    if (parts.is_discarded() || !parts.is_object()) {
        throw Error("cannot use the tokenizer of " + source + ": it is not JSON; fetch the file again");
    }
    for (const char* part : {"added_tokens", "normalizer", "pre_tokenizer", "model"}) parts.emplace(part, nullptr);
    return parts;
}

class BpeTokenizer final : public Tokenizer {
public:
    BpeTokenizer(const json& parts, const std::string& source)
        : m_source(source),
          m_added(parts.at("added_tokens"), source),
          m_words(parts.at("pre_tokenizer"), source),
          m_model(parts.at("model"), source),
          m_texts(m_model.tokens().size()) {
        readNormalizer(parts.at("normalizer"));
        std::transform(m_model.tokens().begin(), m_model.tokens().end(), m_texts.begin(), bytesOfToken);
        for (const AddedToken& token : m_added.tokens()) {
            const auto index = static_cast<std::size_t>(token.id);
            if (index >= m_texts.size()) m_texts.resize(index + 1);
            m_texts[index] = token.content;
        }
    }

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override {
        std::string mended;
        if (!isValidUtf8(text)) {
            mended = replaceInvalidUtf8(text);
            text = mended;
        }
        std::vector<std::int32_t> ids;
        WordCache cache;
        m_added.split(
            text, [&](std::string_view piece) { encodePiece(piece, cache, ids); },
            [&](std::int32_t id) { ids.push_back(id); });
        return ids;
    }

    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override {
        std::string text;
        for (const std::int32_t id : ids) {
            const bool isKnown = id >= 0 && id < vocabularySize() && !m_texts[static_cast<std::size_t>(id)].empty();
            if (!isKnown) failId(id, vocabularySize());
            text += m_texts[static_cast<std::size_t>(id)];
        }
        return text;
    }

    [[nodiscard]] int vocabularySize() const override { return static_cast<int>(m_texts.size()); }

private:
    /// Words seen in this text and where their ids stand in it: texts repeat most of their words.
    using WordCache = std::unordered_map<std::string, std::pair<std::size_t, std::size_t>>;

    void readNormalizer(const json& normalizer) {
        if (normalizer.is_null()) return;
        const json type = normalizer.is_object() ? normalizer.value("type", json()) : json();
        if (type == "Sequence" && normalizer.value("normalizers", json()).is_array()) {
            for (const json& step : normalizer.at("normalizers")) readNormalizer(step);
            return;
        }
        if (type != "NFC") {
            throw Error("cannot use the tokenizer of " + m_source + ": its normalizer " + type.dump() +
                        " is not supported; supported are none and NFC");
        }
        m_wantsComposed = true;
    }

    void encodePiece(std::string_view text, WordCache& cache, std::vector<std::int32_t>& ids) const {
        std::string composed;
        if (m_wantsComposed) {
            composed = toComposedForm(text);
            text = composed;
        }
        m_words.forEachWord(text, [&](std::string_view word) {
            const auto [entry, isNew] = cache.try_emplace(std::string(word), ids.size(), 0);
            auto& [begin, count] = entry->second;
            if (isNew) {
                m_model.encodeWord(word, ids);
                count = ids.size() - begin;
                return;
            }
            for (std::size_t i = begin; i < begin + count; ++i) ids.push_back(ids[i]);
        });
    }

    std::string m_source;
    AddedTokens m_added;
    PreTokenizer m_words;
    BpeModel m_model;
    std::vector<std::string> m_texts;  // plain bytes by id, "" for ids without a token
    bool m_wantsComposed = false;
};

}  // namespace

std::unique_ptr<Tokenizer> makeTokenizer(const std::string& tokenizerJson, const std::string& source) {
    if (tokenizerJson.empty()) return std::make_unique<ByteTokenizer>();
    return std::make_unique<BpeTokenizer>(parseParts(tokenizerJson, source), source);
}

}  // namespace consa
