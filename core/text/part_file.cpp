// Locks, finishes and removes files in the making.
#include "core/text/part_file.h"

#include "core/text/token_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>

namespace consa {
namespace {

constexpr auto kWaitStep = std::chrono::milliseconds(100);

[[noreturn]] void failWithReason() {
    throw TokenFileFailure(std::generic_category().message(errno));
}

enum class Lock { Taken, HeldElsewhere, Unsupported };

Lock tryLock(int handle) {
    while (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR) return errno == EWOULDBLOCK ? Lock::HeldElsewhere : Lock::Unsupported;
    }
    return Lock::Taken;
}

}  // namespace

PartFile::PartFile(const std::filesystem::path& path, const std::function<bool()>& isDone,
                   const std::function<void()>& onWait)
    : m_path(path), m_part(path.string() + ".part") {
    bool isOver = false;
    while (!isOver) {
        open(0);
        try {
            isOver = tryToHold(isDone);
            if (!isOver && m_isHeldElsewhere) onWait();
        } catch (...) {
            close();
            throw;
        }
        if (isOver) break;
        close();
        if (m_isHeldElsewhere) std::this_thread::sleep_for(kWaitStep);
    }
}

bool PartFile::tryToHold(const std::function<bool()>& isDone) {
    const Lock lock = tryLock(m_handle);
    m_isHeldElsewhere = lock == Lock::HeldElsewhere;
    if (lock == Lock::Unsupported) {
        static std::atomic<unsigned> counter = 0;
        close();
        m_part = m_path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(counter++) + ".part";
        open(O_EXCL);
        return true;
    }
    if (m_isHeldElsewhere || !isNamed()) return false;
    if (isDone() || ::ftruncate(m_handle, 0) != 0) {
        ::unlink(m_part.c_str());
        close();
    }
    return true;
}

PartFile::~PartFile() {
    if (isHeld() && !m_isFinished) ::unlink(m_part.c_str());
    close();
}

void PartFile::open(int flags) {
    m_handle = ::open(m_part.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | flags, 0666);
    if (m_handle < 0) failWithReason();
}

void PartFile::close() {
    if (m_handle >= 0) ::close(m_handle);
    m_handle = -1;
}

bool PartFile::isNamed() const {
    struct stat held {};
    struct stat named {};
    return ::fstat(m_handle, &held) == 0 && ::stat(m_part.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

void PartFile::finish() {
    if (::rename(m_part.c_str(), m_path.c_str()) != 0) failWithReason();
    m_isFinished = true;
}

void PartFile::removeIfAbandoned(const std::filesystem::path& part) {
    const int handle = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
    if (handle < 0) return;
    if (tryLock(handle) == Lock::Taken) ::unlink(part.c_str());
    ::close(handle);
}

}  // namespace consa
