// How fast a model is loaded, beside a plain read of its files.
#pragma once

#include "core/training/training_config.h"

#include <cstdint>
#include <string>
#include <vector>

namespace consa {

/// What to load, where, and how often; the fastest repeat counts, for the machine's other work only ever adds time.
struct LoadBenchmark {
    std::string model = "default";  // as openCheckpoint() takes it, but not the embedded demo, which has no file
    std::string device = "auto";    // as deviceFromString() takes it
    DataType dataType = DataType::Auto;
    int repeats = 5;
};

/// Times in seconds. The files lie in the page cache: all was read once before the clock started.
struct LoadTimes {
    std::vector<std::string> files;
    std::int64_t fileBytes = 0;    // of all files
    std::int64_t weightBytes = 0;  // of the loaded weights, on the device
    std::string format;            // "gguf" | "safetensors"
    std::string device;            // "cpu" | "cuda:0"
    std::string dataType;          // "float32" | "bfloat16"
    double readSeconds = 0;        // read() of every file into one small buffer
    double openSeconds = 0;        // header, tensor table, checks
    double loadSeconds = 0;        // opening, converting every weight and moving it to the device
};

/// Throws Error (BadInput) naming the model, device or number of repeats that cannot be used.
[[nodiscard]] LoadTimes measureLoading(const LoadBenchmark& benchmark);

}  // namespace consa
