// Tables of suffixes and signatures.
#include "core/text/text_format.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace consa {
namespace {

namespace fs = std::filesystem;
using std::string_view_literals::operator""sv;

constexpr std::array<std::pair<std::string_view, TextFormat>, 12> kFormats = {{{"", TextFormat::Plain},
                                                                               {".txt", TextFormat::Plain},
                                                                               {".text", TextFormat::Plain},
                                                                               {".md", TextFormat::Plain},
                                                                               {".markdown", TextFormat::Plain},
                                                                               {".rst", TextFormat::Plain},
                                                                               {".pod", TextFormat::Pod},
                                                                               {".html", TextFormat::Html},
                                                                               {".htm", TextFormat::Html},
                                                                               {".xhtml", TextFormat::Html},
                                                                               {".jsonl", TextFormat::JsonLines},
                                                                               {".ndjson", TextFormat::JsonLines}}};

constexpr std::array<std::string_view, 8> kPickleSuffixes = {".pkl", ".pickle", ".pt",  ".pth",
                                                             ".bin", ".ckpt",   ".npy", ".npz"};
constexpr const char* kPickle =
    "it holds pickled or raw data, and unpickling can run any program; write its texts as JSONL, one "
    "{\"text\": ...} a line";

/// How files of other kinds begin.
constexpr std::array<std::pair<std::string_view, const char*>, 15> kSignatures = {
    {{"\x80\x02"sv, kPickle},
     {"\x80\x03"sv, kPickle},
     {"\x80\x04"sv, kPickle},
     {"\x80\x05"sv, kPickle},
     {"\x93NUMPY"sv, kPickle},
     {"PK\x03\x04"sv, "it is a zip archive (as .pt, .docx and .epub files are); unpack it and name the texts in it"},
     {"%PDF-"sv, "it is a PDF; convert it with `pdftotext`"},
     {"\x89PNG"sv, "it is a picture"},
     {"\xff\xd8\xff"sv, "it is a picture"},
     {"\x7f"
      "ELF"sv,
      "it is a program"},
     {"GGUF"sv, "it is a model; name it with --model"},
     {"SQLite format 3"sv, "it is a database; export its texts as JSONL"},
     {"ARROW1"sv, "it is an Arrow file; write its texts as JSONL"},
     {"BZh"sv, "it is packed with bzip2; unpack it with `bunzip2`"},
     {"\xfd"
      "7zXZ"sv,
      "it is packed with xz; unpack it with `unxz`"}}};

std::string lowerCase(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return text;
}

std::string suffixOf(const fs::path& path) {
    return lowerCase(path.extension().string());
}

/// `word` for a shell: in single quotes, which a quote inside leaves for a moment.
std::string quoted(const std::string& word) {
    std::string result = "'";
    for (const char letter : word) result += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return result + "'";
}

/// Names travel as arguments, so that no character in them can end the Python text.
std::string parquetAdvice(const fs::path& path) {
    return "it is a Parquet file; convert it with: python3 -c \"import sys, pandas as pd; "
           "pd.read_parquet(sys.argv[1]).to_json(sys.argv[2], orient='records', lines=True)\" " +
           quoted(path.string()) + " " + quoted(convertedParquet(path).string());
}

/// True when more than a third of the bytes beyond ASCII belong to no valid character, and these are not few.
bool isMostlyInvalid(std::string_view bytes) {
    constexpr std::size_t kLooked = std::size_t{1} << 16U;
    constexpr std::size_t kFew = 16;
    std::string_view rest = bytes.substr(0, kLooked);
    std::size_t invalid = 0;
    std::size_t beyondAscii = 0;
    while (rest.size() > 4) {  // the last character may be cut
        const std::size_t count = validCharacterBytes(rest);
        if (count == 0) ++invalid;
        if (count != 1) beyondAscii += std::max<std::size_t>(count, 1);
        rest.remove_prefix(std::max<std::size_t>(count, 1));
    }
    return invalid > kFew && invalid * 3 > beyondAscii;
}

}  // namespace

std::string packedSuffix(const fs::path& path) {
    const std::string suffix = suffixOf(path);
    return suffix == ".gz" || suffix == ".zst" ? suffix : "";
}

std::optional<TextFormat> textFormatOf(const fs::path& path) {
    const std::string suffix = packedSuffix(path).empty() ? suffixOf(path) : suffixOf(path.stem());
    const auto* const found =
        std::find_if(kFormats.begin(), kFormats.end(), [&suffix](const auto& entry) { return entry.first == suffix; });
    return found == kFormats.end() ? std::nullopt : std::optional(found->second);
}

const char* textSuffixes() {
    return ".txt, .text, .md, .markdown, .rst, .pod, .html, .htm, .xhtml, .jsonl, .ndjson and files without a suffix, "
           "each also with .gz or .zst";
}

bool isParquetName(const fs::path& path) {
    return suffixOf(path) == ".parquet";
}

fs::path convertedParquet(const fs::path& path) {
    return path.string() + ".jsonl";
}

std::string whyNotText(const fs::path& path) {
    if (textFormatOf(path)) return "";
    if (isParquetName(path)) return parquetAdvice(path);
    const std::string suffix = suffixOf(path);
    const bool isPickle = std::find(kPickleSuffixes.begin(), kPickleSuffixes.end(), suffix) != kPickleSuffixes.end();
    if (isPickle) return kPickle;
    return "its suffix " + path.extension().string() + " is not known; supported are " + textSuffixes();
}

std::string whyNotText(std::string_view firstBytes, const fs::path& path) {
    if (firstBytes.starts_with("PAR1")) return parquetAdvice(path);
    for (const auto& [signature, reason] : kSignatures) {
        if (firstBytes.starts_with(signature)) return reason;
    }
    const bool isUtf16 = firstBytes.starts_with("\xff\xfe") || firstBytes.starts_with("\xfe\xff");
    if (isUtf16) return "it is UTF-16; convert it with `iconv -f UTF-16 -t UTF-8`";
    if (isMostlyInvalid(firstBytes)) {
        return "most of its letters beyond ASCII are not UTF-8; convert it with `iconv -f ENCODING -t UTF-8`, or leave "
               "it out when it is no text";
    }
    return "";
}

}  // namespace consa
