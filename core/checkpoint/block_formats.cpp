// Blocks of 32 values: Q8_0, Q4_0, Q4_1, Q5_0, Q5_1.
#include "core/checkpoint/block_formats.h"

#include "core/checkpoint/block_unpacking.h"

#include <bit>

namespace consa::blocks {
namespace {

constexpr std::size_t kBlock = 32;

struct Q80 {
    StoredHalf scale;
    std::array<std::int8_t, 32> quants;
};
struct Q40 {
    StoredHalf scale;
    std::array<std::uint8_t, 16> nibbles;
};
struct Q41 {
    StoredHalf scale, minimum;
    std::array<std::uint8_t, 16> nibbles;
};
struct Q50 {
    StoredHalf scale;
    std::array<std::uint8_t, 4> highBits;  // bit i of the 32 belongs to value i
    std::array<std::uint8_t, 16> nibbles;
};
struct Q51 {
    StoredHalf scale, minimum;
    std::array<std::uint8_t, 4> highBits;
    std::array<std::uint8_t, 16> nibbles;
};
static_assert(sizeof(Q80) == 34 && sizeof(Q40) == 18 && sizeof(Q41) == 20);
static_assert(sizeof(Q50) == 22 && sizeof(Q51) == 24);

/// Eight bits as eight bytes of 0 or 16, bit j in byte j.
std::uint64_t sixteens(std::uint8_t bits) {
    const std::uint64_t picked = (bits * 0x0101010101010101U) & 0x8040201008040201U;
    return ((picked + 0x7f7f7f7f7f7f7f7fU) >> 3U) & 0x1010101010101010U;
}

/// Values 8 part to 8 part + 7 of a block of 5 bits, before scaling. Eight at a time, since a word holds as many.
template <typename Block>
Quants<8> fiveBits(const Block& block, std::size_t part) {
    std::uint64_t word;
    std::memcpy(&word, &block.nibbles[8 * (part % 2)], sizeof(word));
    word = (part < 2 ? word : word >> 4U) & 0x0f0f0f0f0f0f0f0fU;
    return std::bit_cast<Quants<8>>(word | sixteens(block.highBits[part]));
}

}  // namespace

void unpackQ80(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Q80, kBlock>(bytes, count, values, [](const Q80& block, float* out) {
        writeScaled<kBlock>(block.quants.data(), toFloat(block.scale), out);
    });
}

void unpackQ40(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Q40, kBlock>(bytes, count, values, [](const Q40& block, float* out) {
        Quants<kBlock> quants;
        splitNibbles<16>(block.nibbles.data(), quants.data());
        for (std::int8_t& quant : quants) quant = static_cast<std::int8_t>(quant - 8);
        writeScaled<kBlock>(quants.data(), toFloat(block.scale), out);
    });
}

void unpackQ41(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Q41, kBlock>(bytes, count, values, [](const Q41& block, float* out) {
        Quants<kBlock> quants;
        splitNibbles<16>(block.nibbles.data(), quants.data());
        writeScaled<kBlock>(quants.data(), toFloat(block.scale), toFloat(block.minimum), out);
    });
}

void unpackQ50(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Q50, kBlock>(bytes, count, values, [](const Q50& block, float* out) {
        const float scale = toFloat(block.scale);
        for (std::size_t part = 0; part < 4; ++part) {
            Quants<8> quants = fiveBits(block, part);
            for (std::int8_t& quant : quants) quant = static_cast<std::int8_t>(quant - 16);
            writeScaled<8>(quants.data(), scale, out + 8 * part);
        }
    });
}

void unpackQ51(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Q51, kBlock>(bytes, count, values, [](const Q51& block, float* out) {
        const float scale = toFloat(block.scale), minimum = toFloat(block.minimum);
        for (std::size_t part = 0; part < 4; ++part)
            writeScaled<8>(fiveBits(block, part).data(), scale, minimum, out + 8 * part);
    });
}

}  // namespace consa::blocks
