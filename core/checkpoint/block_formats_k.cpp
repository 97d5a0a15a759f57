// The K formats: blocks of 256 values in groups of 16 or 32, each group with a scale of its own.
#include "core/checkpoint/block_formats.h"
#include "core/checkpoint/block_unpacking.h"

namespace consa::blocks {
namespace {

constexpr std::size_t kBlock = 256;

struct Q2K {
    std::array<std::uint8_t, 16> scales;  // a group's scale in the low nibble, its minimum in the high one
    std::array<std::uint8_t, 64> twoBits;
    StoredHalf scale, minimum;
};
struct Q3K {
    std::array<std::uint8_t, 32> highBits;  // bit j of byte i belongs to value 32 j + i
    std::array<std::uint8_t, 64> twoBits;
    std::array<std::uint8_t, 12> scales;
    StoredHalf scale;
};
struct Q4K {
    StoredHalf scale, minimum;
    std::array<std::uint8_t, 12> scales;
    std::array<std::uint8_t, 128> nibbles;
};
struct Q5K {
    StoredHalf scale, minimum;
    std::array<std::uint8_t, 12> scales;
    std::array<std::uint8_t, 32> highBits;  // as in Q3_K
    std::array<std::uint8_t, 128> nibbles;
};
struct Q6K {
    std::array<std::uint8_t, 128> nibbles;
    std::array<std::uint8_t, 64> twoBits;
    std::array<std::int8_t, 16> scales;
    StoredHalf scale;
};
static_assert(sizeof(Q2K) == 84 && sizeof(Q3K) == 110 && sizeof(Q4K) == 144);
static_assert(sizeof(Q5K) == 176 && sizeof(Q6K) == 210);

/// Each half of the block lies in 32 bytes; bits 2 j and 2 j + 1 of byte i belong to value 32 j + i of the half.
void splitPairs(const std::array<std::uint8_t, 64>& bytes, Quants<kBlock>& quants) {
    for (std::size_t half = 0; half < 2; ++half) {
        for (std::size_t j = 0; j < 4; ++j) {
            std::int8_t* row = &quants[128 * half + 32 * j];
            for (std::size_t i = 0; i < 32; ++i)
                row[i] = static_cast<std::int8_t>((bytes[32 * half + i] >> (2 * j)) & 3U);
        }
    }
}

/// Adds `weight` to each quant whose high bit is set.
void addHighBits(const std::array<std::uint8_t, 32>& highBits, int weight, Quants<kBlock>& quants) {
    for (std::size_t j = 0; j < 8; ++j) {
        std::int8_t* row = &quants[32 * j];
        for (std::size_t i = 0; i < 32; ++i)
            row[i] = static_cast<std::int8_t>(row[i] + ((highBits[i] >> j) & 1) * weight);
    }
}

/// 32 bytes hold 64 values, the first 32 in the low nibbles.
void splitRowsOfNibbles(const std::array<std::uint8_t, 128>& bytes, Quants<kBlock>& quants) {
    for (std::size_t row = 0; row < 4; ++row) splitNibbles<32>(&bytes[32 * row], &quants[64 * row]);
}

/// Scales and minima of the eight groups of Q4_K and Q5_K, 6 bits each, times those of the block.
struct GroupScales {
    std::array<float, 8> scales, minima;

    template <typename Block>
    explicit GroupScales(const Block& block) {
        const float scale = toFloat(block.scale), minimum = toFloat(block.minimum);
        // Bytes 0 to 3 hold scales, 4 to 7 minima of the first four groups, and the top two bits of the last four,
        // whose other bits are the nibbles of bytes 8 to 11.
        const auto& packed = block.scales;
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned low = packed[i], middle = packed[i + 4], high = packed[i + 8];
            scales[i] = scale * static_cast<float>(low & 0x3fU);
            minima[i] = minimum * static_cast<float>(middle & 0x3fU);
            scales[i + 4] = scale * static_cast<float>((high & 0x0fU) | ((low >> 6U) << 4U));
            minima[i + 4] = minimum * static_cast<float>((high >> 4U) | ((middle >> 6U) << 4U));
        }
    }

