// Appends to the ledger of test openings and counts in it.
#include "core/session/test_seal.h"

#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/base/version.h"
#include "core/layout/layout_file.h"

#include <set>
#include <sstream>

namespace consa {
namespace {

std::string toJsonLine(const TestOpening& opening) {
    return dumpJson({{"time", utcTimestamp()},
                     {"corpus", {{"origin", opening.corpusOrigin}, {"fingerprint", opening.corpusFingerprint}}},
                     {"modelFingerprint", opening.modelFingerprint},
                     {"layouts", opening.layouts},
                     {"version", kVersion}});
}

/// False for whatever is no opening, as a line that a crash cut off.
bool isOf(const std::string& line, const std::string& corpusFingerprint) {
    const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("corpus") || !json["corpus"].is_object()) return false;
    const auto found = json["corpus"].find("fingerprint");
    return found != json["corpus"].end() && *found == corpusFingerprint;
}

}  // namespace

std::filesystem::path testLedgerPath() {
    return dataFolder() / "test_openings.jsonl";
}

std::optional<int> recordTestOpening(const TestOpening& opening, const std::filesystem::path& ledger) {
    try {
        appendLine(ledger, toJsonLine(opening));
        std::istringstream lines(readFile(ledger));
        std::set<std::string> openings;
        for (std::string line; std::getline(lines, line);) {
            if (isOf(line, opening.corpusFingerprint)) openings.insert(line);
        }
        return static_cast<int>(openings.size());
    } catch (const Error&) {
        return std::nullopt;  // comparing goes on without the count
    }
}

std::optional<int> countTestOpening(const TokenCorpus& corpus, Split split, const std::string& modelFingerprint,
                                    const std::vector<std::string>& layouts) {
    if (split != Split::Test && split != Split::All) return 0;
    return recordTestOpening({corpus.fingerprint(), corpus.origin(), modelFingerprint, layouts});
}

}  // namespace consa
