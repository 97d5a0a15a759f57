// The record of who opened the test split when: a split that is looked at often is no test any more.
#pragma once

#include "core/text/token_corpus.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// One evaluation on a corpus' test split.
struct TestOpening {
    std::string corpusFingerprint;  // TokenCorpus::fingerprint()
    std::string corpusOrigin;
    std::string modelFingerprint;
    std::vector<std::string> layouts;  // names
};

/// test_openings.jsonl in dataFolder(): a JSON object a line, with time, corpus {origin, fingerprint},
/// modelFingerprint, layouts and version.
[[nodiscard]] std::filesystem::path testLedgerPath();

/// Adds the opening, with the time and this program's version, to the ledger and returns how often this corpus' test
/// split has been opened, this time included: the distinct lines with its fingerprint (the same evaluation within the
/// same second counts once, and so does a line that was copied). None when the ledger can't be written or read; never
/// throws for that. May be called from several threads and programs at once.
[[nodiscard]] std::optional<int> recordTestOpening(const TestOpening& opening,
                                                   const std::filesystem::path& ledger = testLedgerPath());

/// What Comparison::testOpenings says after `layouts` were evaluated on this split: recordTestOpening() where the split
/// holds test documents; 0, and nothing is recorded, where it does not.
[[nodiscard]] std::optional<int> countTestOpening(const TokenCorpus& corpus, Split split,
                                                  const std::string& modelFingerprint,
                                                  const std::vector<std::string>& layouts);

}  // namespace consa
