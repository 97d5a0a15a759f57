// Keeps two programs from writing into one folder.
#pragma once

#include <filesystem>

namespace consa {

/// Held from construction to destruction; a program that dies lets go of it. Only writers ask: reading goes on.
class FolderLock {
public:
    /// Throws Error (BadInput) saying so when another holder, in this program or another, has it. A file system that
    /// knows no locks, and a folder that is not there, is no error.
    explicit FolderLock(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&& other) noexcept;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    int m_handle = -1;
};

/// True when some program, this one too, holds the lock. Never waits.
[[nodiscard]] bool isFolderLocked(const std::filesystem::path& folder);

}  // namespace consa
