// A folder that appears whole or not at all.
#pragma once

#include <filesystem>

namespace consa {

/// Collects files in PATH.part and puts them at PATH in one step; without finish() they are removed again.
class WholeFolder {
public:
    /// Makes PATH.part. Throws Error (BadInput) when `target` is there and not an empty folder, or a PATH.part is left
    /// from a work that was cut off; Error (RunFailed) when the folder can't be made.
    explicit WholeFolder(const std::filesystem::path& target);
    ~WholeFolder();
    WholeFolder(const WholeFolder&) = delete;
    WholeFolder& operator=(const WholeFolder&) = delete;

    /// Where to write until finish().
    [[nodiscard]] const std::filesystem::path& path() const { return m_part; }
    /// All of it is on the disk when this returns. Throws Error (RunFailed) naming the target and the system's reason.
    void finish();

private:
    std::filesystem::path m_target;
    std::filesystem::path m_part;
    bool m_isFinished = false;
};

}  // namespace consa
