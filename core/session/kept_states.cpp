// Writes, finds and thins out kept states.
#include "core/session/kept_states.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace consa {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".safetensors";

/// The step that a file is named by.
std::optional<std::int64_t> stepOf(const std::string& name) {
    if (!name.ends_with(kSuffix)) return std::nullopt;
    const char* end = name.data() + name.size() - kSuffix.size();
    std::int64_t step = 0;
    const auto [stopped, error] = std::from_chars(name.data(), end, step);
    return error == std::errc() && stopped == end && step >= 0 ? std::optional(step) : std::nullopt;
}

/// How many steps lie between two kept states of a run that came to `step`.
std::int64_t stepsApart(std::int64_t step) {
    std::int64_t apart = KeptStates::kEverySteps;
    while (step / apart >= KeptStates::kMost) apart *= 2;
    return apart;
}

}  // namespace

bool KeptStates::isDue(std::int64_t step) {
    return step % stepsApart(step) == 0;
}

fs::path KeptStates::pathOf(std::int64_t step) const {
    return m_folder / fmt::format("{:06}{}", step, kSuffix);
}

std::vector<std::int64_t> KeptStates::steps() const {
    std::vector<std::int64_t> found;
    std::error_code code;
    for (const std::string& name : namesIn(m_folder, code))
        if (const auto step = stepOf(name)) found.push_back(*step);
    std::sort(found.begin(), found.end());
    return found;
}

RunCheckpoint KeptStates::at(std::int64_t step) const {
    const std::vector<std::int64_t> kept = steps();
    const auto after = std::upper_bound(kept.begin(), kept.end(), step);
    if (after == kept.begin())
        throw Error(m_folder.string() + " keeps no state at or before step " + std::to_string(step) +
                    (kept.empty() ? "; the run was made by an older version, or its states were deleted"
                                  : "; the first is of step " + std::to_string(kept.front())));
    const fs::path path = pathOf(*std::prev(after));
    RunCheckpoint checkpoint = checkpointFromFile(readFile(path), path.string());
    if (checkpoint.state.step != *std::prev(after))
        throw Error(path.string() + " is of step " + std::to_string(checkpoint.state.step) +
                    ", not of the one that it is named by; delete it to use the state before");
    return checkpoint;
}

void KeptStates::keep(const RunCheckpoint& checkpoint, const UnitGrid& grid) const {
    const fs::path path = pathOf(checkpoint.state.step);
    std::error_code code;
    if (fs::exists(path, code)) return;
    writeFileAtomically(path, toCheckpointFile(checkpoint, grid));
    thin();
}

void KeptStates::thin() const {
    const std::vector<std::int64_t> kept = steps();
    if (kept.empty()) return;  // a folder that can't be read
    const std::int64_t apart = stepsApart(kept.back());
    std::error_code code;
    std::size_t between = 0;
    for (auto step = kept.rbegin(); step != kept.rend(); ++step) {
        if (*step % apart != 0 && ++between > kBetween) fs::remove(pathOf(*step), code);
    }
}

void KeptStates::dropAfter(std::int64_t step) const {
    std::error_code code;
    for (const std::int64_t kept : steps())
        if (kept > step) fs::remove(pathOf(kept), code);
}

void KeptStates::copyTo(const fs::path& runFolder, std::int64_t step) const {
    const KeptStates other(runFolder);
    for (const std::int64_t kept : steps())
        if (kept <= step) writeFileAtomically(other.pathOf(kept), readFile(pathOf(kept)));
}

}  // namespace consa
