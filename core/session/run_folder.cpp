// Reads and writes run folders.
#include "core/session/run_folder.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/base/version.h"
#include "core/checkpoint/safetensors_file.h"

#include <fmt/format.h>
#include <limits>
#include <map>
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
constexpr const char* kWeightsKey = "weights";  // in the gates' metadata: the file with the weights of the same step
constexpr const char* kWeightsPrefix = "weights-";

std::string toJsonText(const RunRecord& record) {
    const json out{{"format", kFormat},
                   {"version", kFormatVersion},
                   {"created", utcTimestamp()},
                   {"config", json::parse(toJson(record.config))},
                   {"model", json::parse(toJson(record.model))},
                   {"modelFingerprint", record.modelFingerprint},
                   {"corpus", {{"origin", record.corpusOrigin}, {"fingerprint", record.corpusFingerprint}}},
                   {"device", record.device},
                   {"dataType", record.dataType},
                   {"versions", {{"consa", kVersion}, {"torch", record.torchVersion}}}};
    return out.dump(2) + "\n";
}

RunRecord recordFromJson(const std::string& text, const std::string& source) {
    try {
        const json in = parseJson(text, source);
        if (in.value("format", "") != kFormat)
            throw Error(source + " is not a run's config (its \"format\" is not \"" + kFormat + "\").");
        if (in.at("version").get<int>() != kFormatVersion)
            throw Error(source + " has version " + in.at("version").dump() + "; this program reads version 1.");
        RunRecord record;
        record.config = trainingConfigFromJson(in.at("config").dump(), source);
        record.model = modelConfigFromJson(in.at("model").dump(), source);
        record.modelFingerprint = in.at("modelFingerprint").get<std::string>();
        record.corpusOrigin = in.at("corpus").at("origin").get<std::string>();
        record.corpusFingerprint = in.at("corpus").at("fingerprint").get<std::string>();
        record.device = in.at("device").get<std::string>();
        record.dataType = in.at("dataType").get<std::string>();
        record.torchVersion = in.at("versions").at("torch").get<std::string>();
        return record;
    } catch (const json::exception& error) {
        throw Error(source + " is not a run's config: " + error.what() + ".");
    }
}

/// A step's line; nothing for other events and for what is no line of ours, as one that a crash cut off.
std::optional<HistoryPoint> pointFromLine(const std::string& line) {
    json event;
    try {
        event = parseJson(line, "");
    } catch (const Error&) {
        return std::nullopt;
    }
    const auto number = [&event](const char* key) {
        const auto found = event.find(key);
        return found != event.end() && found->is_number() ? found->get<double>() : 0;
    };
    const bool isStep = event.is_object() && event.contains("event") && event["event"] == "step";
    const double step = isStep ? number("step") : -1;
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

std::vector<std::string> words(const std::vector<Pin>& pins) {
    std::vector<std::string> result;
    for (const Pin& pin : pins) result.push_back(toString(pin));
    return result;
}

std::vector<float> toFloats(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

}  // namespace

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

RunFolder RunFolder::create(const fs::path& path, const RunRecord& record) {
    if (fs::exists(path / kConfigFile))
        throw Error(path.string() +
                    " holds a run already; choose another folder with --out, or go on with it by --resume.");
    RunFolder folder(path);
    folder.m_record = record;
    writeFileAtomically(path / kConfigFile, toJsonText(record));
    return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
    RunFolder folder(path);
    folder.m_record = recordFromJson(readFile(path / kConfigFile), (path / kConfigFile).string());
    return folder;
}

void RunFolder::appendLine(const std::string& line) {
    const fs::path file = m_path / kEventsFile;
    if (!m_events.is_open()) {
        // A line that a crash cut off must not swallow the next one.
        std::ifstream before(file, std::ios::binary | std::ios::ate);
        const bool isTorn = before && before.tellg() > 0 && before.seekg(-1, std::ios::end) && before.get() != '\n';
        m_events.open(file, std::ios::app | std::ios::binary);
        if (isTorn) m_events << '\n';
    }
    m_events << line << '\n' << std::flush;
    if (!m_events)
        throw Error(file.string() + " can't be written (disk full or read-only?); free space or choose another folder.",
                    ErrorKind::RunFailed);
}

void RunFolder::append(const HistoryPoint& point) {
    appendLine(toJsonLine(point));
}

void RunFolder::append(const SessionEvent& event) {
    appendLine(
        json{{"event", event.kind}, {"step", event.step}, {"text", event.text}, {"time", utcTimestamp()}}.dump());
}

std::string RunFolder::saveWeights(std::int64_t step, const WeightState& weights) {
    const std::string name = fmt::format("{}{:06}.safetensors", kWeightsPrefix, step);
    std::error_code code;
    if (fs::exists(m_path / kGatesFile, code) && name == weightsName()) return name;
    try {
        writeSafetensors(m_path / name, weights.tensors, weights.values);
        syncFile(m_path / name);
    } catch (...) {
        fs::remove(m_path / name, code);
        throw;
    }
    return name;
}

void RunFolder::removeWeightsExcept(const std::string& name) const {
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(m_path, code)) {
        const std::string file = entry.path().filename().string();
        if (file.starts_with(kWeightsPrefix) && file != name) fs::remove(entry.path(), code);
    }
}

