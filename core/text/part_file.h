// A file in the making that one process at a time holds, and that is either finished or gone.
#pragma once

#include <filesystem>
#include <functional>

namespace consa {

/// Opens and locks PATH.part. The lock is the kernel's (flock): a killed holder frees it, and the next one begins anew
/// on the same file. On file systems without locks every holder gets a file of its own.
class PartFile {
public:
    /// Waits while another holds it, calling `onWait` ten times a second, which may throw to give up. `isDone` is asked
    /// before the file is taken: true means that another has finished, and isHeld() is false. Throws TokenFileFailure
    /// when the file can't be made.
    PartFile(const std::filesystem::path& path, const std::function<bool()>& isDone,
             const std::function<void()>& onWait);
    /// Removes what was not finished.
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    [[nodiscard]] bool isHeld() const { return m_handle >= 0; }
    [[nodiscard]] int handle() const { return m_handle; }
    /// Gives the file its name. Throws TokenFileFailure.
    void finish();

    /// Removes a part that nobody holds, left by a killed process.
    static void removeIfAbandoned(const std::filesystem::path& part);

private:
    /// True when there is no more to wait for: the file is held, or, no longer open, was finished by another.
    bool tryToHold(const std::function<bool()>& isDone);
    void open(int flags);
    void close();
    /// True when the file that is held still has its name: the holder before may have finished or removed it.
    [[nodiscard]] bool isNamed() const;

    std::filesystem::path m_path;
    std::filesystem::path m_part;
    int m_handle = -1;
    bool m_isHeldElsewhere = false;
    bool m_isFinished = false;
};

}  // namespace consa
