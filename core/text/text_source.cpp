// Finds texts by path or word.
#include "core/text/text_source.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"
#include "core/base/json_text.h"
#include "core/demo/demo_text.h"
#include "core/text/text_format.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace consa {
namespace {

namespace fs = std::filesystem;

constexpr int kDemoDocuments = 240;
constexpr std::uint64_t kDemoSeed = 1;  // the demo's weights were trained on seed 0

[[noreturn]] void failNoText(const fs::path& path, const std::string& reason) {
    throw Error("cannot read " + path.string() + " as text: " + reason);
}

/// Pictures and the like are passed over, as folders hold them beside texts. Parquet files are not: they would be the
/// texts themselves, and what was read without them would be the page about them.
void takeFile(const fs::path& path, std::vector<fs::path>& files) {
    if (textFormatOf(path)) {
        files.push_back(path);
    } else if (isParquetName(path) && !fs::exists(convertedParquet(path))) {
        failNoText(path, whyNotText(path));
    }
}

/// All texts in a folder, in the order of their paths.
std::vector<fs::path> filesUnder(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code code;
    std::vector<fs::path> folders{folder};
    while (!folders.empty()) {
        const fs::path here = std::move(folders.back());
        folders.pop_back();
        for (const std::string& name : namesIn(here, code)) {
            if (name.starts_with('.')) continue;
            const fs::path path = here / name;
            std::error_code gone;
            if (fs::symlink_status(path, gone).type() == fs::file_type::directory) folders.push_back(path);
            if (fs::is_regular_file(path, gone)) takeFile(path, files);
        }
        if (code) throw Error("cannot search the folder " + here.string() + ": " + code.message());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) {
        throw Error("there is no text in the folder " + folder.string() + "; supported are " + textSuffixes());
    }
    return files;
}

TextSource sourceFromPath(const std::string& word) {
    const fs::path path(word);
    std::error_code code;
    if (!fs::exists(path, code)) {
        throw Error("there is no text at " + word + ": name files or folders, `default`, `demo` or `generated:SEED`");
    }
    TextSource source;
    const fs::path whole = fs::weakly_canonical(path, code);
    source.name = (code ? path : whole).filename().string();
    source.origin = word;
    if (fs::is_directory(path, code)) {
        source.files = filesUnder(path);
    } else if (const std::string reason = whyNotText(path); !reason.empty()) {
        failNoText(path, reason);
    } else {
        source.files = {path};
    }
    return source;
}

TextSource installedSource() {
    const fs::path folder = dataFolder() / "texts" / "perl-doc";
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        throw Error("the default text is not installed at " + folder.string() +
                    ": run app/run once, it fetches the text, or name another with --corpus");
    }
    TextSource source = sourceFromPath(folder.string());
    source.name = "perl-doc";
    const fs::path record = folder / "source.json";
    if (!fs::exists(record, code)) return source;
    const ParsedJson object = parseJson(readFile(record), "cannot read " + record.string() + ": it");
    if (!object.is_object()) throw Error("cannot read " + record.string() + ": it is not JSON; run app/run again");
    const auto word = [&object](const char* key) {
        const ParsedJson value = object.value(key, ParsedJson());
        return value.is_string() ? value.get<std::string>() : std::string("unknown");
    };
    source.origin = word("package") + " " + word("version");
    return source;
}

TextSource generatedSource(const std::string& name, std::uint64_t seed) {
    TextSource source;
    source.name = name;
    source.origin = "generated text, seed " + std::to_string(seed);
    source.generated = generateDemoDocuments(seed, kDemoDocuments);
    return source;
}

}  // namespace

TextSource textSource(const std::string& word) {
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

}  // namespace consa
