// Memory that runs out when a test says so: malloc and its kin of the whole program, libraries included. One source
// file of a program may include this; not under sanitizers, which have their own.
#pragma once

#include <dlfcn.h>
#include <execinfo.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

// The C library's own, under the names that it keeps for programs like this one.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace consa::test {

/// Counts allocations while it lives, and refuses the `first` of them and the `count` - 1 after it (0 refuses none).
/// One at a time.
class ScarceMemory {
public:
    explicit ScarceMemory(std::int64_t first = 0, std::int64_t count = 1) {
        s_first = first;
        s_last = first + count - 1;
        s_seen = 0;
        s_isOn = true;
    }
    ~ScarceMemory() { s_isOn = false; }
    ScarceMemory(const ScarceMemory&) = delete;
    ScarceMemory& operator=(const ScarceMemory&) = delete;

    [[nodiscard]] static std::int64_t allocations() { return s_seen; }
    [[nodiscard]] static bool refuses() {
        if (!s_isOn) return false;
        const std::int64_t number = ++s_seen;
        if (s_first <= 0 || number < s_first || number > s_last) return false;
        s_isOn = false;  // looking at the stack allocates
        const bool isSpared = isTakingJsonApart();
        s_isOn = true;
        return !isSpared;
    }

private:
    /// The JSON library's destructor allocates, and a destructor can't fail: refusing there would end any program.
    [[nodiscard]] static bool isTakingJsonApart() {
        std::array<void*, 12> frames{};
        const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
        for (int i = 0; i < count; ++i) {
            Dl_info info{};
            if (::dladdr(frames[static_cast<std::size_t>(i)], &info) != 0 && info.dli_sname != nullptr &&
                std::strstr(info.dli_sname, "10json_value7destroy") != nullptr)
                return true;
        }
        return false;
    }

    static inline std::atomic<bool> s_isOn = false;
    static inline std::atomic<std::int64_t> s_first = 0, s_last = 0, s_seen = 0;
};

inline void* refused() {
    errno = ENOMEM;
    return nullptr;
}

}  // namespace consa::test

extern "C" {

void* malloc(std::size_t bytes) {
    return consa::test::ScarceMemory::refuses() ? consa::test::refused() : __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) {
    return consa::test::ScarceMemory::refuses() ? consa::test::refused() : __libc_calloc(count, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
    return consa::test::ScarceMemory::refuses() ? consa::test::refused() : __libc_realloc(memory, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
    return consa::test::ScarceMemory::refuses() ? consa::test::refused() : __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    return memalign(alignment, bytes);
}

int posix_memalign(void** place, std::size_t alignment, std::size_t bytes) {
    *place = memalign(alignment, bytes);
    return *place == nullptr ? ENOMEM : 0;
}

}  // extern "C"
