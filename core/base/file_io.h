// Whole-file reading and atomic writing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace consa {

/// The bytes of a file. Throws Error (BadInput) naming the path when it is missing, a folder or unreadable.
[[nodiscard]] std::string readFile(const std::filesystem::path& path);

/// Replaces `path` by `bytes` in one step: a reader sees the old file or the new one, never a part.
/// Parent folders are made. Throws Error (RunFailed) naming the path and the system's reason; the old file stays.
void writeFileAtomically(const std::filesystem::path& path, std::string_view bytes);

/// Makes a folder with its parents, all of them on the disk when this returns. None when it is there or `path` is
/// empty. Throws Error (RunFailed) naming the folder and the system's reason.
void makeFolder(const std::filesystem::path& path);

/// Makes a folder in one that is there. False when something of that name is there already, so that of several
/// programs one gets true. Throws Error (RunFailed) naming the folder and the system's reason.
[[nodiscard]] bool makeNewFolder(const std::filesystem::path& path);

/// Adds `line` and a line end to the end of `path` in one write, so that lines of several programs never mix; a line
/// that a crash has cut off is ended first. The file and its parent folders are made. Throws Error (RunFailed) naming
/// the path and the system's reason.
void appendLine(const std::filesystem::path& path, std::string_view line);

/// Waits until the bytes of a file that was written are on the disk. Throws Error (RunFailed) naming path and reason.
void syncFile(const std::filesystem::path& path);

/// Waits until the names in a folder are on the disk. A file system that can't do so is no error.
void syncFolder(const std::filesystem::path& folder);

/// Where this user's models, texts and presets lie: $CONSA_DATA_DIR, else $XDG_DATA_HOME/consa-explorer,
/// else ~/.local/share/consa-explorer.
[[nodiscard]] std::filesystem::path dataFolder();

/// Where what can be made again is kept: $CONSA_CACHE_DIR, else $XDG_CACHE_HOME/consa-explorer, else
/// ~/.cache/consa-explorer. Empty, for "keep nothing", when CONSA_CACHE_DIR is set to nothing or there is no home.
[[nodiscard]] std::filesystem::path cacheFolder();

/// 64-bit FNV-1a of `bytes`, continued from `seed`: a fingerprint, not a checksum against malice.
[[nodiscard]] std::uint64_t fingerprint(std::string_view bytes, std::uint64_t seed = 0xcbf29ce484222325ULL);

/// `value` as 16 hexadecimal digits.
[[nodiscard]] std::string toHex(std::uint64_t value);

}  // namespace consa
