// Puts the training state into a safetensors file and takes it out again, checked.
#include "core/session/run_checkpoint.h"

#include "core/base/content_hash.h"
#include "core/base/json_text.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/safetensors_file.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>

namespace consa {
namespace {

constexpr const char* kFormat = "consa-checkpoint";
constexpr int kVersion = 2;  // 1 had neither format nor checksum
constexpr const char* kChecksum = "checksum";

using Metadata = std::map<std::string, std::string>;

std::vector<float> toFloats(const std::vector<double>& values) {
    return {values.begin(), values.end()};
}

/// Over names and texts but its own, then all tensors as they lie in the file.
template <typename Tensors, typename BytesOf>
std::string checksumOf(const Metadata& metadata, const Tensors& tensors, BytesOf bytesOf) {
    ContentHash hash;
    for (const auto& [key, text] : metadata) {
        if (key == kChecksum) continue;
        hash.addField(key);
        hash.addField(text);
    }
    for (const auto& tensor : tensors) hash.addField(bytesOf(tensor));
    return hash.hex();
}

Json toJson(const TrainerState& state) {
    Json training{{"step", state.step},
                  {"updateCount", state.gates.updateCount},
                  {"multipliers", state.multipliers},
                  {"ramp",
                   {{"from", state.ramp.from},
                    {"target", state.ramp.target},
                    {"beginStep", state.ramp.beginStep},
                    {"rampSteps", state.ramp.rampSteps}}},
                  {"isFrozen", state.isFrozen},
                  {"pins", Json::array()},
                  {"stepCount", state.stepCount}};
    for (const Pin& pin : state.pins) training["pins"].push_back(toString(pin));
    if (state.areMultipliersHeld) training["multipliersHeld"] = true;
    if (state.bestLoss) training["bestLoss"] = *state.bestLoss;
    return training;
}

/// The fields of one JSON object; each call throws Error naming file and field.
class Fields {
public:
    Fields(const ParsedJson& object, const std::string& source) : m_object(object), m_source(source) {
        if (!object.is_object()) fail("state", "no object");
    }

    [[noreturn]] void fail(const std::string& key, const std::string& problem) const {
        throw Error(m_source + " is not a run's checkpoint: its " + key + " is " + problem);
    }
    [[nodiscard]] bool has(const char* key) const { return m_object.contains(key); }
    [[nodiscard]] const ParsedJson& at(const char* key) const {
        const auto found = m_object.find(key);
        if (found == m_object.end()) fail(key, "missing");
        return *found;
    }
    [[nodiscard]] std::int64_t whole(const char* key, std::int64_t most) const {
        const ParsedJson& value = at(key);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))
            fail(key, "no whole number from 0");
        return value.get<std::int64_t>();
    }
    [[nodiscard]] double finite(const char* key) const { return finiteOf(key, at(key)); }
    [[nodiscard]] std::vector<double> finiteList(const char* key) const {
        if (!at(key).is_array()) fail(key, "no list");
        std::vector<double> values;
        for (const ParsedJson& value : at(key)) values.push_back(finiteOf(key, value));
        return values;
    }
    [[nodiscard]] bool flag(const char* key) const {
        if (!at(key).is_boolean()) fail(key, "neither true nor false");
        return at(key).get<bool>();
    }

private:
    [[nodiscard]] double finiteOf(const char* key, const ParsedJson& value) const {
        if (!value.is_number() || !std::isfinite(value.get<double>())) fail(key, "no number");
        return value.get<double>();
    }

    const ParsedJson& m_object;
    const std::string& m_source;
};

constexpr std::int64_t kMostSteps = std::numeric_limits<int>::max();

