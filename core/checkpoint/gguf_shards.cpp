// Finds the files of a split GGUF model by llama.cpp's naming and joins their tensor tables.
#include "core/checkpoint/gguf_shards.h"

#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <set>
#include <string_view>

namespace consa {
namespace {

constexpr std::int64_t kMaxShards = 99999;  // five digits in the files' names

/// "-00002-of-00003", as llama.cpp's gguf-split writes it.
std::string shardMark(std::int64_t number, std::int64_t count) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "-%05lld-of-%05lld", static_cast<long long>(number),
                  static_cast<long long>(count));
    return text.data();
}

/// The name without "-00001-of-00003" at its end.
std::string withoutShardMark(const std::string& stem) {
    constexpr std::string_view kPattern = "-ddddd-of-ddddd";  // d stands for a digit
    if (stem.size() <= kPattern.size()) return stem;
    const std::size_t begin = stem.size() - kPattern.size();
    for (std::size_t i = 0; i < kPattern.size(); ++i) {
        const auto letter = static_cast<unsigned char>(stem[begin + i]);
        if (kPattern[i] == 'd' ? std::isdigit(letter) == 0 : letter != static_cast<unsigned char>(kPattern[i]))
            return stem;
    }
    return stem.substr(0, begin);
}

/// Whether the word is a number format as files are named after it: "F16", "Q8_0", "Q4_K_M".
bool isFormatName(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    for (const std::string_view mix : {"_XL", "_S", "_M", "_L"}) {
        if (word.ends_with(mix)) {
            word.resize(word.size() - mix.size());
            break;
        }
    }
    return storageTypeFromString(word).has_value();
}

}  // namespace

GgufShards::GgufShards(const std::filesystem::path& path) {
    m_shards.push_back(std::make_unique<Shard>(path));
    const GgufFile& first = head();
    const std::int64_t count = first.integer("split.count").value_or(1);
    if (count > 1) openOthers(path, count);
    collectTensors();
    const auto expected = first.integer("split.tensors.count");
    if (count > 1 && expected && *expected != static_cast<std::int64_t>(m_tensors.size())) {
        throw Error("cannot use " + first.source() + ": its files hold " + std::to_string(m_tensors.size()) +
                    " tensors together, but it names " + std::to_string(*expected) + "; fetch all of them again");
    }
}

void GgufShards::openOthers(const std::filesystem::path& first, std::int64_t count) {
    const std::string stem = first.stem().string(), plain = withoutShardMark(stem);
    const auto fail = [&](const std::string& problem) {
        throw Error("cannot use " + first.string() + ": " + problem + "; or join the files with llama.cpp's " +
                    "`llama-gguf-split --merge`");
    };
    if (count > kMaxShards) fail("it is split into " + std::to_string(count) + " files, more than there can be");
    if (head().integer("split.no").value_or(0) != 0) {
        fail("it is one part of a model in " + std::to_string(count) + " files; name the first, " + plain +
             shardMark(1, count) + ".gguf");
    }
    if (stem != plain + shardMark(1, count)) {
        fail("it is the first of " + std::to_string(count) + " files, which are found by their names; name it " +
             plain + shardMark(1, count) + ".gguf and put the others beside it");
    }
    for (std::int64_t number = 2; number <= count; ++number) {
        const std::filesystem::path path = first.parent_path() / (plain + shardMark(number, count) + ".gguf");
        std::error_code code;
        if (!std::filesystem::exists(path, code)) fail("its part " + path.string() + " is missing; put it there");
        m_shards.push_back(std::make_unique<Shard>(path));
        if (m_shards.back()->file.integer("split.no").value_or(-1) != number - 1)
            fail("its part " + path.string() + " is of another place or model; fetch it again");
    }
}

void GgufShards::collectTensors() {
    std::set<std::string_view> names;
    for (const auto& shard : m_shards) {
        for (const GgufTensor& tensor : shard->file.tensors()) {
            if (!names.insert(tensor.name).second) {
                throw Error("cannot use " + shard->file.source() + ": tensor " + printable(tensor.name) +
                            " is also in another file of the model");
            }
            m_tensors.push_back(&tensor);
        }
    }
}

std::string ggufModelName(const std::filesystem::path& path) {
    std::string stem = withoutShardMark(path.stem().string());
    const std::size_t mark = stem.find_last_of(".-");
    if (mark == std::string::npos || mark == 0) return stem;
    return isFormatName(stem.substr(mark + 1)) ? stem.substr(0, mark) : stem;
}

}  // namespace consa
