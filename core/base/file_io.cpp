// Whole-file reading, atomic writing, and fingerprints.
#include "core/base/file_io.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace consa {
namespace {

std::string systemReason(int code) {
    return std::generic_category().message(code);
}

/// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int handle) : m_handle(handle) {}
    ~Descriptor() {
        if (m_handle >= 0) ::close(m_handle);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int handle() const { return m_handle; }

private:
    int m_handle;
};

/// A new file beside its target: removed unless it was renamed.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::filesystem::path& target) : m_target(target) {
        static std::atomic<unsigned> counter = 0;
        do {
            std::string name = ".";
            name.append(target.filename().string()).append(".").append(std::to_string(::getpid())).append("-");
            name.append(std::to_string(counter++)).append(".tmp");
            m_path = target.parent_path() / name;
            m_handle = ::open(m_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        } while (m_handle < 0 && errno == EEXIST);
        if (m_handle < 0) fail();
    }
    ~TemporaryFile() {
        if (m_handle >= 0) ::close(m_handle);
        if (!m_isRenamed) ::unlink(m_path.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count = ::write(m_handle, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail();
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void replaceTarget() {
        if (::fsync(m_handle) != 0) fail();
        const int handle = m_handle;
        m_handle = -1;
        if (::close(handle) != 0 || ::rename(m_path.c_str(), m_target.c_str()) != 0) fail();
        m_isRenamed = true;
    }

private:
    [[noreturn]] void fail() const {
        std::error_code code;
        if (std::filesystem::is_directory(m_target, code))
            throw Error("cannot write " + m_target.string() + ": it is a folder; name a file");
        const std::string reason = systemReason(errno);
        throw Error("cannot write " + m_target.string() + ": " + reason + "; free space or choose another folder",
                    ErrorKind::RunFailed);
    }

    std::filesystem::path m_target;
    std::filesystem::path m_path;
    int m_handle = -1;
    bool m_isRenamed = false;
};

std::filesystem::path environmentPath(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

std::string readFile(const std::filesystem::path& path) {
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor.handle() < 0) throw Error("cannot read " + path.string() + ": " + systemReason(errno));
    struct stat status {};
    if (::fstat(descriptor.handle(), &status) != 0) {
        throw Error("cannot read " + path.string() + ": " + systemReason(errno));
    }
    if (S_ISDIR(status.st_mode)) throw Error("cannot read " + path.string() + ": it is a folder; name a file");

    std::string bytes;
    if (S_ISREG(status.st_mode)) bytes.reserve(static_cast<std::size_t>(status.st_size));
    std::vector<char> block(1 << 16);
    for (;;) {
        const ssize_t count = ::read(descriptor.handle(), block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error("cannot read " + path.string() + ": " + systemReason(errno));
        if (count == 0) return bytes;
        bytes.append(block.data(), static_cast<std::size_t>(count));
    }
}

void syncFolder(const std::filesystem::path& folder) {
    const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.handle() >= 0) ::fsync(descriptor.handle());
}

void makeFolder(const std::filesystem::path& path) {
    std::error_code code;
    if (path.empty() || std::filesystem::is_directory(path, code)) return;
    if (std::filesystem::is_regular_file(path, code)) throw Error(path.string() + " is a file; name another folder");
    makeFolder(path.parent_path());
    std::filesystem::create_directory(path, code);
    if (code) throw Error("cannot make the folder " + path.string() + ": " + code.message(), ErrorKind::RunFailed);
    syncFolder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

bool makeNewFolder(const std::filesystem::path& path) {
    std::error_code code;
    const bool isMade = std::filesystem::create_directory(path, code);
    std::error_code unknown;
    if (code && !std::filesystem::exists(path, unknown))
        throw Error("cannot make the folder " + path.string() + ": " + code.message(), ErrorKind::RunFailed);
    if (isMade) syncFolder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
    return isMade;
}

void writeFileAtomically(const std::filesystem::path& path, std::string_view bytes) {
    std::error_code code;
    const std::filesystem::path target = std::filesystem::absolute(path, code);
    if (code) throw Error("cannot write " + path.string() + ": " + code.message(), ErrorKind::RunFailed);
    makeFolder(target.parent_path());
    TemporaryFile file(target);
    file.write(bytes);
    file.replaceTarget();
    syncFolder(target.parent_path());
}

void appendLine(const std::filesystem::path& path, std::string_view line) {
    const auto requireThat = [&path](bool isDone) {
        if (!isDone)
            throw Error(
                "cannot write " + path.string() + ": " + systemReason(errno) + "; free space or choose another folder",
                ErrorKind::RunFailed);
    };
    makeFolder(path.parent_path());
    const Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    requireThat(descriptor.handle() >= 0);
    std::string bytes(line);
    bytes += '\n';
    char last = '\n';
    if (const off_t size = ::lseek(descriptor.handle(), 0, SEEK_END); size > 0)
        requireThat(::pread(descriptor.handle(), &last, 1, size - 1) >= 0);
    if (last != '\n') bytes.insert(bytes.begin(), '\n');
    errno = ENOSPC;  // what a write cut short means
    requireThat(::write(descriptor.handle(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

void syncFile(const std::filesystem::path& path) {
    const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor.handle() < 0 || ::fsync(descriptor.handle()) != 0)
        throw Error(
            "cannot write " + path.string() + ": " + systemReason(errno) + "; free space or choose another folder",
            ErrorKind::RunFailed);
    syncFolder(path.parent_path());
}

std::filesystem::path dataFolder() {
    if (auto chosen = environmentPath("CONSA_DATA_DIR"); !chosen.empty()) return chosen;
    if (const auto data = environmentPath("XDG_DATA_HOME"); !data.empty()) return data / "consa-explorer";
    return environmentPath("HOME") / ".local" / "share" / "consa-explorer";
}

std::filesystem::path cacheFolder() {
    if (std::getenv("CONSA_CACHE_DIR") != nullptr) return environmentPath("CONSA_CACHE_DIR");
    if (const auto cache = environmentPath("XDG_CACHE_HOME"); !cache.empty()) return cache / "consa-explorer";
    const auto home = environmentPath("HOME");
    return home.empty() ? home : home / ".cache" / "consa-explorer";
}

std::uint64_t fingerprint(std::string_view bytes, std::uint64_t seed) {
    std::uint64_t hash = seed;
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

std::string toHex(std::uint64_t value) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4U) text[i] = kDigits[value & 0xfU];
    return text;
}

}  // namespace consa
