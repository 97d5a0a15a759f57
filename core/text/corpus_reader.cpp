// Finds and reads texts: files, folders, what the set-up installed, and what the generator writes.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/demo/demo_text.h"
#include "core/text/token_corpus.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace consa {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kDemoDocuments = 240;
constexpr std::uint64_t kDemoSeed = 1;                              // the demo's weights were trained on seed 0
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{1} << 30U;  // a text file past a gigabyte is a mistake
constexpr std::array<std::string_view, 7> kSuffixes = {"", ".txt", ".md", ".rst", ".text", ".pod", ".jsonl"};
constexpr const char* kSuffixesForPeople = ".txt, .md, .rst, .text, .pod, .jsonl and files without a suffix";

/// A text that is not yet encoded.
struct Text {
    std::string name;
    std::string text;
};

/// One of the paths or words asked for, ready to be read: a list of files or generated texts.
struct Source {
    std::string name;
    std::string origin;
    std::vector<fs::path> files;
    std::vector<Text> generated;
};

bool isTextFile(const fs::path& path) {
    return std::find(kSuffixes.begin(), kSuffixes.end(), path.extension().string()) != kSuffixes.end();
}

std::vector<fs::path> filesUnder(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::recursive_directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const bool isHidden = entry->path().filename().string().starts_with('.');
        if (isHidden && entry->is_directory()) entry.disable_recursion_pending();
        if (!isHidden && entry->is_regular_file() && isTextFile(entry->path())) files.push_back(entry->path());
    }
    if (code) throw Error("cannot search the folder " + folder.string() + ": " + code.message());
    std::sort(files.begin(), files.end());
    if (files.empty()) {
        throw Error("there is no text in the folder " + folder.string() + "; supported are " + kSuffixesForPeople);
    }
    return files;
}

Source sourceFromPath(const std::string& word) {
    const fs::path path(word);
    std::error_code code;
    if (!fs::exists(path, code)) {
        throw Error("there is no text at " + word + ": name files or folders, `default`, `demo` or `generated:SEED`");
    }
    Source source;
    const fs::path whole = fs::weakly_canonical(path, code);
    source.name = (code ? path : whole).filename().string();
    source.origin = word;
    if (fs::is_directory(path, code)) {
        source.files = filesUnder(path);
    } else if (isTextFile(path)) {
        source.files = {path};
    } else {
        throw Error("cannot read " + word + " as text: its suffix " + path.extension().string() +
                    " is not known; supported are " + kSuffixesForPeople);
    }
    return source;
}

Source installedSource() {
    const fs::path folder = dataFolder() / "texts" / "perl-doc";
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        throw Error("the default text is not installed at " + folder.string() +
                    ": run app/run once, it fetches the text, or name another with --corpus");
    }
    Source source = sourceFromPath(folder.string());
    source.name = "perl-doc";
    const fs::path record = folder / "source.json";
    if (!fs::exists(record, code)) return source;
    const json object = json::parse(readFile(record), nullptr, false);
    if (!object.is_object()) throw Error("cannot read " + record.string() + ": it is not JSON; run app/run again");
    const auto word = [&object](const char* key) {
        const json value = object.value(key, json());
        return value.is_string() ? value.get<std::string>() : std::string("unknown");
    };
    source.origin = word("package") + " " + word("version");
    return source;
}

Source generatedSource(const std::string& name, std::uint64_t seed) {
    Source source;
    source.name = name;
    source.origin = "generated text, seed " + std::to_string(seed);
    for (std::string& text : generateDemoDocuments(seed, kDemoDocuments)) {
        source.generated.push_back({name + " " + std::to_string(source.generated.size()), std::move(text)});
    }
    return source;
}

Source sourceFor(const std::string& word) {
    constexpr std::string_view kGenerated = "generated:";
    if (word == "default") return installedSource();
    if (word == "demo") return generatedSource(word, kDemoSeed);
    if (!word.starts_with(kGenerated)) return sourceFromPath(word);
    std::uint64_t seed = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + kGenerated.size(), end, seed);
    if (error != std::errc() || stop != end) throw Error("cannot read the seed in " + word + ": write generated:7");
    return generatedSource(word, seed);
}

