// Converts stored weights to float32, block by block.
#include "core/checkpoint/dequantise.h"

#include <array>
#include <bit>
#include <cstring>

namespace consa {
namespace {

struct Format {
    StorageType type;
    const char* name;
    std::size_t values;
    std::size_t bytes;
};

constexpr std::array<Format, 6> kFormats = {{{StorageType::F32, "F32", 1, 4},
                                             {StorageType::F16, "F16", 1, 2},
                                             {StorageType::BF16, "BF16", 1, 2},
                                             {StorageType::Q8_0, "Q8_0", 32, 34},
                                             {StorageType::Q4_0, "Q4_0", 32, 18},
                                             {StorageType::Q4_1, "Q4_1", 32, 20}}};

const Format& formatOf(StorageType type) {
    return kFormats[static_cast<std::size_t>(type)];
}

std::uint16_t readUint16(const char* bytes) {
    const auto* raw = reinterpret_cast<const unsigned char*>(bytes);
    return static_cast<std::uint16_t>(raw[0] | (raw[1] << 8U));
}

void unpackQ8(const char* block, float* values) {
    const float scale = floatFromHalf(readUint16(block));
    for (std::size_t i = 0; i < 32; ++i) values[i] = scale * static_cast<float>(static_cast<signed char>(block[2 + i]));
}

void unpackQ4(const char* nibbles, float scale, int zero, float minimum, float* values) {
    for (std::size_t i = 0; i < 16; ++i) {
        const auto byte = static_cast<unsigned char>(nibbles[i]);
        values[i] = scale * static_cast<float>((byte & 0x0f) - zero) + minimum;
        values[i + 16] = scale * static_cast<float>((byte >> 4) - zero) + minimum;
    }
}

void unpackBlock(StorageType type, const char* block, float* values) {
    switch (type) {
        case StorageType::F32:
            std::memcpy(values, block, sizeof(float));
            break;
        case StorageType::F16:
            *values = floatFromHalf(readUint16(block));
            break;
        case StorageType::BF16:
            *values = floatFromBfloat(readUint16(block));
            break;
        case StorageType::Q8_0:
            unpackQ8(block, values);
            break;
        case StorageType::Q4_0:
            unpackQ4(block + 2, floatFromHalf(readUint16(block)), 8, 0.0F, values);
            break;
        case StorageType::Q4_1:
            unpackQ4(block + 4, floatFromHalf(readUint16(block)), 0, floatFromHalf(readUint16(block + 2)), values);
            break;
    }
}

}  // namespace

const char* toString(StorageType type) {
    return formatOf(type).name;
}

std::optional<StorageType> storageTypeFromString(std::string_view word) {
    for (const Format& format : kFormats) {
        if (word == format.name) return format.type;
    }
    return std::nullopt;
}

std::string supportedQuantisations() {
    std::string names;
    for (const Format& format : kFormats) {
        if (format.values > 1) names += (names.empty() ? "" : ", ") + std::string(format.name);
    }
    return names;
}

std::size_t blockValues(StorageType type) {
    return formatOf(type).values;
}

std::size_t blockBytes(StorageType type) {
    return formatOf(type).bytes;
}

void dequantise(StorageType type, std::string_view bytes, float* values) {
    const Format& format = formatOf(type);
    const std::size_t blockCount = bytes.size() / format.bytes;
    if (type == StorageType::F32 && blockCount > 0) {
        std::memcpy(values, bytes.data(), blockCount * sizeof(float));
        return;
    }
    for (std::size_t block = 0; block < blockCount; ++block) {
        unpackBlock(type, bytes.data() + block * format.bytes, values + block * format.values);
    }
}

float floatFromHalf(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (bits >> 10U) & 0x1fU;
    const std::uint32_t mantissa = bits & 0x3ffU;
    if (exponent == 0) {
        const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
        return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
    }
    const std::uint32_t widened = exponent == 0x1fU ? 0xffU : exponent + 112U;
    return std::bit_cast<float>(sign | (widened << 23U) | (mantissa << 13U));
}

float floatFromBfloat(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t bfloatFromFloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace consa
