// Reads /proc/meminfo.
#include "core/base/host_memory.h"

#include <fstream>
#include <string>

namespace consa {

namespace {

std::int64_t bytesOf(const std::string& field) {
    std::ifstream file("/proc/meminfo");
    std::string word;
    while (file >> word) {
        std::int64_t kibibytes = 0;
        if (word == field && file >> kibibytes) return kibibytes * 1024;
    }
    return 0;
}

}  // namespace

std::int64_t availableHostBytes() {
    return bytesOf("MemAvailable:");
}

std::int64_t totalHostBytes() {
    return bytesOf("MemTotal:");
}

}  // namespace consa
