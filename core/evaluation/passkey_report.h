// Pass keys recalled, by layout and depth.
#pragma once

#include "core/evaluation/passkey.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace consa {

/// What a model made of one text.
struct PasskeyAnswer {
    double loss = 0;                    // summed over the answer's tokens, nats
    std::optional<bool> isGreedyRight;  // every answer token was the likeliest; none: not looked at
};

/// One layout's answers, one a text, in the order of the texts.
struct PasskeyAnswers {
    std::string layout;
    std::vector<PasskeyAnswer> answers;
};

/// Of all texts of one depth.
struct PasskeyScore {
    double nll = 0;                    // mean over the answers' tokens, nats
    std::optional<double> rightShare;  // greedy answers that are right, 0..1; none: not looked at

    bool operator==(const PasskeyScore&) const = default;
};

/// All full passes at a depth when its score's nll is below this, nats a token; a matter of taste. Guessing digits
/// takes ln 10 = 2.3 each.
constexpr double kPasskeyPassNll = 1.0;

struct PasskeyDepth {
    double depth = 0;
    int texts = 0;
    PasskeyScore full;
    bool isReported = false;            // all full passes: what it can't do itself says nothing about a layout
    std::vector<PasskeyScore> layouts;  // as in PasskeyReport::layouts; empty unless reported

    bool operator==(const PasskeyDepth&) const = default;
};

struct PasskeyReport {
    std::vector<std::string> layouts;  // names
    std::vector<PasskeyDepth> depths;  // ascending

    bool operator==(const PasskeyReport&) const = default;
};

/// Scores by layout and depth. `full` holds the answers of all full. Throws Error (BadInput) naming the layout whose
/// answers are not as many as the texts.
[[nodiscard]] PasskeyReport passkeyReport(std::span<const PasskeyText> texts, const PasskeyAnswers& full,
                                          std::span<const PasskeyAnswers> evaluated);

/// JSON object on one line: passNll, and of every depth its texts, full and, null unless reported, layouts.
[[nodiscard]] std::string toJson(const PasskeyReport& report);

/// A line a layout, a column a depth, with the mean loss and the share of right answers; "-" where not reported.
[[nodiscard]] std::string toTable(const PasskeyReport& report);

}  // namespace consa