TrainerState stateFrom(const ParsedJson& training, const std::string& source) {
    const Fields fields(training, source);
    TrainerState state;
    state.step = fields.whole("step", kMostSteps);
    state.gates.updateCount = fields.whole("updateCount", kMostSteps);
    if (fields.has("multiplier"))  // as version 0.1 wrote it
        state.multipliers = {fields.finite("multiplier")};
    else
        state.multipliers = fields.finiteList("multipliers");
    const Fields ramp(fields.at("ramp"), source);
    state.ramp = {ramp.finite("from"), ramp.finite("target"), ramp.whole("beginStep", kMostSteps),
                  ramp.whole("rampSteps", kMostSteps)};
    state.isFrozen = fields.flag("isFrozen");
    if (fields.has("multipliersHeld")) state.areMultipliersHeld = fields.flag("multipliersHeld");
    if (fields.has("pins")) {
        for (const ParsedJson& word : fields.at("pins")) {
            if (!word.is_string()) fields.fail("pins", "no list of words");
            state.pins.push_back(pinFromString(word.get<std::string>()));
        }
    }
    if (fields.has("stepCount")) state.stepCount = static_cast<int>(fields.whole("stepCount", kMostSteps));
    if (fields.has("bestLoss")) state.bestLoss = fields.finite("bestLoss");
    return state;
}

std::vector<double> gateValues(const SafetensorsFile& file, const std::string& name) {
    const std::vector<float> values = file.readFloat32(name);
    for (const float value : values) {
        if (!std::isfinite(value))
            throw Error(file.source() + " is not a run's checkpoint: its " + name + " holds what is no number");
    }
    return {values.begin(), values.end()};
}

std::string textOf(const SafetensorsFile& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? "" : found->second;
}

void requireReadable(const SafetensorsFile& file) {
    const std::string text = textOf(file, "version");
    if (text.empty() && textOf(file, "format").empty()) return;  // version 1
    int version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (textOf(file, "format") != kFormat || error != std::errc() || end != text.data() + text.size() || version < 1)
        throw Error(file.source() + " is not a run's checkpoint");
    if (version > kVersion) {
        throw Error(file.source() + " was written by a newer version of this program (checkpoint version " +
                    std::to_string(version) + ", this one reads up to " + std::to_string(kVersion) +
                    "): go on with that version, or update");
    }
    const auto bytesOf = [](const StoredTensor& tensor) { return tensor.bytes; };
    if (version > 1 && checksumOf(file.metadata(), file.tensors(), bytesOf) != textOf(file, kChecksum))
        throw Error(file.source() + " is damaged: its checksum is not that of its content");
}

}  // namespace

std::string toCheckpointFile(const RunCheckpoint& checkpoint, const UnitGrid& grid) {
    const std::vector<std::int64_t> shape{grid.layerCount, grid.unitsPerLayer()};
    const GateState& gates = checkpoint.state.gates;
    const std::vector<NamedTensor> tensors = {{"logAlpha", shape, toFloats(gates.logAlpha)},
                                              {"firstMoment", shape, toFloats(gates.firstMoment)},
                                              {"secondMoment", shape, toFloats(gates.secondMoment)}};
    Metadata metadata = {{"format", kFormat},
                         {"version", std::to_string(kVersion)},
                         {"training", dumpJson(toJson(checkpoint.state))},
                         {"steering", toJson(checkpoint.steering)}};
    if (!checkpoint.weightsName.empty()) {
        metadata["weights"] = checkpoint.weightsName;
        metadata["weightsHash"] = checkpoint.weightsHash;
    }
    const auto bytesOf = [](const NamedTensor& tensor) {
        return std::string_view(reinterpret_cast<const char*>(tensor.values.data()),
                                tensor.values.size() * sizeof(float));
    };
    metadata[kChecksum] = checksumOf(metadata, tensors, bytesOf);
    return toSafetensors(tensors, metadata);
}

RunCheckpoint checkpointFromFile(std::string_view bytes, const std::string& source) {
    const SafetensorsFile file(bytes, source);
    requireReadable(file);
    RunCheckpoint checkpoint;
    checkpoint.state = stateFrom(parseJson(textOf(file, "training"), source + ": its training state"), source);
    checkpoint.state.gates.logAlpha = gateValues(file, "logAlpha");
    checkpoint.state.gates.firstMoment = gateValues(file, "firstMoment");
    checkpoint.state.gates.secondMoment = gateValues(file, "secondMoment");
    checkpoint.weightsName = std::filesystem::path(textOf(file, "weights")).filename().string();
    checkpoint.weightsHash = textOf(file, "weightsHash");
    if (const std::string steering = textOf(file, "steering"); !steering.empty())
        checkpoint.steering = steeringFromJson(steering, source);
    return checkpoint;
}

}  // namespace consa
