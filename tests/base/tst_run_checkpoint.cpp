// Tests that a checkpoint comes back whole or not at all: damage, other versions, numbers that are none.
#include "core/checkpoint/safetensors_file.h"
#include "core/session/run_checkpoint.h"
#include "tests/support/expect_error.h"

#include <QTest>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

using namespace consa;

namespace {

const UnitGrid kGrid{2, 2, Granularity::KvHead};

RunCheckpoint checkpoint() {
    RunCheckpoint result;
    result.state.step = 41;
    result.state.gates = {{0.5, -1.25, 2, 0}, {0.125, 0, 0, -3}, {1, 2, 3, 4}, 41};
    result.state.multipliers = {0.1, -1.0 / 3};
    result.state.ramp = {0.25, 0.7, 30, 20};
    result.state.isFrozen = true;
    result.state.areMultipliersHeld = true;
    result.state.pins = {{0, 1, true}, {1, Pin::kWholeLayer, false}};
    result.state.bestLoss = 1.0 / 7;
    result.state.stepCount = 150;
    result.weightsName = "weights-000041.safetensors";
    result.weightsHash = "0123456789abcdef0123456789abcdef";
    result.steering = {{12, SteeredTarget{2.0 / 3, 20}},
                       {12, SteeredPins{{{0, 1, true}}}},
                       {13, SteeredFreeze{true}},
                       {14, SteeredHold{true}}};
    return result;
}

/// The file with other metadata, and its own tensors.
std::string withMetadata(const std::map<std::string, std::string>& changes, float firstGate = 0.5F) {
    const std::string bytes = toCheckpointFile(checkpoint(), kGrid);
    const SafetensorsFile file(bytes, "f");
    std::map<std::string, std::string> metadata = file.metadata();
    for (const auto& [key, text] : changes) metadata[key] = text;
    std::erase_if(metadata, [](const auto& entry) { return entry.second.empty(); });
    std::vector<NamedTensor> tensors;
    for (const StoredTensor& tensor : file.tensors())
        tensors.push_back({tensor.info.name, tensor.info.shape, file.readFloat32(tensor.info.name)});
    tensors.front().values.front() = firstGate;
    return toSafetensors(tensors, metadata);
}

const std::map<std::string, std::string> kVersion1 = {{"format", ""}, {"version", ""}, {"checksum", ""}};

}  // namespace

class TestRunCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comesBackExactly();
    void noticesEveryFlippedBit();
    void refusesNewerVersions();
    void readsTheFirstVersion();
    void refusesNumbersThatAreNone();
    void refusesBrokenSteering();
};

void TestRunCheckpoint::comesBackExactly() {
    QVERIFY(checkpointFromFile(toCheckpointFile(checkpoint(), kGrid), "f") == checkpoint());
    RunCheckpoint plain = checkpoint();
    plain.weightsName = plain.weightsHash = "";
    plain.steering.clear();
    plain.state.bestLoss.reset();
    QVERIFY(checkpointFromFile(toCheckpointFile(plain, kGrid), "f") == plain);
}

void TestRunCheckpoint::noticesEveryFlippedBit() {
    const std::string whole = toCheckpointFile(checkpoint(), kGrid);
    int refused = 0;
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        std::string damaged = whole;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
        try {
            // Spaces around the header's words may change; nothing that is read may.
            QVERIFY(checkpointFromFile(damaged, "gates.safetensors") == checkpoint());
        } catch (const Error& error) {
            QVERIFY2(std::string(error.what()).find("gates.safetensors") != std::string::npos, error.what());
            ++refused;
        }
    }
    QVERIFY(refused > static_cast<int>(7 * whole.size()));
}

void TestRunCheckpoint::refusesNewerVersions() {
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"version", "3"}}), "g"), "g was written by a newer version");
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"version", "x"}}), "g"), "not a run's checkpoint");
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"version", "0"}}), "g"), "not a run's checkpoint");
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"format", "other"}}), "g"), "not a run's checkpoint");
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"checksum", ""}}), "g"), "damaged");
    VERIFY_ERROR(checkpointFromFile(withMetadata({{"note", "added"}}), "g"), "damaged");
    VERIFY_ERROR(checkpointFromFile(withMetadata({}, 0.25F), "g"), "damaged");
}

/// Which had no format, version, checksum or steering, and one multiplier.
void TestRunCheckpoint::readsTheFirstVersion() {
    auto first = kVersion1;
    first["steering"] = first["weightsHash"] = "";
    first["training"] = R"({"step":7,"updateCount":7,"multiplier":0.5,"isFrozen":false,)"
                        R"("ramp":{"from":0,"target":0.5,"beginStep":0,"rampSteps":10}})";
    const RunCheckpoint read = checkpointFromFile(withMetadata(first), "g");
    QCOMPARE(read.state.step, std::int64_t{7});
    QCOMPARE(read.state.multipliers, std::vector<double>{0.5});
    QCOMPARE(read.state.gates.logAlpha, checkpoint().state.gates.logAlpha);
    QCOMPARE(read.weightsName, checkpoint().weightsName);
    QVERIFY(read.weightsHash.empty() && read.steering.empty() && read.state.pins.empty());
}

void TestRunCheckpoint::refusesNumbersThatAreNone() {
    VERIFY_ERROR(checkpointFromFile(withMetadata(kVersion1, std::nanf("")), "g"), "no number");
    const auto refuses = [](const char* field, const char* value) {
        auto changes = kVersion1;
        nlohmann::json training =
            nlohmann::json::parse(SafetensorsFile(withMetadata({}), "f").metadata().at("training"));
        training[nlohmann::json::json_pointer(field)] = nlohmann::json::parse(value);
        changes["training"] = training.dump();
        VERIFY_ERROR(checkpointFromFile(withMetadata(changes), "g"), "g is not a run's checkpoint");
    };
    for (const char* value : {"1e300", "-1", "1.5", "null", "\"7\"", "9223372036854775807"}) refuses("/step", value);
    for (const char* value : {"null", "[null]", "[\"1\"]", "3"}) refuses("/multipliers", value);
    for (const char* value : {"null", "[]", "{}"}) refuses("/ramp", value);
    refuses("/ramp/rampSteps", "-5");
    refuses("/isFrozen", "1");
    refuses("/pins", "[3]");
    refuses("/bestLoss", "null");
}

void TestRunCheckpoint::refusesBrokenSteering() {
    for (const char* text : {"{}", "[3]", "[{}]", R"([{"step":-1,"frozen":true}])", R"([{"step":1,"target":2}])",
                             R"([{"step":1,"target":0.5,"rampSteps":1e99}])", R"([{"step":1,"pins":["x"]}])",
                             R"([{"step":1,"else":1}])", R"([{"step":2,"frozen":true},{"step":1,"frozen":true}])"}) {
        const std::string sentence = test::errorOf([&] { static_cast<void>(steeringFromJson(text, "g")); });
        QVERIFY2(!sentence.empty() && sentence.find("(another") == std::string::npos, text);
    }
}

QTEST_APPLESS_MAIN(TestRunCheckpoint)
#include "tst_run_checkpoint.moc"
