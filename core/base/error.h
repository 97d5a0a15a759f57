// The one exception type of the engine: a sentence that a user can act on.
#pragma once

#include <stdexcept>
#include <string>

namespace consa {

/// What an error means for the caller: `BadInput` (exit code 2: the user can mend what was given) or
/// `RunFailed` (exit code 1: the work itself could not be finished).
enum class ErrorKind { BadInput, RunFailed };

/// `message` fit for a terminal and a window: control characters, which names out of files may hold, become '?', and
/// what is longer than 4000 bytes loses its middle.
[[nodiscard]] std::string readableMessage(std::string message);

/// Thrown by every function of core that can fail. `what()` is one sentence that names the place (file, key or
/// option) and the remedy.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string& message, ErrorKind kind = ErrorKind::BadInput)
        : std::runtime_error(readableMessage(message)), m_kind(kind) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return m_kind; }

private:
    ErrorKind m_kind;
};

}  // namespace consa
