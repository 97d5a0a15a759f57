// Tells the formats apart, reads them, and cuts soft values at a budget.
#include "core/layout/layout_exchange.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/layout/layer_types.h"
#include "core/layout/number_table.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace consa {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostUnitsASide = 4096;  // as in layout files
constexpr int kMostTokens = 1 << 30;
constexpr std::uintmax_t kMostBytes = std::uintmax_t{64} << 20U;  // far beyond any model's layout (taste)
constexpr double kDuoSparsity = 0.5;                              // --sparsity of DuoAttention's eval scripts
constexpr int kPruLongWindow = 1024;  // local_window_size and sink_size of PruLong's configuration class
constexpr int kPruLongSinks = 128;

[[noreturn]] void failUnknown(const std::string& source) {
    throw Error(source + " holds no layout: supported are a layout file (.json), a run folder, a DuoAttention folder " +
                "(full_attention_heads.tsv, config.json), PruLong's masks.tsv, and a Hugging Face config.json with " +
                "layer_types or a sliding_window");
}

/// The object in `path`, or null when there is no such file.
ParsedJson readObject(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code)) return nullptr;
    ParsedJson object = parseJson(readFile(path), path.string());
    if (!object.is_object()) throw Error(path.string() + " is not a JSON object");
    return object;
}

/// A count of tokens in a settings object; empty when it is missing or null.
std::optional<int> tokensOf(const ParsedJson& settings, const char* field, int least, const std::string& source) {
    if (!settings.is_object() || !settings.contains(field) || settings[field].is_null()) return std::nullopt;
    const ParsedJson& value = settings[field];
    const bool isCount = value.is_number_integer() && value >= least && value <= kMostTokens;
    if (!isCount) {
        throw Error(source + ": " + field + " is " + dumpJson(value) + ", expected a whole number from " +
                    std::to_string(least));
    }
    return value.get<int>();
}

/// Grid and values of a table with a line a layer and a column a KV head.
ImportedLayout fromTable(const fs::path& path) {
    NumberTable table = numberTableFromText(readFile(path), path.string());
    if (table.rows > kMostUnitsASide || table.columns > kMostUnitsASide) {
        throw Error(path.string() + " has " + std::to_string(table.rows) + " lines of " +
                    std::to_string(table.columns) + " values; up to " + std::to_string(kMostUnitsASide) +
                    " layers and KV heads are possible");
    }
    ImportedLayout result;
    result.grid = {static_cast<int>(table.rows), static_cast<int>(table.columns), Granularity::KvHead};
    if (table.isHard()) {
        for (const double value : table.values) result.units.push_back(value != 0 ? 1 : 0);
    } else {
        result.softValues = std::move(table.values);
    }
    return result;
}

void readDuoSettings(const ParsedJson& settings, const std::string& source, ImportedLayout& result) {
    result.format = LayoutFormat::DuoAttention;
    result.ownSparsity = kDuoSparsity;
    result.windowTokens = tokensOf(settings, "recent_size", 1, source);
    result.sinkTokens = tokensOf(settings, "sink_size", 0, source);
    if (!settings.is_object()) return;
    const ParsedJson sparsity = settings.value("sparsity", ParsedJson());
    if (!sparsity.is_null()) {
        if (!sparsity.is_number() || !(sparsity >= 0 && sparsity <= 1)) {
            throw Error(source + ": sparsity is " + dumpJson(sparsity) + ", expected a number from 0 to 1");
        }
        result.ownSparsity = sparsity.get<double>();
    }
    const ParsedJson model = settings.value("model_name", ParsedJson());
    if (model.is_string()) result.modelName = fs::path(model.get<std::string>()).filename().string();
}

ImportedLayout readTable(const fs::path& path) {
    ImportedLayout result = fromTable(path);
    const fs::path settingsPath = path.parent_path() / "config.json";
    const ParsedJson settings = readObject(settingsPath);
    const bool isDuo = settings.is_object() && settings.contains("sink_size") && settings.contains("recent_size");
    if (isDuo || result.isSoft()) {
        readDuoSettings(isDuo ? settings : ParsedJson(), settingsPath.string(), result);
    } else {
        result.format = LayoutFormat::PruLong;
        result.windowTokens = tokensOf(settings, "local_window_size", 1, settingsPath.string());
        result.sinkTokens = tokensOf(settings, "sink_size", 0, settingsPath.string());
    }
    return result;
}

