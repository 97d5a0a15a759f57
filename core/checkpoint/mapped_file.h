// A file's bytes in memory, read-only, brought in page by page as they are looked at.
#pragma once

#include <filesystem>
#include <string_view>

namespace consa {

/// Maps a whole file. Views into bytes() live as long as the object.
class MappedFile {
public:
    /// Throws Error (BadInput) naming the path when it is missing, a folder, empty or unreadable.
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::string_view bytes() const { return m_bytes; }

private:
    std::string_view m_bytes;
};

}  // namespace consa
