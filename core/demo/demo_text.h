// The demo's text: facts stated early and asked for much later, between local chatter that a short window serves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace consa {

/// `count` documents of about `bytes` bytes each (printable ASCII and line feeds). Document n depends on
/// (seed, n) alone.
[[nodiscard]] std::vector<std::string> generateDemoDocuments(std::uint64_t seed, int count, int bytes = 4200);

}  // namespace consa
