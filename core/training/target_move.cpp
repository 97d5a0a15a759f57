// Reads and writes planned moves of the target.
#include "core/training/target_move.h"

#include "core/base/error.h"
#include "core/base/json_text.h"

#include <charconv>

namespace consa {

std::string toString(const TargetMove& move) {
    return std::to_string(move.step) + "=" + dumpJson(move.target);
}

TargetMove targetMoveFromString(const std::string& word) {
    TargetMove move;
    const char* end = word.data() + word.size();
    const auto [equals, stepError] = std::from_chars(word.data(), end, move.step);
    if (stepError == std::errc{} && move.step >= 0 && equals != end && *equals == '=') {
        const auto [rest, targetError] = std::from_chars(equals + 1, end, move.target);
        if (targetError == std::errc{} && rest == end && move.target >= 0 && move.target <= 1) return move;
    }
    throw Error("\"" + word +
                "\" is not a move of the target: write STEP=TARGET, a step from 0 and a sparsity from 0 to 1");
}

}  // namespace consa
