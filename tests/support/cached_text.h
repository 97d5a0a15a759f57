// A text, a folder for its cache, and a tokenizer that counts its work.
#pragma once

#include "core/base/file_io.h"
#include "core/text/token_corpus.h"

#include <QTemporaryDir>
#include <QtGlobal>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace consa::test {

/// An id for every four bytes, and a count of the texts encoded.
class CountingTokenizer final : public Tokenizer {
public:
    explicit CountingTokenizer(std::int32_t shift = 0) : m_shift(shift) {}

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override {
        ++m_count;
        std::vector<std::int32_t> ids;
        for (std::size_t i = 0; i < text.size(); i += 4) ids.push_back(static_cast<unsigned char>(text[i]) + m_shift);
        if (m_delay.count() > 0) std::this_thread::sleep_for(m_delay);
        return ids;
    }
    [[nodiscard]] std::string decode(std::span<const std::int32_t>) const override { return ""; }
    [[nodiscard]] int vocabularySize() const override { return 300; }

    [[nodiscard]] int count() const { return m_count; }
    void setDelay(std::chrono::milliseconds delay) { m_delay = delay; }

private:
    std::int32_t m_shift;
    std::chrono::milliseconds m_delay{0};
    mutable std::atomic<int> m_count = 0;
};

/// A text of some documents in a folder of its own; CONSA_CACHE_DIR is its folder "cache".
class CachedText {
public:
    CachedText() {
        qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((root() / "cache").string()));
        writeText(20);
    }

    [[nodiscard]] std::filesystem::path root() const { return m_folder.path().toStdString(); }
    [[nodiscard]] std::vector<std::string> filesIn(const std::filesystem::path& folder) const {
        std::vector<std::string> names;
        std::error_code code;
        for (const auto& file : std::filesystem::directory_iterator(folder, code))
            names.push_back(file.path().filename().string());
        return names;
    }
    [[nodiscard]] std::filesystem::path cached() const {
        return root() / "cache" / "tokens" / filesIn(root() / "cache" / "tokens").at(0);
    }
    void writeText(int documents, const std::string& text = "some words of text") const {
        std::string lines;
        for (int i = 0; i < documents; ++i) lines += "{\"text\":\"" + std::to_string(i) + text + "\"}\n";
        writeFileAtomically(root() / "text.jsonl", lines);
    }
    TokenCorpus load(const Tokenizer& tokenizer, const std::string& key = "tokenizer",
                     const CorpusOptions& options = {}, const ProgressCallback& progress = {}) const {
        return loadCorpus({(root() / "text.jsonl").string()}, tokenizer, progress, options, key);
    }

private:
    QTemporaryDir m_folder;
};

}  // namespace consa::test