std::string readText(const fs::path& path) {
    std::error_code code;
    const std::uintmax_t size = fs::file_size(path, code);
    if (!code && size > kMaxFileBytes) throw Error("cannot read " + path.string() + ": it is past 1 GiB; split it");
    std::string text = readFile(path);
    if (const std::size_t zero = text.find('\0'); zero != std::string::npos) {
        throw Error("cannot read " + path.string() + " as text: byte " + std::to_string(zero) +
                    " is zero, so it is not UTF-8 text; convert it or leave it out");
    }
    if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    return text;
}

/// One document a line, in the field "text".
std::vector<Text> readJsonLines(const fs::path& path, const std::string& content) {
    std::vector<Text> texts;
    std::string_view rest = content;
    for (int line = 1; !rest.empty(); ++line) {
        const std::string_view row = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(row.size() + 1, rest.size()));
        if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const std::string place = path.string() + ":" + std::to_string(line);
        const json object = json::parse(row.begin(), row.end(), nullptr, false);
        if (!object.is_object()) throw Error("cannot read " + place + ": the line is not a JSON object");
        const auto text = object.find("text");
        if (text == object.end() || !text->is_string()) {
            throw Error("cannot read " + place + ": the line has no string in the field \"text\"");
        }
        texts.push_back({path.filename().string() + ":" + std::to_string(line), text->get<std::string>()});
    }
    return texts;
}

std::vector<Text> readTexts(const fs::path& path) {
    std::string content = readText(path);
    if (path.extension() == ".jsonl") return readJsonLines(path, content);
    if (path.extension() == ".pod") content = stripPod(content);
    return {{path.filename().string(), std::move(content)}};
}

/// Encodes texts and tells how far it is.
class Encoder {
public:
    Encoder(const Tokenizer& tokenizer, const ProgressCallback& progress, std::size_t itemCount)
        : m_tokenizer(tokenizer), m_progress(progress), m_itemCount(itemCount) {}

    /// `item`: a file or a generated text, in the order of the work.
    void add(const std::vector<Text>& texts, const std::string& item) {
        if (m_progress) {
            m_progress(static_cast<double>(m_itemsDone) / static_cast<double>(m_itemCount), "Encoding " + item);
        }
        for (const Text& text : texts) {
            Document document{text.name, m_tokenizer.encode(text.text)};
            if (!document.tokens.empty()) m_documents.push_back(std::move(document));
        }
        ++m_itemsDone;
    }

    std::vector<Document> finish() {
        if (m_progress) m_progress(1.0, "Encoded");
        return std::move(m_documents);
    }

private:
    const Tokenizer& m_tokenizer;
    const ProgressCallback& m_progress;
    std::size_t m_itemCount;
    std::size_t m_itemsDone = 0;
    std::vector<Document> m_documents;
};

std::string joined(const std::vector<Source>& sources, std::string Source::*field, const char* separator) {
    std::string result;
    for (const Source& source : sources) result += (result.empty() ? "" : separator) + source.*field;
    return result;
}

}  // namespace

TokenCorpus loadCorpus(const std::vector<std::string>& paths, const Tokenizer& tokenizer,
                       const ProgressCallback& progress) {
    if (paths.empty()) throw Error("no text is named: name files or folders, `default`, `demo` or `generated:SEED`");
    std::vector<Source> sources;
    std::size_t itemCount = 0;
    for (const std::string& path : paths) {
        sources.push_back(sourceFor(path));
        itemCount += sources.back().files.size() + sources.back().generated.size();
    }
    Encoder encoder(tokenizer, progress, itemCount);
    for (const Source& source : sources) {
        for (const fs::path& file : source.files) encoder.add(readTexts(file), file.filename().string());
        for (const Text& text : source.generated) encoder.add({text}, source.name);
    }
    std::vector<Document> documents = encoder.finish();
    const std::string name = joined(sources, &Source::name, " + ");
    if (documents.empty()) throw Error("the text " + name + " is empty: it has no token; name other texts");
    TokenCorpus corpus(name, std::move(documents));
    corpus.setOrigin(joined(sources, &Source::origin, ", "));
    return corpus;
}

}  // namespace consa
