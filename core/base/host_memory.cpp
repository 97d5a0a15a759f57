// Reads /proc/meminfo.
#include "core/base/host_memory.h"

#include <fstream>
#include <string>

namespace consa {

std::int64_t availableHostBytes() {
    std::ifstream file("/proc/meminfo");
    std::string word;
    while (file >> word) {
        std::int64_t kibibytes = 0;
        if (word == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
    }
    return 0;
}

}  // namespace consa
