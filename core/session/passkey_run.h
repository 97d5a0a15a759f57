// One whole test of recall: a model and a text in, pass keys found out.
#pragma once

#include "core/evaluation/passkey_report.h"
#include "core/session/session_command.h"

#include <functional>
#include <string>
#include <vector>

namespace consa {

/// What is tested, on what.
struct PasskeyRun {
    OpenCommand open;                      // model, texts that give the filler, device
    std::vector<EvaluatedLayout> layouts;  // by name; window and sinks 0 / -1 take those below
    int contextTokens = 4096;
    int windowTokens = 256;  // the query counted
    int sinkTokens = 4;
    int keyCount = 10;  // texts at each depth
};

/// Hides keys in the dev split's longest document and asks all full and every layout for them. `progress` is called
/// with 0..1 and what is being done; what it throws ends the work. Throws Error (BadInput) for a context that the model
/// or the document is too short for, for less than one key and for layouts that would have to be measured.
[[nodiscard]] PasskeyReport runPasskeys(const PasskeyRun& run,
                                        const std::function<void(double, const std::string&)>& progress);

}  // namespace consa
