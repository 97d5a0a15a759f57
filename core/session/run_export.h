// Writes the model that a run trained as a Hugging Face folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace consa {

/// What became of it.
struct ExportedRun {
    bool hasLayout = false;           // built into config.json; else every layer is full there
    std::string architecture;         // that transformers loads
    std::vector<std::string> losses;  // one sentence a thing that the layout has and the folder has not
};

/// Writes the run's trained weights to the new folder `target`, in the format that the run computed in (bfloat16 or
/// float32), with the layout built in where transformers can express it, and layout.json beside them. `runFolder` holds
/// a run that moves weights. `progress` is called with 0..1; what it throws leaves nothing behind. Throws Error naming
/// the path.
ExportedRun exportRun(const std::filesystem::path& runFolder, const std::filesystem::path& target,
                      const std::function<void(double)>& progress);

}  // namespace consa
