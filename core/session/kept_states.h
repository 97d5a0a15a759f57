// The states that a run with frozen weights keeps every few steps, to be forked from and gone back to.
#pragma once

#include "core/session/run_checkpoint.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace consa {

/// Files of a run's folder `states`, named by their step, each as the run's checkpoint: gates, moments, multipliers,
/// ramp, pins and what was changed so far. The state of step N is that after N steps, before what is changed there.
class KeptStates {
public:
    static constexpr std::int64_t kEverySteps = 10;
    static constexpr std::int64_t kMost = 200;   // evenly apart; past them every second one goes
    static constexpr std::size_t kBetween = 16;  // the latest of the steps between, where something was changed

    explicit KeptStates(const std::filesystem::path& runFolder) : m_folder(runFolder / "states") {}

    /// Whether a run that came to `step` keeps it: every 10 steps, in longer runs every 20, 40 ...
    [[nodiscard]] static bool isDue(std::int64_t step);
    /// Steps whose state is kept, ascending; none where there is no folder.
    [[nodiscard]] std::vector<std::int64_t> steps() const;
    /// The state at `step`, or the nearest before. Throws Error (BadInput) when there is none, it is damaged, or a
    /// newer version wrote it.
    [[nodiscard]] RunCheckpoint at(std::int64_t step) const;

    /// Writes the state unless its step has one, then thins out. Throws Error (RunFailed) when it can't be written.
    void keep(const RunCheckpoint& checkpoint, const UnitGrid& grid) const;
    /// Removes the states of later steps, which will be made again.
    void dropAfter(std::int64_t step) const;
    /// Copies the states up to `step` into another run's folder. Throws Error (RunFailed) when they can't be written.
    void copyTo(const std::filesystem::path& runFolder, std::int64_t step) const;

private:
    [[nodiscard]] std::filesystem::path pathOf(std::int64_t step) const;
    void thin() const;

    std::filesystem::path m_folder;
};

}  // namespace consa
