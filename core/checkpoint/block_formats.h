// Unpacks llama.cpp's quantised blocks to float32; the layouts are those of ggml's ggml-common.h.
#pragma once

#include <cstddef>

namespace consa::blocks {

/// Each reads `count` blocks at `bytes` (any alignment) and writes 32 values a block, or 256 for the K formats. The
/// arithmetic is rounded as ggml's reference does it: scale times quant first, then the minimum.
void unpackQ80(const char* bytes, std::size_t count, float* values);
void unpackQ40(const char* bytes, std::size_t count, float* values);
void unpackQ41(const char* bytes, std::size_t count, float* values);
void unpackQ50(const char* bytes, std::size_t count, float* values);
void unpackQ51(const char* bytes, std::size_t count, float* values);
void unpackQ2K(const char* bytes, std::size_t count, float* values);
void unpackQ3K(const char* bytes, std::size_t count, float* values);
void unpackQ4K(const char* bytes, std::size_t count, float* values);
void unpackQ5K(const char* bytes, std::size_t count, float* values);
void unpackQ6K(const char* bytes, std::size_t count, float* values);

}  // namespace consa::blocks
