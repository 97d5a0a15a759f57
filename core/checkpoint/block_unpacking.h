// What the quantised formats share: walking over blocks, and numbers of 4 and 5 bits.
#pragma once

#include "core/checkpoint/dequantise.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace consa::blocks {

/// A block's numbers before scaling, one a byte, in the order of the values.
template <std::size_t count>
using Quants = std::array<std::int8_t, count>;

/// A half-precision number as it lies in a block. Blocks consist of bytes only, so they may lie at any address.
using StoredHalf = std::array<std::uint8_t, 2>;

[[nodiscard]] inline float toFloat(StoredHalf half) {
    return floatFromHalf(static_cast<std::uint16_t>(half[0] | (half[1] << 8U)));
}

/// Calls unpackOne(block, values) for each block. Unpacking goes through Quants, which the compiler knows to be apart
/// from the values, so that its loops are vectorised.
template <typename Block, std::size_t kValues, typename UnpackOne>
void forEachBlock(const char* bytes, std::size_t count, float* values, const UnpackOne& unpackOne) {
    static_assert(alignof(Block) == 1);
    const auto* blocks = reinterpret_cast<const Block*>(bytes);
    for (std::size_t i = 0; i < count; ++i) unpackOne(blocks[i], values + i * kValues);
}

/// quants[i] is the low half of byte i, quants[i + count] its high half.
template <std::size_t count>
void splitNibbles(const std::uint8_t* bytes, std::int8_t* quants) {
    for (std::size_t i = 0; i < count; ++i) quants[i] = static_cast<std::int8_t>(bytes[i] & 0x0fU);
    for (std::size_t i = 0; i < count; ++i) quants[i + count] = static_cast<std::int8_t>(bytes[i] >> 4U);
}

/// values[i] = scale * quants[i]
template <std::size_t count>
void writeScaled(const std::int8_t* quants, float scale, float* values) {
    for (std::size_t i = 0; i < count; ++i) values[i] = scale * static_cast<float>(quants[i]);
}

/// values[i] = scale * quants[i] + offset
template <std::size_t count>
void writeScaled(const std::int8_t* quants, float scale, float offset, float* values) {
    for (std::size_t i = 0; i < count; ++i) values[i] = scale * static_cast<float>(quants[i]) + offset;
}

}  // namespace consa::blocks
