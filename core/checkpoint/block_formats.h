// Unpacks llama.cpp's quantised blocks to float32; the layouts are those of ggml's ggml-common.h.
#pragma once

#include <cstddef>

namespace consa::blocks {

/// Each reads `count` blocks at `bytes` (any alignment) and writes 32 values a block, or 256 for the K formats. The
/// arithmetic is rounded as ggml's reference does it: scale times quant first, then the minimum.
void unpackQ8_0(const char* bytes, std::size_t count, float* values);
void unpackQ4_0(const char* bytes, std::size_t count, float* values);
void unpackQ4_1(const char* bytes, std::size_t count, float* values);
void unpackQ5_0(const char* bytes, std::size_t count, float* values);
void unpackQ5_1(const char* bytes, std::size_t count, float* values);
void unpackQ2_K(const char* bytes, std::size_t count, float* values);
void unpackQ3_K(const char* bytes, std::size_t count, float* values);
void unpackQ4_K(const char* bytes, std::size_t count, float* values);
void unpackQ5_K(const char* bytes, std::size_t count, float* values);
void unpackQ6_K(const char* bytes, std::size_t count, float* values);

}  // namespace consa::blocks
