// Reads and writes run folders.
#include "core/session/run_folder.h"

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"
#include "core/base/json_text.h"
#include "core/base/version.h"
#include "core/checkpoint/mapped_file.h"

#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>

namespace consa {

using json = ParsedJson;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFormat = "consa-run";
constexpr int kFormatVersion = 1;
constexpr const char* kConfigFile = "config.json";
constexpr const char* kEventsFile = "events.jsonl";
constexpr const char* kHeldLayoutFile = "held_layout.json";
constexpr const char* kGatesFile = "gates.safetensors";
constexpr const char* kWeightsPrefix = "weights-";

std::string toJsonText(const RunRecord& record) {
    json out{{"format", kFormat},
             {"version", kFormatVersion},
             {"created", utcTimestamp()},
             {"config", json::parse(toJson(record.config))},
             {"model", json::parse(toJson(record.model))},
             {"modelFingerprint", record.modelFingerprint},
             {"corpus", {{"origin", record.corpusOrigin}, {"fingerprint", record.corpusFingerprint}}},
             {"device", record.device},
             {"dataType", record.dataType},
             {"versions", {{"consa", kVersion}, {"torch", record.torchVersion}}}};
    if (record.forkedFrom) out["forkedFrom"] = {{"run", record.forkedFrom->run}, {"step", record.forkedFrom->step}};
    return out.dump(2) + "\n";
}

RunRecord recordFromJson(const std::string& text, const std::string& source) {
    try {
        const json in = parseJson(text, source);
        if (in.value("format", "") != kFormat)
            throw Error(source + " is not a run's config (its \"format\" is not \"" + kFormat + "\").");
        if (in.at("version") > kFormatVersion)
            throw Error(source + " was written by a newer version of this program (its version is " +
                        dumpJson(in.at("version")) + ", this one reads 1): go on with that one, or update.");
        RunRecord record;
        record.config = trainingConfigFromJson(in.at("config").dump(), source);
        record.model = modelConfigFromJson(in.at("model").dump(), source);
        record.modelFingerprint = in.at("modelFingerprint").get<std::string>();
        record.corpusOrigin = in.at("corpus").at("origin").get<std::string>();
        record.corpusFingerprint = in.at("corpus").at("fingerprint").get<std::string>();
        record.device = in.at("device").get<std::string>();
        record.dataType = in.at("dataType").get<std::string>();
        record.torchVersion = in.at("versions").at("torch").get<std::string>();
        if (in.contains("forkedFrom")) {
            const json& origin = in["forkedFrom"];
            record.forkedFrom = {origin.at("run").get<std::string>(), origin.at("step").get<std::int64_t>()};
        }
        return record;
    } catch (const json::exception& error) {
        throw Error(source + " is not a run's config: " + error.what() + ".");
    }
}

}  // namespace

std::optional<HistoryPoint> pointFromLine(const std::string& line) {
    json event;
    try {
        event = parseJson(line, "");
    } catch (const Error&) {
        return std::nullopt;
    }
    const auto number = [&event](const char* key, double otherwise = 0) {
        const auto found = event.find(key);
        return found != event.end() && found->is_number() ? found->get<double>() : otherwise;
    };
    const bool isStep = event.is_object() && event.contains("event") && isText(event["event"], "step");
    const double step = isStep ? number("step", -1) : -1;
    if (!(step >= 0 && step <= std::numeric_limits<int>::max())) return std::nullopt;
    HistoryPoint point;
    point.step = static_cast<int>(step);
    point.loss = number("loss");
    point.objective = number("objective");
    point.expectedSparsity = number("expectedSparsity");
    point.scheduledTarget = number("scheduledTarget");
    point.target = number("target");
    point.multiplier = number("multiplier");
    point.seconds = number("seconds");
    return point;
}

std::string toJsonLine(const HistoryPoint& point) {
    return json{{"event", "step"},
                {"step", point.step},
                {"loss", point.loss},
                {"objective", point.objective},
                {"expectedSparsity", point.expectedSparsity},
                {"scheduledTarget", point.scheduledTarget},
                {"target", point.target},
                {"multiplier", point.multiplier},
                {"seconds", point.seconds}}
        .dump();
}

std::string toJsonLine(const SessionEvent& event) {
    json line{{"event", event.kind}, {"step", event.step}, {"text", event.text}, {"time", utcTimestamp()}};
    return dumpJson(line);
}

RunFolder RunFolder::create(const fs::path& path, const RunRecord& record) {
    RunFolder folder(path);
    folder.m_record = record;
    makeFolder(path);
    folder.lock();
    if (folder.isThere())
        throw Error(path.string() +
                    " holds a run already; choose another folder with --out, or go on with it by --resume.");
    writeFileAtomically(path / kConfigFile, toJsonText(record));
    return folder;
}

RunFolder RunFolder::createNumbered(const fs::path& path, const RunRecord& record) {
    makeFolder(path.parent_path());
    fs::path candidate = path;
    for (int number = 2; !makeNewFolder(candidate); ++number) candidate = path.string() + "-" + std::to_string(number);
    return create(candidate, record);
}

RunFolder RunFolder::open(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code))
        throw Error("there is no " + path.string() + "; name the folder of a run, as --out named it");
    if (!fs::exists(path / kConfigFile, code))
        throw Error(path.string() + " is no run: it holds no " + kConfigFile + "; name the folder that --out named");
    RunFolder folder(path);
    folder.m_record = recordFromJson(readFile(path / kConfigFile), (path / kConfigFile).string());
    return folder;
}

void RunFolder::lock() {
    m_lock.reset();
    m_lock.emplace(m_path);
}

bool RunFolder::isThere() const {
    std::error_code code;
    return fs::exists(m_path / kConfigFile, code);
}

