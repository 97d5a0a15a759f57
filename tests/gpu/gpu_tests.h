// How the classes of these tests come into one program: a GPU is started once for all of them.
#pragma once

#include <QObject>

#include <memory>
#include <vector>

namespace consa::test {

using MakeTests = std::unique_ptr<QObject> (*)();

inline std::vector<MakeTests>& gpuTests() {
    static std::vector<MakeTests> all;
    return all;
}

/// A test class joins the program by an object of this kind in its file.
template <typename Tests>
struct GpuTests {
    GpuTests() {
        gpuTests().push_back([]() -> std::unique_ptr<QObject> { return std::make_unique<Tests>(); });
    }
};

}  // namespace consa::test
