// Reads, writes and checks pins.
#include "core/layout/pins.h"

#include "core/base/error.h"

#include <algorithm>
#include <charconv>

namespace consa {
namespace {

/// A whole number from 0; nothing for anything else.
std::optional<int> wholeNumber(std::string_view text) {
    int value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

}  // namespace

std::string toString(const Pin& pin) {
    const std::string unit = pin.unit == Pin::kWholeLayer ? "" : "." + std::to_string(pin.unit);
    return std::to_string(pin.layer) + unit + (pin.isFull ? "=full" : "=sliding");
}

Pin pinFromString(const std::string& word) {
    const std::string_view text = word;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) {
        const std::string_view place = text.substr(0, equals), kind = text.substr(equals + 1);
        const auto dot = place.find('.');
        const auto layer = wholeNumber(place.substr(0, dot));
        const auto unit =
            dot == std::string_view::npos ? std::optional(Pin::kWholeLayer) : wholeNumber(place.substr(dot + 1));
        if (layer && unit && (kind == "full" || kind == "sliding")) return {*layer, *unit, kind == "full"};
    }
    throw Error(
        "\"" + word +
        "\" is not a pin: write LAYER.HEAD=full or LAYER.HEAD=sliding, or LAYER=... for a whole layer, counted from 0");
}

UnitPins unitPins(const std::vector<Pin>& pins, const UnitGrid& grid) {
    UnitPins result(static_cast<std::size_t>(grid.unitCount()));
    for (const Pin& pin : pins) {
        const bool isWhole = pin.unit == Pin::kWholeLayer;
        if (pin.layer >= grid.layerCount || pin.unit >= grid.unitsPerLayer() || pin.layer < 0 ||
            (pin.unit < 0 && !isWhole))
            throw Error("The pin " + toString(pin) +
                        " lies outside the model's gates: " + std::to_string(grid.layerCount) + " layers of " +
                        std::to_string(grid.unitsPerLayer()) + ", counted from 0");
        const int first = isWhole ? 0 : pin.unit, last = isWhole ? grid.unitsPerLayer() - 1 : pin.unit;
        for (int unit = first; unit <= last; ++unit) {
            const int index = pin.layer * grid.unitsPerLayer() + unit;
            auto& place = result[static_cast<std::size_t>(index)];
            if (place) throw Error("The unit of the pin " + toString(pin) + " is pinned twice; give one pin a unit");
            place = pin.isFull;
        }
    }
    return result;
}

int nearestFullCount(const UnitPins& pins, int fullCount) {
    const auto count = [&](bool isFull) {
        return static_cast<int>(std::count(pins.begin(), pins.end(), std::optional(isFull)));
    };
    return std::clamp(fullCount, count(true), static_cast<int>(pins.size()) - count(false));
}

void requireRoom(const UnitPins& pins, int fullCount) {
    const int nearest = nearestFullCount(pins, fullCount);
    if (nearest == fullCount) return;
    throw Error("The budget of " + std::to_string(fullCount) + " full units does not fit the pins, which allow " +
                (nearest > fullCount ? "at least " : "at most ") + std::to_string(nearest) +
                "; move the target or remove pins");
}

}  // namespace consa
