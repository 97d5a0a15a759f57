// Averages answers depth by depth.
#include "core/evaluation/passkey_report.h"

#include "core/base/json_text.h"
#include "core/base/text_table.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

namespace consa {
namespace {

using Places = std::vector<std::size_t>;  // of texts of one depth

void requireAll(std::span<const PasskeyText> texts, const PasskeyAnswers& answers) {
    if (answers.answers.size() == texts.size()) return;
    throw Error(fmt::format("{} answered {} of {} pass key texts; evaluate it on all of them.", answers.layout,
                            answers.answers.size(), texts.size()));
}

PasskeyScore score(std::span<const PasskeyText> texts, const Places& places, const PasskeyAnswers& answers) {
    double loss = 0;
    int tokens = 0, judged = 0, right = 0;
    for (const std::size_t place : places) {
        const PasskeyAnswer& answer = answers.answers[place];
        loss += answer.loss;
        tokens += texts[place].answerEnd - texts[place].answerBegin;
        judged += answer.isGreedyRight.has_value() ? 1 : 0;
        right += answer.isGreedyRight.value_or(false) ? 1 : 0;
    }
    PasskeyScore result{loss / tokens, std::nullopt};
    if (judged > 0) result.rightShare = static_cast<double>(right) / judged;
    return result;
}

Json toJsonValue(const PasskeyScore& score) {
    return {{"nll", std::isfinite(score.nll) ? Json(score.nll) : Json(nullptr)},
            {"rightShare", score.rightShare ? Json(*score.rightShare) : Json(nullptr)}};
}

std::string toCell(const PasskeyScore& score) {
    return fixedDigits(score.nll, 3) + (score.rightShare ? fmt::format(" {:3.0f} %", 100 * *score.rightShare) : "");
}

}  // namespace

PasskeyReport passkeyReport(std::span<const PasskeyText> texts, const PasskeyAnswers& full,
                            std::span<const PasskeyAnswers> evaluated) {
    requireAll(texts, full);
    PasskeyReport report;
    for (const PasskeyAnswers& one : evaluated) {
        requireAll(texts, one);
        report.layouts.push_back(one.layout);
    }
    std::map<double, Places> byDepth;
    for (std::size_t place = 0; place < texts.size(); ++place) byDepth[texts[place].depth].push_back(place);
    for (const auto& [depth, places] : byDepth) {
        PasskeyDepth at{depth, static_cast<int>(places.size()), score(texts, places, full), false, {}};
        at.isReported = at.full.nll < kPasskeyPassNll;
        if (at.isReported) {
            for (const PasskeyAnswers& one : evaluated) at.layouts.push_back(score(texts, places, one));
        }
        report.depths.push_back(std::move(at));
    }
    return report;
}

std::string toJson(const PasskeyReport& report) {
    Json depths = Json::array();
    for (const PasskeyDepth& at : report.depths) {
        Json layouts = at.isReported ? Json::array() : Json(nullptr);
        for (std::size_t i = 0; i < at.layouts.size(); ++i) {
            layouts.push_back(toJsonValue(at.layouts[i]));
            layouts.back()["layout"] = report.layouts[i];
        }
        depths.push_back({{"depth", at.depth},
                          {"texts", at.texts},
                          {"full", toJsonValue(at.full)},
                          {"layouts", std::move(layouts)}});
    }
    return dumpJson({{"passNll", kPasskeyPassNll}, {"depths", std::move(depths)}});
}

std::string toTable(const PasskeyReport& report) {
    std::vector<std::vector<std::string>> lines{{"pass key at depth"}, {"all full"}};
    for (const std::string& name : report.layouts) lines.push_back({name});
    for (const PasskeyDepth& at : report.depths) {
        lines[0].push_back(fmt::format("{:.2g}", at.depth));
        lines[1].push_back(toCell(at.full));
        for (std::size_t i = 0; i < report.layouts.size(); ++i)
            lines[i + 2].push_back(at.isReported ? toCell(at.layouts[i]) : "-");
    }
    return alignedText(lines, 1) +
           fmt::format("Nats a token of the answer, right answers; only where all full stays below {:.1f}\n",
                       kPasskeyPassNll);
}

}  // namespace consa
