// Reads and writes moves as JSON.
#include "core/session/steering.h"

#include "core/base/json_text.h"

namespace consa {
namespace {

constexpr std::int64_t kMostSteps = std::int64_t{1} << 30U;  // as in layout files

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error(source + ": a change made while training " + problem);
}

std::int64_t wholeNumber(const ParsedJson& object, const char* key, const std::string& source) {
    const auto found = object.find(key);
    const bool isWhole = found != object.end() && found->is_number_unsigned() && *found <= kMostSteps;
    if (!isWhole) fail(source, std::string("has no ") + key);
    return found->get<std::int64_t>();
}

SteeredPins pinsFrom(const ParsedJson& list, const std::string& source) {
    if (!list.is_array()) fail(source, "has pins that are no list");
    SteeredPins result;
    for (const ParsedJson& word : list) {
        if (!word.is_string()) fail(source, "has a pin that is no word");
        result.pins.push_back(pinFromString(word.get<std::string>()));
    }
    return result;
}

SteeringMove moveFrom(const ParsedJson& object, const std::string& source) {
    if (!object.is_object()) fail(source, "is no object");
    SteeringMove move{wholeNumber(object, "step", source), {}};
    if (const auto target = object.find("target"); target != object.end()) {
        const bool isShare = target->is_number() && *target >= 0 && *target <= 1;
        if (!isShare) fail(source, "has a target outside 0..1");
        move.change = SteeredTarget{target->get<double>(), static_cast<int>(wholeNumber(object, "rampSteps", source))};
    } else if (const auto pins = object.find("pins"); pins != object.end()) {
        move.change = pinsFrom(*pins, source);
    } else if (const auto frozen = object.find("frozen"); frozen != object.end() && frozen->is_boolean()) {
        move.change = SteeredFreeze{frozen->get<bool>()};
    } else if (const auto held = object.find("multipliersHeld"); held != object.end() && held->is_boolean()) {
        move.change = SteeredHold{held->get<bool>()};
    } else {
        fail(source, "is of no known kind; a newer version of this program may have made it");
    }
    return move;
}

void addTo(Json& object, const SteeredTarget& change) {
    object["target"] = change.target;
    object["rampSteps"] = change.rampSteps;
}

void addTo(Json& object, const SteeredPins& change) {
    object["pins"] = Json::array();
    for (const Pin& pin : change.pins) object["pins"].push_back(toString(pin));
}

void addTo(Json& object, const SteeredFreeze& change) {
    object["frozen"] = change.isFrozen;
}

void addTo(Json& object, const SteeredHold& change) {
    object["multipliersHeld"] = change.isHeld;
}

}  // namespace

std::string toJson(const std::vector<SteeringMove>& moves) {
    Json list = Json::array();
    for (const SteeringMove& move : moves) {
        Json object = {{"step", move.step}};
        std::visit([&object](const auto& change) { addTo(object, change); }, move.change);
        list.push_back(std::move(object));
    }
    return dumpJson(list);
}

std::vector<SteeringMove> steeringFromJson(const std::string& text, const std::string& source) {
    const ParsedJson list = parseJson(text, source + ": what was changed while training");
    if (!list.is_array()) fail(source, "stands in no list");
    std::vector<SteeringMove> moves;
    for (const ParsedJson& object : list) {
        moves.push_back(moveFrom(object, source));
        if (moves.size() > 1 && moves.back().step < moves[moves.size() - 2].step)
            fail(source, "comes before an earlier one");
    }
    return moves;
}

}  // namespace consa
