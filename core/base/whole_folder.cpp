// Makes, renames and clears away the folder in progress.
#include "core/base/whole_folder.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"

#include <string>
#include <system_error>

namespace consa {

namespace fs = std::filesystem;

namespace {

bool isEmptyFolder(const fs::path& path) {
    std::error_code code;
    return fs::is_directory(path, code) && namesIn(path, code).empty() && !code;
}

/// Every file in a folder and the folders in it, links left out.
void syncFilesUnder(const fs::path& folder) {
    std::error_code code;
    for (const std::string& name : namesIn(folder, code)) {
        const fs::path path = folder / name;
        const fs::file_type type = fs::symlink_status(path, code).type();
        if (type == fs::file_type::directory) syncFilesUnder(path);
        if (type == fs::file_type::regular) syncFile(path);
    }
}

}  // namespace

WholeFolder::WholeFolder(const fs::path& target) {
    std::error_code code;
    m_target = fs::absolute(target, code).lexically_normal();
    if (m_target.filename().empty()) m_target = m_target.parent_path();  // "runs/half/"
    if (fs::exists(m_target, code) && !isEmptyFolder(m_target)) {
        throw Error("cannot write the folder " + m_target.string() + ": something is there; name a new folder");
    }
    m_part = m_target;
    m_part += ".part";
    if (fs::exists(m_part, code)) {
        throw Error("cannot write the folder " + m_target.string() + ": " + m_part.string() +
                    " is left from a work that was cut off; delete it, or name a new folder");
    }
    fs::create_directories(m_part, code);
    if (code) throw Error("cannot make the folder " + m_part.string() + ": " + code.message(), ErrorKind::RunFailed);
}

WholeFolder::~WholeFolder() {
    if (!m_isFinished) removeFolder(m_part);
}

void WholeFolder::finish() {
    syncFilesUnder(m_part);
    std::error_code code;
    fs::rename(m_part, m_target, code);
    if (code) {
        throw Error("cannot write the folder " + m_target.string() + ": " + code.message() + "; name a new folder",
                    ErrorKind::RunFailed);
    }
    m_isFinished = true;
    syncFolder(m_target.parent_path());
}

}  // namespace consa
