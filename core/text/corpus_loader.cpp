// Reads and encodes texts, through the cache where there is one.
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/text/corpus_cache.h"
#include "core/text/document_reader.h"
#include "core/text/text_source.h"
#include "core/text/token_corpus.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace consa {
namespace {

namespace fs = std::filesystem;

constexpr double kHashingShare = 0.05;  // of the progress; hashing runs at the disk's speed, encoding at a hundredth

/// Tells how far the work is, not more often than a person or a window needs to know.
class ProgressReport {
public:
    ProgressReport(const ProgressCallback& callback, const std::vector<TextSource>& sources) : m_callback(callback) {
        std::error_code ignored;
        for (const TextSource& source : sources) {
            for (const fs::path& file : source.files) m_totalBytes += sizeOf(file);
            for (const std::string& text : source.generated) m_totalBytes += text.size();
        }
    }

    /// The next pass over the texts takes the progress from `begin` to `end`.
    void beginPass(double begin, double end) {
        m_begin = begin;
        m_end = end;
        m_bytes = 0;
    }
    void add(std::uint64_t bytes) { m_bytes += bytes; }
    void show(const std::string& what, bool isUrgent = false) {
        constexpr auto kInterval = std::chrono::milliseconds(20);
        const auto now = std::chrono::steady_clock::now();
        if (!m_callback || (!isUrgent && now - m_shown < kInterval)) return;
        m_shown = now;
        const double share = static_cast<double>(m_bytes) / static_cast<double>(std::max(m_totalBytes, m_bytes));
        m_callback(m_begin + (m_end - m_begin) * (m_bytes == 0 ? 0 : share), what);
    }
    void finish() const {
        if (m_callback) m_callback(1.0, "Encoded");
    }
    [[nodiscard]] std::uint64_t totalBytes() const { return m_totalBytes; }

private:
    static std::uint64_t sizeOf(const fs::path& file) {
        std::error_code code;
        const std::uintmax_t size = fs::file_size(file, code);
        return code ? 0 : size;
    }

    const ProgressCallback& m_callback;
    std::uint64_t m_totalBytes = 0;
    std::uint64_t m_bytes = 0;
    double m_begin = 0;
    double m_end = 1;
    std::chrono::steady_clock::time_point m_shown;
};

using OnDocument = std::function<void(std::string name, std::vector<std::int32_t> ids)>;

/// One call of loadCorpus().
class CorpusLoader {
public:
    CorpusLoader(const std::vector<TextSource>& sources, const Tokenizer& tokenizer, const ProgressCallback& progress,
                 const CorpusOptions& options)
        : m_sources(sources), m_tokenizer(tokenizer), m_options(options), m_report(progress, sources) {}

    std::vector<Document> load(const std::string& tokenizerKey) {
        std::vector<Document> documents = isCacheable(tokenizerKey) ? loadCached(tokenizerKey) : loadIntoMemory();
        m_report.finish();
        return documents;
    }

    [[nodiscard]] const std::string& warning() const { return m_warning; }

private:
    /// Generated text is made faster than it is read; what is no plain file (a pipe) can be read only once.
    [[nodiscard]] bool isCacheable(const std::string& tokenizerKey) const {
        if (tokenizerKey.empty() || cacheFolder().empty()) return false;
        bool hasFile = false;
        for (const TextSource& source : m_sources) {
            for (const fs::path& file : source.files) {
                if (!fs::is_regular_file(file)) return false;
                hasFile = true;
            }
        }
        return hasFile;
    }

    std::vector<Document> loadCached(const std::string& tokenizerKey) {
        m_report.beginPass(0, kHashingShare);
        const std::string key = contentKey(tokenizerKey);
        m_report.beginPass(kHashingShare, 1);
        const auto fill = [this](TokenFileWriter& writer) {
            encodeAll(
                [&writer](const std::string& name, const std::vector<std::int32_t>& ids) { writer.add(name, ids); });
        };
        const auto onWait = [this] { m_report.show("Waiting for another program that encodes these texts", true); };
        const fs::path folder = cacheFolder() / "tokens";
        try {
            return CorpusCache(folder).documents(key, fill, onWait);
        } catch (const TokenFileFailure& failure) {
            m_warning = "The encoded texts cannot be kept in " + folder.string() + ": " + failure.what() +
                        "; they stay in memory and are encoded again the next time. Free space or set CONSA_CACHE_DIR.";
        }
        return loadIntoMemory();
    }

