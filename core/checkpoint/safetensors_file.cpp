// Reads and writes safetensors: 8 bytes of header length, a JSON header, the tensors' bytes.
#include "core/checkpoint/safetensors_file.h"

#include "core/base/json_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace consa {
namespace {

using json = ParsedJson;

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr std::size_t kDataAlignment = 64;

/// The format's element types and their bytes.
constexpr std::array<std::pair<const char*, std::uint64_t>, 15> kElementBytes = {{{"F64", 8},
                                                                                  {"I64", 8},
                                                                                  {"U64", 8},
                                                                                  {"F32", 4},
                                                                                  {"I32", 4},
                                                                                  {"U32", 4},
                                                                                  {"F16", 2},
                                                                                  {"BF16", 2},
                                                                                  {"I16", 2},
                                                                                  {"U16", 2},
                                                                                  {"F8_E5M2", 1},
                                                                                  {"F8_E4M3", 1},
                                                                                  {"I8", 1},
                                                                                  {"U8", 1},
                                                                                  {"BOOL", 1}}};

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot read " + source + ": " + problem);
}

std::uint64_t elementBytes(const std::string& type, const std::string& tensor, const std::string& source) {
    for (const auto& [name, bytes] : kElementBytes) {
        if (type == name) return bytes;
    }
    fail(source, "tensor " + tensor + " has the unknown type " + type + "; supported are F32, F16 and BF16");
}

std::uint64_t unsignedOf(const json& value, const std::string& tensor, const std::string& source) {
    const bool isSmall = value.is_number_unsigned() &&
                         value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (!isSmall) fail(source, "tensor " + tensor + " has a shape or offset that is no whole number; it is damaged");
    return value.get<std::uint64_t>();
}

const json& member(const json& entry, const char* key, const std::string& tensor, const std::string& source) {
    const auto found = entry.find(key);
    if (found == entry.end()) fail(source, "tensor " + tensor + " has no " + key + " in the header; it is damaged");
    return *found;
}

std::string readType(const json& entry, const std::string& tensor, const std::string& source) {
    const json& type = member(entry, "dtype", tensor, source);
    if (!type.is_string()) fail(source, "tensor " + tensor + " has a dtype that is no string; it is damaged");
    return type.get<std::string>();
}

std::vector<std::int64_t> readShape(const json& entry, const std::string& tensor, const std::string& source) {
    const json& list = member(entry, "shape", tensor, source);
    if (!list.is_array()) fail(source, "tensor " + tensor + " has a shape that is no list; it is damaged");
    std::vector<std::int64_t> shape;
    for (const json& extent : list) shape.push_back(static_cast<std::int64_t>(unsignedOf(extent, tensor, source)));
    return shape;
}

/// elements x bytes, or an error when that is past 2^63.
std::uint64_t sizeOf(const TensorInfo& info, const std::string& source) {
    std::uint64_t size = elementBytes(info.type, info.name, source);
    for (const std::int64_t extent : info.shape) {
        const auto factor = static_cast<std::uint64_t>(extent);
        if (factor != 0 && size > std::uint64_t{std::numeric_limits<std::int64_t>::max()} / factor) {
            fail(source, "tensor " + info.name + " has an impossible shape; it is damaged");
        }
        size *= factor;
    }
    return size;
}

StoredTensor readEntry(const std::string& name, const json& entry, std::string_view data, const std::string& source) {
    if (!entry.is_object()) fail(source, "the header's entry " + name + " is no object; it is damaged");
    StoredTensor tensor;
    tensor.info = {name, readType(entry, name, source), readShape(entry, name, source), 0};
    const json& offsets = member(entry, "data_offsets", name, source);
    if (!offsets.is_array() || offsets.size() != 2) fail(source, "tensor " + name + " has no pair of data_offsets");
    const std::uint64_t begin = unsignedOf(offsets[0], name, source);
    const std::uint64_t end = unsignedOf(offsets[1], name, source);
    if (begin > end || end > data.size()) {
        fail(source, "tensor " + name + " lies past the end of the file; it is cut short, fetch it again");
    }
    if (end - begin != sizeOf(tensor.info, source)) {
        fail(source, "tensor " + name + " has other bytes than its shape asks for; it is damaged");
    }
    tensor.info.byteCount = static_cast<std::int64_t>(end - begin);
    tensor.bytes = data.substr(begin, end - begin);
    return tensor;
}

