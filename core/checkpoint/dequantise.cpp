// Knows the stored formats by name and size, and sends weights to what unpacks them.
#include "core/checkpoint/dequantise.h"

#include "core/checkpoint/block_formats.h"

#include <array>
#include <bit>
#include <cstring>

namespace consa {
namespace {

using Unpack = void (*)(const char* bytes, std::size_t blockCount, float* values);

void copyFloats(const char* bytes, std::size_t count, float* values) {
    if (count > 0) std::memcpy(values, bytes, count * sizeof(float));
}

/// Converts 16-bit numbers a batch at a time; a batch is copied first because the file may hold it at an odd address.
template <float (*convert)(std::uint16_t)>
void convertEach(const char* bytes, std::size_t count, float* values) {
    constexpr std::size_t kBatch = 64;
    std::array<std::uint16_t, kBatch> batch;
    std::size_t done = 0;
    for (; done + kBatch <= count; done += kBatch) {
        std::memcpy(batch.data(), bytes + done * sizeof(std::uint16_t), sizeof(batch));
        for (std::size_t i = 0; i < kBatch; ++i) values[done + i] = convert(batch[i]);
    }
    if (done == count) return;
    std::memcpy(batch.data(), bytes + done * sizeof(std::uint16_t), (count - done) * sizeof(std::uint16_t));
    for (std::size_t i = 0; done + i < count; ++i) values[done + i] = convert(batch[i]);
}

struct Format {
    StorageType type;
    const char* name;
    std::size_t values;
    std::size_t bytes;
    Unpack unpack;
};

constexpr std::array<Format, 13> kFormats = {{{StorageType::F32, "F32", 1, 4, copyFloats},
                                              {StorageType::F16, "F16", 1, 2, convertEach<floatFromHalf>},
                                              {StorageType::BF16, "BF16", 1, 2, convertEach<floatFromBfloat>},
                                              {StorageType::Q8_0, "Q8_0", 32, 34, blocks::unpackQ80},
                                              {StorageType::Q4_0, "Q4_0", 32, 18, blocks::unpackQ40},
                                              {StorageType::Q4_1, "Q4_1", 32, 20, blocks::unpackQ41},
                                              {StorageType::Q5_0, "Q5_0", 32, 22, blocks::unpackQ50},
                                              {StorageType::Q5_1, "Q5_1", 32, 24, blocks::unpackQ51},
                                              {StorageType::Q2_K, "Q2_K", 256, 84, blocks::unpackQ2K},
                                              {StorageType::Q3_K, "Q3_K", 256, 110, blocks::unpackQ3K},
                                              {StorageType::Q4_K, "Q4_K", 256, 144, blocks::unpackQ4K},
                                              {StorageType::Q5_K, "Q5_K", 256, 176, blocks::unpackQ5K},
                                              {StorageType::Q6_K, "Q6_K", 256, 210, blocks::unpackQ6K}}};

const Format& formatOf(StorageType type) {
    return kFormats[static_cast<std::size_t>(type)];
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
    format.unpack(bytes.data(), bytes.size() / format.bytes, values);
}

std::uint16_t bfloatFromFloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

}  // namespace consa
