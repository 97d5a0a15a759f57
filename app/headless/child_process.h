// Runs another program and reads what it says.
#pragma once

#include <string>
#include <vector>

namespace consa {

/// What a program left behind.
struct ChildResult {
    int exitCode = -1;  // -1: it could not be started or ended by a signal
    std::string output;
};

/// Runs `arguments` (the program's path first), waits for its end and returns its standard output; its standard error
/// is this program's. Throws Error (RunFailed) when this system cannot make another process.
[[nodiscard]] ChildResult runChild(const std::vector<std::string>& arguments);

}  // namespace consa
