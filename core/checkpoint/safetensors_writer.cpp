// The header first, from the plan, then the data.
#include "core/checkpoint/safetensors_writer.h"

#include "core/base/content_hash.h"
#include "core/base/error.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace consa {
namespace {

constexpr std::size_t kDataAlignment = 64;

std::string headerOf(const std::vector<TensorPlan>& tensors) {
    nlohmann::json header = {{"__metadata__", {{"format", "pt"}}}};  // transformers asks for the format
    std::int64_t begin = 0;
    for (const TensorPlan& tensor : tensors) {
        const std::int64_t end = begin + tensor.byteCount();
        header[tensor.name] = {
            {"dtype", toString(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
        begin = end;
    }
    std::string text = header.dump();
    text.append((kDataAlignment - (text.size() + sizeof(std::uint64_t)) % kDataAlignment) % kDataAlignment, ' ');
    return text;
}

std::string bytesOf(const TensorPlan& tensor, const std::vector<float>& values) {
    std::string bytes(static_cast<std::size_t>(tensor.byteCount()), '\0');
    if (values.size() * blockBytes(tensor.type) != bytes.size()) {
        throw Error("cannot write tensor " + tensor.name + ": its values don't fill its shape", ErrorKind::RunFailed);
    }
    if (tensor.type == StorageType::F32) {
        std::memcpy(bytes.data(), values.data(), bytes.size());
        return bytes;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = bfloatFromFloat(values[i]);
        std::memcpy(bytes.data() + i * sizeof(bits), &bits, sizeof(bits));
    }
    return bytes;
}

}  // namespace

std::int64_t TensorPlan::byteCount() const {
    auto count = static_cast<std::int64_t>(blockBytes(type));
    for (const std::int64_t extent : shape) count *= extent;
    return count;
}

std::string writeSafetensors(const std::filesystem::path& path, const std::vector<TensorPlan>& tensors,
                             const TensorSource& source) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    ContentHash hash;
    const auto write = [&](const char* bytes, std::size_t count) {
        hash.add({bytes, count});
        if (file.write(bytes, static_cast<std::streamsize>(count))) return;
        throw Error(
            "cannot write " + path.string() + ": " + std::strerror(errno) + "; free space or choose another place",
            ErrorKind::RunFailed);
    };
    const std::string header = headerOf(tensors);
    const std::uint64_t headerBytes = header.size();
    write(reinterpret_cast<const char*>(&headerBytes), sizeof(headerBytes));
    write(header.data(), header.size());
    for (const TensorPlan& tensor : tensors) {
        const std::string bytes = bytesOf(tensor, source(tensor));
        write(bytes.data(), bytes.size());
    }
    file.flush();
    write("", 0);
    return hash.hex();
}

}  // namespace consa
