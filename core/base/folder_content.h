// Listing and clearing away folders where memory may run out. libstdc++'s directory iterators, and what is made with
// them (remove_all, is_empty), end the program there.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace consa {

/// The names in a folder, sorted, without "." and "..". Where it can't be read `code` has the reason and what was read
/// so far is returned. Throws std::bad_alloc.
[[nodiscard]] std::vector<std::string> namesIn(const std::filesystem::path& folder, std::error_code& code);

/// Removes a folder with all that is in it, as far as that can be done; links are removed, not followed.
void removeFolder(const std::filesystem::path& folder) noexcept;

}  // namespace consa