std::map<std::string, std::string> readMetadata(const json& entry, const std::string& source) {
    std::map<std::string, std::string> metadata;
    if (!entry.is_object()) fail(source, "its __metadata__ is no object; it is damaged");
    for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) fail(source, "its __metadata__ entry " + key + " is no string; it is damaged");
        metadata.emplace(key, value.get<std::string>());
    }
    return metadata;
}

/// Sorted by place; each tensor must begin where the one before ends, the last end at the file's end.
void checkCoverage(const std::vector<StoredTensor>& tensors, std::string_view data, const std::string& source) {
    const char* end = data.data();
    for (const StoredTensor& tensor : tensors) {
        if (tensor.bytes.data() != end) {
            fail(source, "tensor " + tensor.info.name + " overlaps another or leaves a hole before it; it is damaged");
        }
        end += tensor.bytes.size();
    }
    if (end != data.data() + data.size()) fail(source, "bytes follow its last tensor; it is damaged");
}

json parseHeader(std::string_view text, const std::string& source) {
    if (!text.starts_with('{')) fail(source, "its header does not begin with {, so it is not JSON; it is damaged");
    return parseJson(text, "cannot read " + source + ": its header");
}

void appendValues(const NamedTensor& tensor, std::string& bytes) {
    if (tensor.type == StorageType::F32) {
        bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
        return;
    }
    for (const float value : tensor.values) {
        const std::uint16_t bits = bfloatFromFloat(value);
        bytes.push_back(static_cast<char>(bits & 0xffU));
        bytes.push_back(static_cast<char>(bits >> 8U));
    }
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::string_view bytes, std::string source) : m_source(std::move(source)) {
    std::uint64_t headerBytes = 0;
    if (bytes.size() < sizeof(headerBytes)) fail(m_source, "it is too short for a safetensors file; fetch it again");
    std::memcpy(&headerBytes, bytes.data(), sizeof(headerBytes));
    if (headerBytes > kMaxHeaderBytes || headerBytes > bytes.size() - sizeof(headerBytes)) {
        fail(m_source, "its header is longer than the file; it is no safetensors file or cut short");
    }
    const json header = parseHeader(bytes.substr(sizeof(headerBytes), headerBytes), m_source);
    const std::string_view data = bytes.substr(sizeof(headerBytes) + headerBytes);
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            m_metadata = readMetadata(entry, m_source);
        } else {
            m_tensors.push_back(readEntry(name, entry, data, m_source));
        }
    }
    std::sort(m_tensors.begin(), m_tensors.end(), [](const StoredTensor& a, const StoredTensor& b) {
        return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
    });
    checkCoverage(m_tensors, data, m_source);
}

const StoredTensor* SafetensorsFile::find(const std::string& name) const {
    const auto found = std::find_if(m_tensors.begin(), m_tensors.end(),
                                    [&](const StoredTensor& tensor) { return tensor.info.name == name; });
    return found == m_tensors.end() ? nullptr : &*found;
}

std::vector<float> SafetensorsFile::readFloat32(const std::string& name) const {
    const StoredTensor* tensor = find(name);
    if (tensor == nullptr) fail(m_source, "it has no tensor " + name);
    return readStoredFloat32(*tensor, m_source);
}

StorageType requireStorageType(const StoredTensor& tensor, const std::string& source) {
    const auto type = storageTypeFromString(tensor.info.type);
    if (!type || blockValues(*type) != 1) {
        fail(source, "tensor " + tensor.info.name + " has type " + tensor.info.type +
                         ", which is not supported; supported are F32, F16, BF16");
    }
    return *type;
}

std::vector<float> readStoredFloat32(const StoredTensor& tensor, const std::string& source) {
    const StorageType type = requireStorageType(tensor, source);
    std::vector<float> values(static_cast<std::size_t>(tensor.info.elementCount()));
    dequantise(type, tensor.bytes, values.data());
    return values;
}

std::string toSafetensors(const std::vector<NamedTensor>& tensors, const std::map<std::string, std::string>& metadata) {
    json header = json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::string data;
    for (const NamedTensor& tensor : tensors) {
        const std::size_t begin = data.size();
        appendValues(tensor, data);
        header[tensor.name] = {
            {"dtype", toString(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
    }
    std::string text = header.dump();
    text.append((kDataAlignment - (text.size() + sizeof(std::uint64_t)) % kDataAlignment) % kDataAlignment, ' ');
    const std::uint64_t headerBytes = text.size();
    std::string bytes(reinterpret_cast<const char*>(&headerBytes), sizeof(headerBytes));
    return bytes + text + data;
}

}  // namespace consa