    std::vector<Document> loadIntoMemory() {
        std::vector<Document> documents;
        m_report.beginPass(m_hashes.empty() ? 0 : kHashingShare, 1);
        encodeAll([&documents](std::string name, std::vector<std::int32_t> ids) {
            ids.shrink_to_fit();
            documents.push_back({std::move(name), std::move(ids)});
        });
        return documents;
    }

    /// Of everything that decides which documents come out: names, contents, order, tokenizer and field.
    std::string contentKey(const std::string& tokenizerKey) {
        ContentHash key;
        key.addField(tokenizerKey);
        key.addField(m_options.jsonField);
        for (const TextSource& source : m_sources) {
            for (const fs::path& file : source.files) {
                const std::string what = "Reading " + file.filename().string();
                m_report.show(what, true);
                m_hashes.push_back(hashFile(file, [&](std::uint64_t bytes) {
                    m_report.add(bytes);
                    m_report.show(what);
                }));
                key.addField(file.filename().string());
                key.addField(m_hashes.back());
            }
            key.addField(source.generated.empty() ? "" : source.name);  // "demo", "generated:7"
        }
        return key.hex();
    }

    void encodeAll(const OnDocument& onDocument) {
        std::size_t index = 0;
        for (const TextSource& source : m_sources) {
            for (const fs::path& file : source.files) encodeFile(file, index++, onDocument);
            m_report.show("Encoding " + source.name, true);
            for (std::size_t i = 0; i < source.generated.size(); ++i) {
                encode(source.name + " " + std::to_string(i), source.generated[i], onDocument);
                m_report.add(source.generated[i].size());
                m_report.show("Encoding " + source.name);
            }
        }
    }

    void encodeFile(const fs::path& path, std::size_t index, const OnDocument& onDocument) {
        const std::string what = "Encoding " + path.filename().string();
        m_report.show(what, true);
        TextFile file(path);
        std::uint64_t seen = 0;
        readDocuments(file, m_options.jsonField, [&](std::string name, const std::string& text) {
            m_report.add(file.bytesRead() - std::exchange(seen, file.bytesRead()));
            m_report.show(what);
            encode(std::move(name), text, onDocument);
        });
        m_report.add(file.bytesRead() - seen);
        if (!m_hashes.empty() && file.contentHash() != m_hashes[index]) {
            throw Error("the text " + path.string() + " changed while it was read; try again when it is complete",
                        ErrorKind::RunFailed);
        }
    }

    void encode(std::string name, const std::string& text, const OnDocument& onDocument) {
        std::vector<std::int32_t> ids = m_tokenizer.encode(text);
        if (!ids.empty()) onDocument(std::move(name), std::move(ids));
    }

    const std::vector<TextSource>& m_sources;
    const Tokenizer& m_tokenizer;
    const CorpusOptions& m_options;
    ProgressReport m_report;
    std::vector<std::string> m_hashes;  // of all files in order; empty without cache
    std::string m_warning;
};

std::string joined(const std::vector<TextSource>& sources, std::string TextSource::*field, const char* separator) {
    std::string result;
    for (const TextSource& source : sources) result += (result.empty() ? "" : separator) + source.*field;
    return result;
}

}  // namespace

TokenCorpus loadCorpus(const std::vector<std::string>& paths, const Tokenizer& tokenizer,
                       const ProgressCallback& progress, const CorpusOptions& options,
                       const std::string& tokenizerKey) {
    if (paths.empty()) throw Error("no text is named: name files or folders, `default`, `demo` or `generated:SEED`");
    std::vector<TextSource> sources;
    sources.reserve(paths.size());
    for (const std::string& path : paths) sources.push_back(textSource(path));
    CorpusLoader loader(sources, tokenizer, progress, options);
    std::vector<Document> documents = loader.load(tokenizerKey);
    const std::string name = joined(sources, &TextSource::name, " + ");
    if (documents.empty()) throw Error("the text " + name + " is empty: it has no token; name other texts");
    TokenCorpus corpus(name, std::move(documents), /*assignSplits=*/true, options);
    corpus.setOrigin(joined(sources, &TextSource::origin, ", "));
    corpus.setWarning(loader.warning());
    return corpus;
}

}  // namespace consa
