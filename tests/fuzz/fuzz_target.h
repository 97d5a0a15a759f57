// What the fuzz targets share: the one exception that may leave a parser, and files for parsers that open them.
#pragma once

#include "core/base/error.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace consa::fuzz {

/// The views are of bytes that end where the file ends, so that a sanitizer sees the first read past it.
inline std::string_view bytesOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Calls `parse`. Returning and throwing an Error with a sentence are the two right ways out; anything else ends the
/// program. True when it returned.
template <typename Parse>
bool accepts(Parse&& parse) {
    try {
        parse();
        return true;
    } catch (const Error& error) {
        if (std::string_view(error.what()).empty()) std::abort();
        return false;
    }
}

/// Takes a value whose making is what is tested.
template <typename Value>
void use(const Value& /*value*/) {}

/// Splits at the first byte 0xff, which is in no UTF-8: the parts of an input that stands for several files.
inline std::string_view takePart(std::string_view& rest) {
    const std::size_t end = rest.find('\xff');
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

/// A folder of this process's own, in memory where there is such a file system; removed at the end.
class ScratchFolder {
public:
    ScratchFolder() {
        const std::filesystem::path memory = "/dev/shm";
        const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
        m_path = parent / ("consa_fuzz_" + std::to_string(::getpid()));
        std::filesystem::create_directories(m_path);
    }
    ~ScratchFolder() {
        std::error_code code;
        std::filesystem::remove_all(m_path, code);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::filesystem::path write(const std::string& name, std::string_view bytes) const {
        std::ofstream(m_path / name, std::ios::binary | std::ios::trunc)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return m_path / name;
    }
    void remove(const std::string& name) const {
        std::error_code code;
        std::filesystem::remove(m_path / name, code);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

}  // namespace consa::fuzz

/// What libFuzzer, and our own driver, call with each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
