// Stored number formats of weights, and their conversion to float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// How weights are stored. The quantised formats are llama.cpp's: blocks of 32 values, little-endian.
///   Q8_0: f16 d, 32 int8             x = d q
///   Q4_0: f16 d, 16 bytes            x = d (q - 8); byte i holds value i in its low nibble and i + 16 in its high
///   Q4_1: f16 d, f16 m, 16 bytes     x = d q + m; nibbles as in Q4_0
enum class StorageType { F32, F16, BF16, Q8_0, Q4_0, Q4_1 };

[[nodiscard]] const char* toString(StorageType type);
[[nodiscard]] std::optional<StorageType> storageTypeFromString(std::string_view word);

/// "Q8_0, Q4_0, ...", for messages.
[[nodiscard]] std::string supportedQuantisations();

/// Values that are stored together: 1 for plain numbers, 32 for quantised blocks.
[[nodiscard]] std::size_t blockValues(StorageType type);
/// Bytes of one block.
[[nodiscard]] std::size_t blockBytes(StorageType type);

/// Writes bytes.size() / blockBytes x blockValues numbers to `values`. `bytes` must hold whole blocks.
void dequantise(StorageType type, std::string_view bytes, float* values);

/// IEEE half precision to single, exact.
[[nodiscard]] float floatFromHalf(std::uint16_t bits);
/// The upper half of a float32.
[[nodiscard]] float floatFromBfloat(std::uint16_t bits);
/// Rounds to nearest, ties to even; NaN stays NaN.
[[nodiscard]] std::uint16_t bfloatFromFloat(float value);

}  // namespace consa