void RunFolder::saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                               const std::optional<WeightState>& weights) {
    std::map<std::string, std::string> metadata;
    if (weights) metadata[kWeightsKey] = saveWeights(state.step, *weights);
    const std::vector<std::int64_t> shape{grid.layerCount, grid.unitsPerLayer()};
    json training{{"step", state.step},
                  {"updateCount", state.gates.updateCount},
                  {"multipliers", state.multipliers},
                  {"ramp",
                   {{"from", state.ramp.from},
                    {"target", state.ramp.target},
                    {"beginStep", state.ramp.beginStep},
                    {"rampSteps", state.ramp.rampSteps}}},
                  {"isFrozen", state.isFrozen},
                  {"pins", words(state.pins)},
                  {"stepCount", state.stepCount}};
    if (state.bestLoss) training["bestLoss"] = *state.bestLoss;
    metadata["training"] = training.dump();
    writeFileAtomically(m_path / kGatesFile,
                        toSafetensors({{"logAlpha", shape, toFloats(state.gates.logAlpha)},
                                       {"firstMoment", shape, toFloats(state.gates.firstMoment)},
                                       {"secondMoment", shape, toFloats(state.gates.secondMoment)}},
                                      metadata));
    if (weights) removeWeightsExcept(metadata[kWeightsKey]);
}

std::string RunFolder::weightsName() const {
    const fs::path gates = m_path / kGatesFile;
    const std::string bytes = readFile(gates);
    const SafetensorsFile file(bytes, gates.string());
    const auto found = file.metadata().find(kWeightsKey);
    return found == file.metadata().end() ? "" : fs::path(found->second).filename().string();
}

fs::path RunFolder::weightsFile() const {
    const std::string name = weightsName();
    if (name.empty()) return {};
    const fs::path path = m_path / name;
    std::error_code code;
    if (!fs::exists(path, code))
        throw Error(path.string() + " is missing: the weights that the run trained; put it back to go on.");
    return path;
}

TrainerState RunFolder::loadCheckpoint() const {
    const fs::path path = m_path / kGatesFile;
    const std::string bytes = readFile(path);
    const SafetensorsFile file(bytes, path.string());
    const auto read = [&file](const std::string& name) {
        const std::vector<float> values = file.readFloat32(name);
        return std::vector<double>(values.begin(), values.end());
    };
    try {
        const json training = parseJson(file.metadata().at("training"), "its training state");
        TrainerState state;
        state.step = training.at("step").get<std::int64_t>();
        state.gates = {read("logAlpha"), read("firstMoment"), read("secondMoment"),
                       training.at("updateCount").get<std::int64_t>()};
        if (training.contains("multiplier"))  // as version 0.1 wrote it
            state.multipliers = {training.at("multiplier").get<double>()};
        else
            state.multipliers = training.at("multipliers").get<std::vector<double>>();
        const json& ramp = training.at("ramp");
        state.ramp = {ramp.at("from").get<double>(), ramp.at("target").get<double>(),
                      ramp.at("beginStep").get<std::int64_t>(), ramp.at("rampSteps").get<std::int64_t>()};
        state.isFrozen = training.at("isFrozen").get<bool>();
        for (const json& word : training.value("pins", json::array()))
            state.pins.push_back(pinFromString(word.get<std::string>()));
        state.stepCount = training.value("stepCount", 0);
        if (training.contains("bestLoss")) state.bestLoss = training.at("bestLoss").get<double>();
        return state;
    } catch (const std::exception& error) {
        throw Error(path.string() + " is not a run's checkpoint: " + error.what() + ".");
    }
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
    return points;
}

}  // namespace consa
