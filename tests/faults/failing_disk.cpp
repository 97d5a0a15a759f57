// Preloaded into a program, which ends at once if it asks for the network or starts another program. While the file
// that CONSA_FAULT_SWITCH names is there, nothing more fits on the disk; while the one that CONSA_CLOCK_SWITCH names is
// there, the clock stands an hour back.
#include <dlfcn.h>
#include <netdb.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

bool isOn(const char* variable) {
    const char* path = std::getenv(variable);
    return path != nullptr && ::access(path, F_OK) == 0;
}

/// Files of runs and caches; not pipes, and not what the program prints.
bool isFull(int handle) {
    struct stat status {};
    return handle > STDERR_FILENO && isOn("CONSA_FAULT_SWITCH") && ::fstat(handle, &status) == 0 &&
           S_ISREG(status.st_mode);
}

int fail() {
    errno = ENOSPC;
    return -1;
}

/// What would have been called.
template <typename Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Ends the program: nothing of ours may come here.
void forbid(const char* what) {
    std::fprintf(stderr, "forbidden: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" {

int socket(int family, int type, int protocol) noexcept {
    static const auto next = real<int (*)(int, int, int)>("socket");
    if (family == AF_INET || family == AF_INET6) forbid("a network connection");
    return next(family, type, protocol);
}

int getaddrinfo(const char* /*node*/, const char* /*service*/, const addrinfo* /*hints*/, addrinfo** /*found*/) {
    forbid("looking a host up");
    return EAI_FAIL;
}

int execve(const char* /*path*/, char* const* /*words*/, char* const* /*environment*/) noexcept {
    forbid("starting a program");
    return fail();
}

int posix_spawn(pid_t* /*child*/, const char* /*path*/, const posix_spawn_file_actions_t* /*actions*/,
                const posix_spawnattr_t* /*attributes*/, char* const* /*words*/, char* const* /*environment*/) {
    forbid("starting a program");
    return ENOSYS;
}

int system(const char* /*command*/) {
    forbid("starting a shell");
    return -1;
}

ssize_t write(int handle, const void* bytes, std::size_t count) {
    static const auto next = real<ssize_t (*)(int, const void*, std::size_t)>("write");
    // A part is taken first, as by a disk that has room for a part.
    if (isFull(handle)) return count > 8 ? next(handle, bytes, count / 2) : fail();
    return next(handle, bytes, count);
}

ssize_t writev(int handle, const struct iovec* parts, int count) {
    static const auto next = real<ssize_t (*)(int, const struct iovec*, int)>("writev");
    return isFull(handle) ? fail() : next(handle, parts, count);
}

int fsync(int handle) {
    static const auto next = real<int (*)(int)>("fsync");
    return isFull(handle) ? fail() : next(handle);
}

int rename(const char* from, const char* to) noexcept {
    static const auto next = real<int (*)(const char*, const char*)>("rename");
    return isOn("CONSA_FAULT_SWITCH") ? fail() : next(from, to);
}

int clock_gettime(clockid_t clock, struct timespec* now) noexcept {
    static const auto next = real<int (*)(clockid_t, struct timespec*)>("clock_gettime");
    constexpr int kSecondsBack = 3600;
    const int result = next(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && isOn("CONSA_CLOCK_SWITCH")) now->tv_sec -= kSecondsBack;
    return result;
}

std::time_t time(std::time_t* place) noexcept {
    struct timespec now {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (place != nullptr) *place = now.tv_sec;
    return now.tv_sec;
}

}  // extern "C"
