// Stored number formats of weights, and their conversion to float32.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// How weights are stored. The quantised formats are llama.cpp's, little-endian: blocks of 32 values that share a scale
/// d and, in those ending in 1, a minimum m; the K formats are blocks of 256 in groups of 16 or 32 with scales of
/// their own. With q a whole number of as many bits as the name says:
///   Q8_0   x = d q                  Q4_1, Q5_1         x = d q + m
///   Q4_0   x = d (q - 8)            Q2_K, Q4_K, Q5_K   x = d s q - m t, s and t the group's scale and minimum
///   Q5_0   x = d (q - 16)           Q3_K, Q6_K         x = d s q, q and s signed
enum class StorageType { F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K };

[[nodiscard]] const char* toString(StorageType type);
[[nodiscard]] std::optional<StorageType> storageTypeFromString(std::string_view word);

/// "Q8_0, Q4_0, ...", for messages.
[[nodiscard]] std::string supportedQuantisations();

/// Values that are stored together: 1 for plain numbers, 32 or 256 for quantised blocks.
[[nodiscard]] std::size_t blockValues(StorageType type);
/// Bytes of one block.
[[nodiscard]] std::size_t blockBytes(StorageType type);

/// Writes bytes.size() / blockBytes x blockValues numbers to `values`. `bytes` must hold whole blocks.
void dequantise(StorageType type, std::string_view bytes, float* values);

/// IEEE half precision to single, exact, NaN's bits kept. Without branches, so that loops over it are vectorised.
[[nodiscard]] inline float floatFromHalf(std::uint16_t bits) {
    // As a float's bits, exponent and mantissa stand for the number times 2^-112; multiplying undoes that, subnormals
    // included. Infinity and NaN come out as 2^16 and more, and get their exponent set.
    const std::uint32_t moved = static_cast<std::uint32_t>(bits & 0x7fffU) << 13U;
    const std::uint32_t scaled = std::bit_cast<std::uint32_t>(std::bit_cast<float>(moved) * 0x1p112F);
    const std::uint32_t special = moved >= 0x0f800000U ? 0x7f800000U : 0U;
    return std::bit_cast<float>((static_cast<std::uint32_t>(bits & 0x8000U) << 16U) | scaled | special);
}

/// The upper half of a float32.
[[nodiscard]] inline float floatFromBfloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

/// Rounds to nearest, ties to even; NaN stays NaN.
[[nodiscard]] std::uint16_t bfloatFromFloat(float value);

}  // namespace consa
