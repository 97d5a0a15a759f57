// Locks the folder itself, so that no file is left behind.
#include "core/base/folder_lock.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace consa {

namespace {

/// Tries again a few times: for an instant isFolderLocked() may hold it.
bool tryToLock(int handle) {
    constexpr int kTries = 10;
    constexpr std::chrono::milliseconds kInstant{5};
    for (int tries = 1; ::flock(handle, LOCK_EX | LOCK_NB) != 0; ++tries) {
        if (errno != EWOULDBLOCK || tries == kTries) return false;
        std::this_thread::sleep_for(kInstant);
    }
    return true;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder)
    : m_handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (m_handle < 0 || tryToLock(m_handle)) return;
    const int reason = errno;
    ::close(std::exchange(m_handle, -1));
    if (reason != EWOULDBLOCK) return;
    throw Error(folder.string() +
                " is being written by another program or window: it can be read meanwhile; to write, " +
                "wait until the other is done, or name another folder");
}

FolderLock::~FolderLock() {
    if (m_handle >= 0) ::close(m_handle);
}

FolderLock::FolderLock(FolderLock&& other) noexcept : m_handle(std::exchange(other.m_handle, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
    std::swap(m_handle, other.m_handle);
    return *this;
}

bool isFolderLocked(const std::filesystem::path& folder) {
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return false;
    const bool isFree = ::flock(handle, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    ::close(handle);
    return !isFree;
}

}  // namespace consa