    void write(const Quants<kBlock>& quants, float* values) const {
        for (std::size_t group = 0; group < 8; ++group)
            writeScaled<32>(&quants[32 * group], scales[group], -minima[group], values + 32 * group);
    }
};

void unpackBlock(const Q2K& block, float* values) {
    Quants<kBlock> quants;
    splitPairs(block.twoBits, quants);
    const float scale = toFloat(block.scale), minimum = toFloat(block.minimum);
    for (std::size_t group = 0; group < 16; ++group) {
        const unsigned packed = block.scales[group];
        writeScaled<16>(&quants[16 * group], scale * static_cast<float>(packed & 0x0fU),
                        -(minimum * static_cast<float>(packed >> 4U)), values + 16 * group);
    }
}

void unpackBlock(const Q3K& block, float* values) {
    Quants<kBlock> quants;
    splitPairs(block.twoBits, quants);
    addHighBits(block.highBits, 4, quants);
    for (std::int8_t& quant : quants) quant = static_cast<std::int8_t>(quant - 4);
    const float scale = toFloat(block.scale);
    // Group g's low four bits are nibble g of bytes 0 to 7 (low nibbles first), its top two a pair of bytes 8 to 11.
    std::array<float, 16> scales;
    for (std::size_t group = 0; group < 16; ++group) {
        const unsigned low = (block.scales[group % 8] >> (4 * (group / 8))) & 0x0fU;
        const unsigned high = (block.scales[8 + group % 4] >> (2 * (group / 4))) & 3U;
        scales[group] = scale * static_cast<float>(static_cast<int>(low | (high << 4U)) - 32);
    }
    for (std::size_t group = 0; group < 16; ++group)
        writeScaled<16>(&quants[16 * group], scales[group], values + 16 * group);
}

void unpackBlock(const Q4K& block, float* values) {
    Quants<kBlock> quants;
    splitRowsOfNibbles(block.nibbles, quants);
    GroupScales(block).write(quants, values);
}

void unpackBlock(const Q5K& block, float* values) {
    Quants<kBlock> quants;
    splitRowsOfNibbles(block.nibbles, quants);
    addHighBits(block.highBits, 16, quants);
    GroupScales(block).write(quants, values);
}

void unpackBlock(const Q6K& block, float* values) {
    Quants<kBlock> low, high;
    for (std::size_t half = 0; half < 2; ++half) splitNibbles<64>(&block.nibbles[64 * half], &low[128 * half]);
    splitPairs(block.twoBits, high);
    for (std::size_t i = 0; i < kBlock; ++i) low[i] = static_cast<std::int8_t>(low[i] + 16 * high[i] - 32);
    const float scale = toFloat(block.scale);
    for (std::size_t group = 0; group < 16; ++group) {
        writeScaled<16>(&low[16 * group], scale * static_cast<float>(block.scales[group]), values + 16 * group);
    }
}

template <typename Block>
void unpackAll(const char* bytes, std::size_t count, float* values) {
    forEachBlock<Block, kBlock>(bytes, count, values, [](const Block& block, float* out) { unpackBlock(block, out); });
}

}  // namespace

void unpackQ2K(const char* bytes, std::size_t count, float* values) {
    unpackAll<Q2K>(bytes, count, values);
}

void unpackQ3K(const char* bytes, std::size_t count, float* values) {
    unpackAll<Q3K>(bytes, count, values);
}

void unpackQ4K(const char* bytes, std::size_t count, float* values) {
    unpackAll<Q4K>(bytes, count, values);
}

void unpackQ5K(const char* bytes, std::size_t count, float* values) {
    unpackAll<Q5K>(bytes, count, values);
}

void unpackQ6K(const char* bytes, std::size_t count, float* values) {
    unpackAll<Q6K>(bytes, count, values);
}

}  // namespace consa::blocks
