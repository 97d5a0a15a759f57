// Times encoding document by document, and has the same done by Python.
#include "app/headless/bench_tokenize.h"

#include "app/headless/child_process.h"
#include "app/headless/tokenize_reference.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/text/token_corpus.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>

namespace consa {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;

constexpr double kMegabyte = 1e6;

/// Takes the documents from the reader of texts instead of encoding them.
class DocumentCollector final : public Tokenizer {
public:
    [[nodiscard]] Ids encode(std::string_view text) const override {
        const std::lock_guard lock(m_mutex);
        m_documents.emplace_back(text);
        return {0};
    }
    [[nodiscard]] std::string decode(std::span<const std::int32_t> /*ids*/) const override { return {}; }
    [[nodiscard]] int vocabularySize() const override { return 1; }
    [[nodiscard]] std::vector<std::string> take() { return std::move(m_documents); }

private:
    mutable std::mutex m_mutex;
    mutable std::vector<std::string> m_documents;
};

struct Measurement {
    double seconds = 0;
    std::vector<Ids> ids;  // a list a document
};

Measurement measure(const Tokenizer& tokenizer, const std::vector<std::string>& documents, int repeats) {
    Measurement result;
    std::vector<double> seconds;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        result.ids.clear();
        const auto begin = std::chrono::steady_clock::now();
        for (const std::string& document : documents) result.ids.push_back(tokenizer.encode(document));
        seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
    result.seconds = seconds[static_cast<std::size_t>(repeats / 2)];
    return result;
}

/// A folder that is gone when this is.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "consa-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw Error("cannot make a folder like " + name + ": free some room or set TMPDIR", ErrorKind::RunFailed);
        }
        m_path = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

void appendBlock(std::string& bytes, const void* data, std::size_t count, std::size_t size) {
    const auto number = static_cast<std::uint32_t>(count);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    bytes.append(static_cast<const char*>(data), count * size);
}

/// What the script prints; null when this Python is not there or lacks `tokenizers`.
json runReference(const std::string& python, const std::string& tokenizerJson,
                  const std::vector<std::string>& documents, const std::vector<Ids>& ids, int repeats) {
    const TemporaryFolder folder;
    std::string bytes;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        appendBlock(bytes, documents[i].data(), documents[i].size(), 1);
        appendBlock(bytes, ids[i].data(), ids[i].size(), sizeof(std::int32_t));
    }
    writeFileAtomically(folder.path() / "documents.bin", bytes);
    writeFileAtomically(folder.path() / "tokenizer.json", tokenizerJson);
    const fs::path script = folder.path() / "tokenize_reference.py";
    writeFileAtomically(script, kTokenizeReference);
    const ChildResult child =
        runChild({python, "-I", script.string(), folder.path().string(), std::to_string(repeats)});
    json result = json::parse(child.output, nullptr, false);
    return child.exitCode == 0 && result.is_object() ? result : json();
}

/// The Python to compare with; "" for none.
std::string pythonOf(const TokenizeBenchOptions& options) {
    if (!options.reference.empty()) return options.reference;
    const fs::path installed = dataFolder() / "environment" / "bin" / "python";
    std::error_code ignored;
    if (!fs::exists(installed, ignored)) return "";
    const bool hasPackage = runChild({installed.string(), "-I", "-c",
                                      "import importlib.util as u, sys; sys.exit(u.find_spec('tokenizers') is None)"})
                                .exitCode == 0;
    return hasPackage ? installed.string() : "";
}

json compare(const TokenizeBenchOptions& options, const std::string& tokenizerJson,
             const std::vector<std::string>& documents, const Measurement& ours, double megabytes) {
    const std::string python = pythonOf(options);
    if (python.empty()) return nullptr;
    const json theirs = runReference(python, tokenizerJson, documents, ours.ids, options.repeats);
    if (theirs.is_null()) {
        throw Error("cannot compare with tokenizers: " + python +
                    " did not run the comparison; name a Python that has the package with --reference");
    }
    const double seconds = theirs.at("seconds");
    return {{"name", "tokenizers"},
            {"version", theirs.at("version")},
            {"tokens", theirs.at("tokens")},
            {"seconds", seconds},
            {"megabytesPerSecond", megabytes / seconds},
            {"equal", theirs.at("differentDocuments").empty()},
            {"differentDocuments", theirs.at("differentDocuments")},
            {"ratio", seconds / ours.seconds}};
}

void tell(const json& result) {
    fmt::print(stderr, "{}: {:.2f} MB, {} tokens in {:.3f} s on one thread: {:.1f} MB/s\n",
               result.at("model").get<std::string>(), result.at("bytes").get<double>() / kMegabyte,
               result.at("tokens").get<std::int64_t>(), result.at("seconds").get<double>(),
               result.at("megabytesPerSecond").get<double>());
    const json& reference = result.at("reference");
    if (reference.is_null()) {
        fmt::print(stderr,
                   "Not compared: the tokens are bytes, or there is no Python with tokenizers (tests/run installs "
                   "one; --reference names another).\n");
        return;
    }
    fmt::print(stderr, "tokenizers {}: {:.1f} MB/s; ours is {:.1f} times as fast, and the ids are {}.\n",
               reference.at("version").get<std::string>(), reference.at("megabytesPerSecond").get<double>(),
               reference.at("ratio").get<double>(), reference.at("equal").get<bool>() ? "equal" : "NOT equal");
}

}  // namespace

std::string benchTokenize(const TokenizeBenchOptions& options) {
    const std::string tokenizerJson = openCheckpoint(options.model)->tokenizerJson();
    const auto tokenizer = makeTokenizer(tokenizerJson, options.model);
    DocumentCollector collector;
    static_cast<void>(loadCorpus(options.corpus, collector));
    const std::vector<std::string> documents = collector.take();
    const Measurement ours = measure(*tokenizer, documents, options.repeats);
    std::size_t bytes = 0, tokens = 0;
    for (const std::string& document : documents) bytes += document.size();
    for (const Ids& ids : ours.ids) tokens += ids.size();
    const double megabytes = static_cast<double>(bytes) / kMegabyte;
    const json reference = tokenizerJson.empty() ? json() : compare(options, tokenizerJson, documents, ours, megabytes);
    const json result = {{"event", "done"},
                         {"bench", "tokenize"},
                         {"model", options.model},
                         {"corpus", options.corpus},
                         {"documents", documents.size()},
                         {"bytes", bytes},
                         {"tokens", tokens},
                         {"repeats", options.repeats},
                         {"seconds", ours.seconds},
                         {"megabytesPerSecond", megabytes / ours.seconds},
                         {"reference", reference}};
    tell(result);
    return result.dump();
}

}  // namespace consa