void RunFolder::restore() {
    writeFileAtomically(m_path / kConfigFile, toJsonText(m_record));
    lock();
}

void RunFolder::saveWeights(RunCheckpoint& checkpoint, const WeightState& weights) {
    const std::string name = fmt::format("{}{:06}.safetensors", kWeightsPrefix, checkpoint.state.step);
    checkpoint.weightsName = name;
    std::error_code code;
    const auto saved = fs::exists(m_path / name, code) ? hashOfSavedWeights(name) : std::nullopt;
    checkpoint.weightsHash = saved.value_or("");
    if (saved) return;
    try {
        checkpoint.weightsHash = writeSafetensors(m_path / name, weights.tensors, weights.values);
        syncFile(m_path / name);
    } catch (...) {
        fs::remove(m_path / name, code);
        throw;
    }
}

std::optional<std::string> RunFolder::hashOfSavedWeights(const std::string& name) const {
    try {
        const RunCheckpoint before = readCheckpoint();
        return before.weightsName == name ? std::optional(before.weightsHash) : std::nullopt;
    } catch (const Error&) {
        return std::nullopt;  // no checkpoint, or one that has to be replaced anyway
    }
}

void RunFolder::removeWeightsExcept(const std::string& name) const {
    std::error_code code;
    for (const std::string& file : namesIn(m_path, code)) {
        if (file.starts_with(kWeightsPrefix) && file != name) fs::remove(m_path / file, code);
    }
}

void RunFolder::saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                               const std::optional<WeightState>& weights, const std::vector<SteeringMove>& steering) {
    RunCheckpoint checkpoint{state, {}, {}, steering};
    if (weights) saveWeights(checkpoint, *weights);
    m_events.sync();  // the lines before the state that they led to
    writeFileAtomically(m_path / kGatesFile, toCheckpointFile(checkpoint, grid));
    if (weights) removeWeightsExcept(checkpoint.weightsName);
}

RunCheckpoint RunFolder::readCheckpoint() const {
    const fs::path path = m_path / kGatesFile;
    return checkpointFromFile(readFile(path), path.string());
}

fs::path RunFolder::weightsFile() const {
    const RunCheckpoint checkpoint = readCheckpoint();
    if (checkpoint.weightsName.empty()) return {};
    fs::path path = m_path / checkpoint.weightsName;
    std::error_code code;
    if (!fs::exists(path, code))
        throw Error(path.string() + " is missing: the weights that the run trained; put it back to go on.");
    if (checkpoint.weightsHash.empty()) return path;
    const MappedFile mapped(path);
    ContentHash hash;
    hash.add(mapped.bytes());
    if (hash.hex() != checkpoint.weightsHash)
        throw Error(path.string() + " is damaged: its checksum is not the one that the checkpoint names.");
    return path;
}

RunCheckpoint RunFolder::keptStateAt(std::int64_t step) const {
    if (m_record.config.mode != LearningMode::Gates)
        throw Error(m_path.string() + " keeps no states of earlier steps, for its weights train; go on from its last " +
                    "checkpoint with --resume, or start a new run.");
    return states().at(step);
}

void RunFolder::requireStep(std::int64_t step) const {
    if (const std::int64_t last = readCheckpoint().state.step; step > last)
        throw Error(m_path.string() + " stands at step " + std::to_string(last) + ": it has no step " +
                    std::to_string(step) + ".");
}

void RunFolder::copyPast(const RunFolder& other, std::int64_t step) {
    std::string lines;
    std::ifstream in(other.m_path / kEventsFile);
    for (std::string line; std::getline(in, line);) {
        const json event = json::parse(line, nullptr, /*allow_exceptions=*/false);
        if (!event.is_object() || !event.contains("step") || !event["step"].is_number_integer()) continue;
        if (event["step"].get<std::int64_t>() < step) lines += line + '\n';
    }
    writeFileAtomically(m_path / kEventsFile, lines);
    other.states().copyTo(m_path, step);
}

void RunFolder::saveLayout(const LayoutFile& layout) {
    writeLayoutFile(m_path / "layout.json", layout);
}

void RunFolder::saveHeldLayout(const AttentionLayout& layout) {
    LayoutFile file;
    file.modelName = m_record.model.name;
    file.modelArchitecture = m_record.model.architecture;
    file.layout = layout;
    file.windowTokens = m_record.config.windowTokens;
    file.sinkTokens = m_record.config.sinkTokens;
    writeLayoutFile(m_path / kHeldLayoutFile, file);
}

std::optional<AttentionLayout> RunFolder::loadHeldLayout() const {
    if (m_record.config.mode != LearningMode::Recover) return std::nullopt;
    return readLayoutFile(m_path / kHeldLayoutFile).layout;
}

void RunFolder::saveComparison(const Comparison& comparison) {
    writeFileAtomically(m_path / "comparison.json", toJson(comparison) + "\n");
}

std::vector<HistoryPoint> RunFolder::readHistory(std::int64_t endStep) const {
    std::vector<HistoryPoint> points;
    std::ifstream in(m_path / kEventsFile);
    for (std::string line; std::getline(in, line);) {
        const auto read = pointFromLine(line);
        if (!read || read->step >= endStep) continue;
        const HistoryPoint& point = *read;
        // Steps that were taken again after a crash stand there twice: the later ones count.
        while (!points.empty() && points.back().step >= point.step) points.pop_back();
        points.push_back(point);
    }
    // Streams keep to themselves what stopped them.
    if (in.bad())
        throw Error("cannot read " + (m_path / kEventsFile).string() + " to its end; free memory and try again",
                    ErrorKind::RunFailed);
    return points;
}

}  // namespace consa
