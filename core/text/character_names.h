// Characters by the names that HTML and POD give them.
#pragma once

#include <cstdint>
#include <string_view>

namespace consa {

/// The code point, as HTML 5 has it, of one of HTML 4's entities or of those added for ASCII's signs ("eacute",
/// "Tab"); 0 for other names.
[[nodiscard]] std::uint32_t codePointOfName(std::string_view name);

/// True for the names that HTML also takes without a semicolon: Latin-1's, amp, lt, gt and quot, some in capitals.
[[nodiscard]] bool isOldEntity(std::string_view name);

}  // namespace consa
