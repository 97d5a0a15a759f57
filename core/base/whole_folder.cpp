// Makes, renames and clears away the folder in progress.
#include "core/base/whole_folder.h"

#include "core/base/error.h"
#include "core/base/file_io.h"

#include <system_error>

namespace consa {

namespace fs = std::filesystem;

WholeFolder::WholeFolder(const fs::path& target) {
    std::error_code code;
    m_target = fs::absolute(target, code).lexically_normal();
    if (m_target.filename().empty()) m_target = m_target.parent_path();  // "runs/half/"
    if (fs::exists(m_target, code) && !(fs::is_directory(m_target, code) && fs::is_empty(m_target, code))) {
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
    std::error_code code;
    if (!m_isFinished) fs::remove_all(m_part, code);
}

void WholeFolder::finish() {
    std::error_code code;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(m_part, code)) {
        if (entry.is_regular_file(code)) syncFile(entry.path());
    }
    fs::rename(m_part, m_target, code);
    if (code) {
        throw Error("cannot write the folder " + m_target.string() + ": " + code.message() + "; name a new folder",
                    ErrorKind::RunFailed);
    }
    m_isFinished = true;
    syncFolder(m_target.parent_path());
}

}  // namespace consa
