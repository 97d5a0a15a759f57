// The two tokenizers: one id a byte, and byte-pair encoding out of a tokenizer.json.
#include "core/text/tokenizer.h"

#include "core/base/json_text.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"
#include "core/text/byte_alphabet.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"
#include "core/text/tokenizer_fields.h"
#include "core/text/utf8.h"
#include "core/text/word_cache.h"

#include <algorithm>

namespace consa {
namespace {

using nlohmann::json;

constexpr const char* kMark = "▁";  // what stands for a space in byte-fallback vocabularies

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
    json parts = parseJson(text, "cannot use the tokenizer of " + source + ": it");
    if (!parts.is_object()) failTokenizer(source, "it is not a JSON object; fetch the file again");
    for (const char* part : {"added_tokens", "normalizer", "pre_tokenizer", "model", "decoder"}) {
        parts.emplace(part, nullptr);
    }
    return parts;
}

class BpeTokenizer final : public Tokenizer {
public:
    BpeTokenizer(const json& parts, const std::string& source)
        : m_normalizer(parts.at("normalizer"), source),
          m_words(parts.at("pre_tokenizer"), source),
          m_model(parts.at("model"), m_words.isByteLevel() ? BpeAlphabet::Bytes : BpeAlphabet::Characters, source),
          m_added(parts.at("added_tokens"), m_model, m_normalizer, source),
          m_decoder(parts.at("decoder"), source),
          m_texts(m_model.tokens()),
          m_cutsBeforeMarks(m_model.neverMergesAcross(kMark)) {
        for (const AddedToken& token : m_added.tokens()) {
            const auto index = static_cast<std::size_t>(token.id);
            if (index >= m_texts.size()) m_texts.resize(index + 1);
            m_texts[index] = token.sought;
        }
        if (m_decoder.isByteLevelOnly()) std::transform(m_texts.begin(), m_texts.end(), m_texts.begin(), bytesOfToken);
    }

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override {
        std::string mended;
        if (!isValidUtf8(text)) {
            mended = replaceInvalidUtf8(text);
            text = mended;
        }
        std::vector<std::int32_t> ids;
        ids.reserve(text.size() / 3);  // tokens of prose have 3 to 5 bytes
        std::vector<TextPiece> pieces;
        m_added.splitRaw(text, pieces);
        std::vector<TextPiece> parts;
        std::string storage;
        for (const TextPiece& piece : pieces) {
            if (piece.id >= 0) {
                ids.push_back(piece.id);
                continue;
            }
            parts.clear();
            const std::string_view normalized = m_normalizer.apply(piece.text, storage);
            m_added.splitNormalized(normalized, parts);
            for (const TextPiece& part : parts) {
                const bool isAtStart = piece.text.data() == text.data() && part.text.data() == normalized.data();
                if (part.id >= 0)
                    ids.push_back(part.id);
                else
                    encodeText(part.text, isAtStart, ids);
            }
        }
        return ids;
    }

    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids) const override {
        if (!m_decoder.isByteLevelOnly()) {
            std::vector<std::string> tokens;
            tokens.reserve(ids.size());
            for (const std::int32_t id : ids) tokens.push_back(textOf(id));
            return m_decoder.join(std::move(tokens));
        }
        std::string text;
        for (const std::int32_t id : ids) text += textOf(id);
        return isValidUtf8(text) ? text : replaceInvalidUtf8(text);
    }

    [[nodiscard]] int vocabularySize() const override { return static_cast<int>(m_texts.size()); }

private:
    [[nodiscard]] const std::string& textOf(std::int32_t id) const {
        const bool isKnown = id >= 0 && id < vocabularySize() && !m_texts[static_cast<std::size_t>(id)].empty();
        if (!isKnown) failId(id, vocabularySize());
        return m_texts[static_cast<std::size_t>(id)];
    }

    void encodeText(std::string_view text, bool isAtStart, std::vector<std::int32_t>& ids) const {
        thread_local WordBuffer buffer;
        thread_local std::vector<std::string_view> parts;
        m_words.cut(text, isAtStart, buffer);
        WordCache& cache = WordCache::ofThisThread();
        for (const std::string_view word : buffer.words) {
            if (!m_cutsBeforeMarks || WordCache::takes(word)) {
                encodeWord(word, cache, ids);
                continue;
            }
            parts.clear();
            cutBeforeMarks(word, kMark, true, parts);
            for (const std::string_view part : parts) encodeWord(part, cache, ids);
        }
    }

    void encodeWord(std::string_view word, WordCache& cache, std::vector<std::int32_t>& ids) const {
        if (!WordCache::takes(word)) {
            m_model.encodeWord(word, ids);
            return;
        }
        WordCache::Entry& entry = cache.placeOf(word, m_cacheOwner);
        if (WordCache::holds(entry, word, m_cacheOwner)) {
            ids.insert(ids.end(), entry.ids.begin(), entry.ids.begin() + entry.idCount);
            return;
        }
        const std::size_t begin = ids.size();
        m_model.encodeWord(word, ids);
        WordCache::put(entry, word, m_cacheOwner, std::span(ids).subspan(begin));
    }

    Normalizer m_normalizer;
    PreTokenizer m_words;
    BpeModel m_model;
    AddedTokens m_added;
    TokenDecoder m_decoder;
    std::vector<std::string> m_texts;  // what the decoder joins, by id; "" for ids without a token
    bool m_cutsBeforeMarks;            // where long words may be cut to find their parts in the cache
    std::uint32_t m_cacheOwner = WordCache::newOwner();
};

}  // namespace

std::unique_ptr<Tokenizer> makeTokenizer(const std::string& tokenizerJson, const std::string& source) {
    if (tokenizerJson.empty()) return std::make_unique<ByteTokenizer>();
    return std::make_unique<BpeTokenizer>(parseParts(tokenizerJson, source), source);
}

}  // namespace consa
