// Spawns a program with its output in a pipe.
#include "app/headless/child_process.h"

#include "core/base/error.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace consa {
namespace {

[[noreturn]] void fail(const std::string& program, int reason) {
    throw Error("cannot run " + program + ": " + std::strerror(reason), ErrorKind::RunFailed);
}

/// The two ends of a pipe, closed on the way out.
struct Pipe {
    std::array<int, 2> ends{-1, -1};

    void close(std::size_t end) {
        if (ends[end] >= 0) ::close(ends[end]);
        ends[end] = -1;
    }
    ~Pipe() {
        close(0);
        close(1);
    }
};

std::string readAll(int handle) {
    std::string text;
    std::array<char, 4096> part{};
    while (true) {
        const ssize_t count = ::read(handle, part.data(), part.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return text;
        text.append(part.data(), static_cast<std::size_t>(count));
    }
}

}  // namespace

ChildResult runChild(const std::vector<std::string>& arguments) {
    Pipe pipe;
    if (::pipe(pipe.ends.data()) != 0) fail(arguments.front(), errno);
    std::vector<char*> words;
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    if (const int reason = posix_spawn_file_actions_init(&actions); reason != 0) fail(arguments.front(), reason);
    posix_spawn_file_actions_adddup2(&actions, pipe.ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipe.ends[0]);
    posix_spawn_file_actions_addclose(&actions, pipe.ends[1]);
    pid_t child = 0;
    const int reason = posix_spawn(&child, words.front(), &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (reason != 0) return {};
    pipe.close(1);
    ChildResult result;
    result.output = readAll(pipe.ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) result.exitCode = WEXITSTATUS(status);
    return result;
}

}  // namespace consa
