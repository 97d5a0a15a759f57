// Reads and writes layout files, and checks each field that it reads.
#include "core/layout/layout_file.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/json_text.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace consa {
namespace {

constexpr const char* kFormat = "consa-layout";
constexpr int kVersion = 1;
// Far beyond any model, far below what could exhaust memory (taste).
constexpr int kMostLayers = 4096;
constexpr int kMostHeads = 4096;
constexpr int kMostTokens = 1 << 30;

/// A value for a message, cut where it gets long.
std::string shown(const ParsedJson& value) {
    if (value.is_structured()) return value.is_array() ? "a list" : "an object";
    const std::string text = dumpJson(value);
    constexpr std::size_t kLongest = 40;
    return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

std::string counted(std::size_t count, const std::string& one) {
    return std::to_string(count) + " " + (count != 1 && one == "entry" ? "entries" : one + (count == 1 ? "" : "s"));
}

/// A JSON value that knows where it stands: "a.json: units[3]".
class Field {
public:
    Field(const ParsedJson& json, std::string source, std::string path = {})
        : m_json(json), m_source(std::move(source)), m_path(std::move(path)) {}

    [[noreturn]] void fail(const std::string& complaint) const {
        throw Error(m_source + ": " + (m_path.empty() ? "the file" : m_path) + " " + complaint);
    }
    [[noreturn]] void failExpecting(const std::string& expected) const {
        fail("is " + shown(m_json) + ", expected " + expected);
    }

    [[nodiscard]] bool has(const std::string& key) const { return m_json.contains(key); }
    [[nodiscard]] Field at(const std::string& key) const {
        requireObject();
        const auto found = m_json.find(key);
        const std::string path = m_path.empty() ? key : m_path + "." + key;
        if (found == m_json.end()) throw Error(m_source + ": " + path + " is missing");
        return {*found, m_source, path};
    }
    [[nodiscard]] Field at(std::size_t index) const {
        return {m_json[index], m_source, m_path + "[" + std::to_string(index) + "]"};
    }

    void requireObject() const {
        if (!m_json.is_object()) failExpecting("an object");
    }
    void requireLength(std::size_t length, const std::string& item, const std::string& reason) const {
        if (!m_json.is_array()) failExpecting("a list of " + counted(length, item));
        if (m_json.size() == length) return;
        fail("has " + counted(m_json.size(), item) + ", expected " + std::to_string(length) + " (" + reason + ")");
    }

    [[nodiscard]] std::string text() const {
        if (!m_json.is_string()) failExpecting("a text");
        return m_json.get<std::string>();
    }
    [[nodiscard]] int whole(int least, int most) const {
        const bool isInRange = m_json.is_number_unsigned()
                                   ? m_json.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                   : m_json.is_number_integer();
        if (!isInRange || m_json.get<std::int64_t>() < least) {
            failExpecting("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        }
        return m_json.get<int>();
    }
    [[nodiscard]] std::uint64_t seed() const {
        if (!m_json.is_number_unsigned()) failExpecting("a whole number from 0");
        return m_json.get<std::uint64_t>();
    }
    [[nodiscard]] double share() const {
        const double value = m_json.is_number() ? m_json.get<double>() : -1;
        if (!(value >= 0 && value <= 1)) failExpecting("a number from 0 to 1");
        return value;
    }
    [[nodiscard]] std::uint8_t unit() const {
        const bool isUnit = m_json.is_number_integer() && (m_json == 0 || m_json == 1);
        if (!isUnit) failExpecting("0 (sliding) or 1 (full)");
        return m_json.get<std::uint8_t>();
    }

private:
    const ParsedJson& m_json;
    std::string m_source;
    std::string m_path;
};

/// The values of a table with one row a layer and one column a unit, row-major.
template <typename Value>
std::vector<Value> readTable(const Field& table, const UnitGrid& grid, Value (Field::*read)() const) {
    const auto rows = static_cast<std::size_t>(grid.layerCount);
    const auto columns = static_cast<std::size_t>(grid.unitsPerLayer());
    const std::string width = grid.granularity == Granularity::Layer ? "one a layer" : "model.kvHeads";
    table.requireLength(rows, "row", "model.layers");
    std::vector<Value> values;
    values.reserve(rows * columns);
    for (std::size_t row = 0; row < rows; ++row) {
        const Field cells = table.at(row);
        cells.requireLength(columns, "entry", width);
        for (std::size_t column = 0; column < columns; ++column) values.push_back((cells.at(column).*read)());
    }
    return values;
}

/// One row of the grid a line, so that the file can be read and compared by eye.
template <typename Value>
std::string tableText(const std::vector<Value>& values, const UnitGrid& grid) {
    const auto columns = static_cast<std::size_t>(grid.unitsPerLayer());
    std::string text = "[";
    for (std::size_t begin = 0; begin < values.size(); begin += columns) {
        const auto row = values.begin() + static_cast<std::ptrdiff_t>(begin);
        text += begin == 0 ? "\n    " : ",\n    ";
        text += dumpJson(Json(std::vector<Value>(row, row + static_cast<std::ptrdiff_t>(columns))));
    }
    return text + "\n  ]";
}

Granularity readGranularity(const Field& field) {
    const std::string word = field.text();
    if (word != "kv-head" && word != "layer") field.failExpecting("\"kv-head\" or \"layer\"");
    return granularityFromString(word);
}

void requireFormat(const Field& root) {
    root.requireObject();
    const Field format = root.at("format");
    if (format.text() != kFormat) format.failExpecting("\"" + std::string(kFormat) + "\"");
    const Field version = root.at("version");
    if (version.whole(0, kMostTokens) != kVersion) {
        version.failExpecting(std::to_string(kVersion) + "; a newer program may be able to read it");
    }
}

LayoutProvenance readProvenance(const Field& field) {
    field.requireObject();
    LayoutProvenance provenance;
    if (field.has("run")) provenance.run = field.at("run").text();
    if (field.has("step")) provenance.step = field.at("step").whole(0, kMostTokens);
    if (field.has("seed")) provenance.seed = field.at("seed").seed();
    if (field.has("target")) provenance.target = field.at("target").share();
    if (field.has("version")) provenance.version = field.at("version").text();
    if (field.has("created")) provenance.created = field.at("created").text();
    return provenance;
}

LayoutFile readFields(const Field& root) {
    requireFormat(root);
    LayoutFile file;
    const Field model = root.at("model");
    file.modelName = model.at("name").text();
    file.modelArchitecture = model.at("architecture").text();
    UnitGrid& grid = file.layout.grid;
    grid.layerCount = model.at("layers").whole(1, kMostLayers);
    grid.kvHeadCount = model.at("kvHeads").whole(1, kMostHeads);
    grid.granularity = readGranularity(root.at("granularity"));
    file.windowTokens = root.at("windowTokens").whole(1, kMostTokens);
    file.sinkTokens = root.at("sinkTokens").whole(0, kMostTokens);
    // The units say it exactly; the number is there for people.
    if (root.has("sparsity")) static_cast<void>(root.at("sparsity").share());
    file.layout.full = readTable(root.at("units"), grid, &Field::unit);
    if (root.has("probabilities")) file.probabilities = readTable(root.at("probabilities"), grid, &Field::share);
    if (root.has("provenance")) file.provenance = readProvenance(root.at("provenance"));
    if (root.has("note")) file.note = root.at("note").text();
    return file;
}

void requireWritable(const LayoutFile& file) {
    const auto isShare = [](double value) { return value >= 0 && value <= 1; };
    const auto units = static_cast<std::size_t>(file.layout.grid.unitCount());
    const bool isWhole = file.layout.full.size() == units &&
                         (file.probabilities.empty() || file.probabilities.size() == units) &&
                         std::all_of(file.probabilities.begin(), file.probabilities.end(), isShare);
    if (!isWhole) {
        throw Error("the layout can't be saved: it needs one unit and one probability from 0 to 1 a cell of its grid",
                    ErrorKind::RunFailed);
    }
}

}  // namespace

std::string toJson(const LayoutFile& file) {
    requireWritable(file);
    const UnitGrid& grid = file.layout.grid;
    const LayoutProvenance& from = file.provenance;
    const Json model = {{"name", file.modelName},
                        {"architecture", file.modelArchitecture},
                        {"layers", grid.layerCount},
                        {"kvHeads", grid.kvHeadCount}};
    const Json provenance = {{"run", from.run},       {"step", from.step},       {"seed", from.seed},
                             {"target", from.target}, {"version", from.version}, {"created", from.created}};
    std::vector<std::pair<std::string, std::string>> fields{{"format", dumpJson(kFormat)},
                                                            {"version", dumpJson(kVersion)},
                                                            {"model", dumpJson(model)},
                                                            {"granularity", dumpJson(toString(grid.granularity))},
                                                            {"windowTokens", dumpJson(file.windowTokens)},
                                                            {"sinkTokens", dumpJson(file.sinkTokens)},
                                                            {"sparsity", dumpJson(file.layout.sparsity())},
                                                            {"units", tableText(file.layout.full, grid)}};
    if (!file.probabilities.empty()) fields.emplace_back("probabilities", tableText(file.probabilities, grid));
    fields.emplace_back("provenance", dumpJson(provenance));
    fields.emplace_back("note", dumpJson(file.note));

    std::string text = "{";
    for (const auto& [key, value] : fields)
        text.append(text == "{" ? "\n  \"" : ",\n  \"").append(key).append("\": ").append(value);
    return text + "\n}\n";
}

LayoutFile layoutFileFromJson(const std::string& text, const std::string& source) {
    const ParsedJson json = parseJson(text, source);
    return readFields(Field(json, source));
}

LayoutFile readLayoutFile(const std::filesystem::path& path) {
    return layoutFileFromJson(readFile(path), path.string());
}

void writeLayoutFile(const std::filesystem::path& path, const LayoutFile& file) {
    writeFileAtomically(path, toJson(file));
}

void requireShape(const LayoutFile& file, const UnitGrid& model, const std::string& source) {
    const UnitGrid& grid = file.layout.grid;
    if (grid.layerCount == model.layerCount && grid.kvHeadCount == model.kvHeadCount) return;
    const auto shape = [](const UnitGrid& of) {
        return std::to_string(of.layerCount) + " x " + std::to_string(of.kvHeadCount);
    };
    throw Error(source + " holds a layout of " + shape(grid) + " KV heads; the open model has " + shape(model) +
                " (layers x KV heads): choose a layout made for this model, or open " +
                (file.modelName.empty() ? "its own" : file.modelName));
}

std::string utcTimestamp() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

}  // namespace consa
