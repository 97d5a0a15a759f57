// Writes line by line and takes back what is cut short.
#include "core/session/event_log.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace consa {
namespace {

/// Where the last whole line ends.
off_t endOfLines(int handle) {
    std::array<char, 4096> block{};
    for (off_t end = ::lseek(handle, 0, SEEK_END); end > 0;) {
        const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(block.size()));
        const ssize_t count = ::pread(handle, block.data(), static_cast<std::size_t>(end - begin), begin);
        if (count <= 0) return -1;
        for (ssize_t i = count; i-- > 0;) {
            if (block[static_cast<std::size_t>(i)] == '\n') return begin + i + 1;
        }
        end = begin;
    }
    return 0;
}

bool isDeleted(int handle) {
    struct stat status {};
    return ::fstat(handle, &status) == 0 && status.st_nlink == 0;
}

}  // namespace

EventLog::~EventLog() {
    close();
}

EventLog::EventLog(EventLog&& other) noexcept
    : m_path(std::move(other.m_path)), m_handle(std::exchange(other.m_handle, -1)) {}

EventLog& EventLog::operator=(EventLog&& other) noexcept {
    std::swap(m_path, other.m_path);
    std::swap(m_handle, other.m_handle);
    return *this;
}

void EventLog::close() {
    if (m_handle >= 0) ::close(m_handle);
    m_handle = -1;
}

void EventLog::fail() const {
    throw Error("cannot write " + m_path.string() + ": " + std::generic_category().message(errno) +
                    "; free space or choose another folder",
                ErrorKind::RunFailed);
}

void EventLog::open() {
    m_handle = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (m_handle < 0) fail();
    const off_t end = endOfLines(m_handle);
    if (end < 0 || ::ftruncate(m_handle, end) != 0) {
        close();
        fail();
    }
}

void EventLog::append(const std::string& line) {
    if (m_handle >= 0 && isDeleted(m_handle)) close();
    if (m_handle < 0) open();
    const off_t before = ::lseek(m_handle, 0, SEEK_END);
    const std::string bytes = line + '\n';
    errno = ENOSPC;  // what a write cut short means
    const ssize_t count = ::write(m_handle, bytes.data(), bytes.size());
    if (count == static_cast<ssize_t>(bytes.size())) return;
    const int reason = errno;
    if (count > 0 && ::ftruncate(m_handle, before) != 0) close();  // the next opening takes the piece away
    errno = reason;
    fail();
}

void EventLog::sync() {
    if (m_handle >= 0 && ::fsync(m_handle) != 0) fail();
}

}  // namespace consa