ImportedLayout readDuoFolder(const fs::path& folder) {
    const fs::path settingsPath = folder / "config.json";
    const ParsedJson settings = readObject(settingsPath);
    for (const char* field : {"sink_size", "recent_size"}) {
        if (settings.is_object() && settings.contains(field)) continue;
        throw Error(settingsPath.string() + (settings.is_null() ? " is missing" : " has no " + std::string(field)) +
                    ": DuoAttention keeps sink_size and recent_size there");
    }
    ImportedLayout result = fromTable(folder / "full_attention_heads.tsv");
    readDuoSettings(settings, settingsPath.string(), result);
    return result;
}

ImportedLayout fromLayoutFile(const LayoutFile& file) {
    ImportedLayout result;
    result.grid = file.layout.grid;
    result.units = file.layout.full;
    result.softValues = file.probabilities;
    result.ownSparsity = file.layout.sparsity();
    result.windowTokens = file.windowTokens;
    result.sinkTokens = file.sinkTokens;
    result.modelName = file.modelName;
    result.modelArchitecture = file.modelArchitecture;
    result.provenance = file.provenance;
    result.note = file.note;
    return result;
}

ImportedLayout readFolder(const fs::path& folder) {
    std::error_code code;
    if (fs::exists(folder / "full_attention_heads.tsv", code)) return readDuoFolder(folder);
    if (fs::exists(folder / "layout.json", code)) return fromLayoutFile(readLayoutFile(folder / "layout.json"));
    if (fs::exists(folder / "masks.tsv", code)) return readTable(folder / "masks.tsv");
    const ParsedJson config = readObject(folder / "config.json");
    if (!describesLayers(config)) failUnknown(folder.string());
    ImportedLayout result = layoutFromLayerTypes(config, (folder / "config.json").string());
    const fs::path whole = fs::weakly_canonical(folder, code);
    result.modelName = (code ? folder : whole).filename().string();
    return result;
}

ImportedLayout readText(const fs::path& path) {
    std::error_code code;
    const std::uintmax_t size = fs::file_size(path, code);
    if (!code && size > kMostBytes) failUnknown(path.string());
    const std::string text = readFile(path);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) failUnknown(path.string());
    if (text[first] != '{') return readTable(path);
    const ParsedJson object = parseJson(text, path.string());
    if (object.contains("format")) return fromLayoutFile(layoutFileFromJson(text, path.string()));
    if (!describesLayers(object)) failUnknown(path.string());
    return layoutFromLayerTypes(object, path.string());
}

}  // namespace

const char* toString(LayoutFormat format) {
    constexpr std::array kNames = {"layout file", "DuoAttention", "PruLong", "Hugging Face"};
    return kNames.at(static_cast<std::size_t>(format));
}

ImportedLayout readForeignLayout(const fs::path& path) {
    std::error_code code;
    return fs::is_directory(path, code) ? readFolder(path) : readText(path);
}

LayoutFile toLayoutFile(const ImportedLayout& imported, const ImportChoice& choice) {
    LayoutFile file;
    file.modelName = imported.modelName;
    file.modelArchitecture = imported.modelArchitecture;
    file.provenance = imported.provenance;
    file.note = imported.note;
    file.windowTokens = imported.windowTokens.value_or(choice.windowTokens.value_or(kPruLongWindow));
    file.sinkTokens = imported.sinkTokens.value_or(choice.sinkTokens.value_or(kPruLongSinks));
    if (choice.sparsity && !imported.isSoft()) {
        throw Error("a sparsity can't be picked for this layout: it holds full or sliding a unit, no values to rank; " +
                    std::string("leave the sparsity away"));
    }
    if (choice.sparsity || imported.needsCut()) {
        const double sparsity = choice.sparsity.value_or(imported.ownSparsity);
        file.layout = layoutFromScores(imported.grid, imported.softValues,
                                       fullUnitsAtSparsity(imported.grid.unitCount(), sparsity));
    } else {
        file.layout.grid = imported.grid;
        file.layout.full = imported.units;
    }
    for (const double value : imported.softValues) file.probabilities.push_back(std::clamp(value, 0.0, 1.0));
    return file;
}

LayoutFile readAnyLayoutFile(const fs::path& path, const ImportChoice& choice) {
    return toLayoutFile(readForeignLayout(path), choice);
}

}  // namespace consa
