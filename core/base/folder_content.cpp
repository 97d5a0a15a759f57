// Folders by the system's own calls.
#include "core/base/folder_content.h"

#include <dirent.h>
#include <ftw.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>

namespace consa {

namespace {

constexpr int kOpenFolders = 16;  // at a time; deeper ones are opened again and again

std::error_code lastError() {
    if (errno == ENOMEM) throw std::bad_alloc();
    return {errno, std::generic_category()};
}

int removeOne(const char* path, const struct stat* /*facts*/, int /*kind*/, struct FTW* /*place*/) {
    std::remove(path);
    return 0;
}

}  // namespace

std::vector<std::string> namesIn(const std::filesystem::path& folder, std::error_code& code) {
    code.clear();
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), &::closedir);
    if (!listing) return code = lastError(), names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing.get())) {
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) code = lastError();
    std::sort(names.begin(), names.end());
    return names;
}

void removeFolder(const std::filesystem::path& folder) noexcept {
    ::nftw(folder.c_str(), &removeOne, kOpenFolders, FTW_DEPTH | FTW_PHYS);
}

}  // namespace consa
