// The lines of a run's events.jsonl: each is whole on the disk or not there.
#pragma once

#include <filesystem>
#include <string>

namespace consa {

/// Appends to a file that this program alone writes.
class EventLog {
public:
    explicit EventLog(std::filesystem::path path) : m_path(std::move(path)) {}
    ~EventLog();
    EventLog(EventLog&& other) noexcept;
    EventLog& operator=(EventLog&& other) noexcept;
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;

    /// Adds `line` and a line end. The first call takes away what a crash left of a line; a write that is cut short, as
    /// on a full disk, is taken back. A file that was deleted is begun anew. Throws Error (RunFailed) naming the path
    /// and the system's reason.
    void append(const std::string& line);
    /// Waits until the lines are on the disk. Throws Error (RunFailed) likewise.
    void sync();

private:
    void open();
    void close();
    [[noreturn]] void fail() const;

    std::filesystem::path m_path;
    int m_handle = -1;
};

}  // namespace consa
