// Hashes through libxxhash.
#include "core/base/content_hash.h"

#include "core/base/file_io.h"

#include <xxhash.h>

#include <memory>
#include <new>

namespace consa {

struct ContentHash::State {
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash{XXH3_createState(), &XXH3_freeState};
};

ContentHash::ContentHash() : m_state(std::make_unique<State>()) {
    if (!m_state->hash) throw std::bad_alloc();
    XXH3_128bits_reset(m_state->hash.get());
}

ContentHash::~ContentHash() = default;

void ContentHash::add(std::string_view bytes) {
    XXH3_128bits_update(m_state->hash.get(), bytes.data(), bytes.size());
}

void ContentHash::addField(std::string_view bytes) {
    add(toHex(bytes.size()));
    add(bytes);
}

std::string ContentHash::hex() const {
    const XXH128_hash_t value = XXH3_128bits_digest(m_state->hash.get());
    return toHex(value.high64) + toHex(value.low64);
}

std::uint64_t ContentHash::low() const {
    return XXH3_128bits_digest(m_state->hash.get()).low64;
}

}  // namespace consa
