// Maps files with mmap.
#include "core/checkpoint/mapped_file.h"

#include "core/base/error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace consa {

MappedFile::MappedFile(const std::filesystem::path& path) {
    const auto fail = [&path](const std::string& reason) {
        throw Error("cannot read the model file " + path.string() + ": " + reason);
    };
    const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (handle < 0) fail(std::generic_category().message(errno));
    struct stat status {};
    const bool isRegular = ::fstat(handle, &status) == 0 && S_ISREG(status.st_mode);
    const auto size = isRegular ? static_cast<std::size_t>(status.st_size) : std::size_t{0};
    void* address = size == 0 ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, handle, 0);
    const int code = errno;
    ::close(handle);
    if (!isRegular) fail("it is not a file");
    if (size == 0) fail("it is empty; fetch it again");
    if (address == MAP_FAILED) fail(std::generic_category().message(code));
    m_bytes = {static_cast<const char*>(address), size};
}

MappedFile::~MappedFile() {
    if (!m_bytes.empty()) ::munmap(const_cast<char*>(m_bytes.data()), m_bytes.size());
}

}  // namespace consa
