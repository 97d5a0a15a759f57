// An engine that fails in mid-step: LibTorch's matrix product on the CPU throws when a test says so. One source file of
// a program may include this.
#pragma once

#include <ATen/ATen.h>
#include <torch/library.h>

#include <atomic>
#include <functional>
#include <utility>

namespace consa::test {

/// What the next products do instead of their work; empty: their work. Set it while no session works.
inline std::function<void()>& insteadOfProducts() {
    static std::function<void()> fault;
    return fault;
}

/// Products of float32 matrices so far, to see that the fault lies where it is meant to.
inline std::atomic<int>& productCount() {
    static std::atomic<int> count = 0;
    return count;
}

inline at::Tensor productThatMayFail(const at::Tensor& a, const at::Tensor& b) {
    ++productCount();
    if (insteadOfProducts()) insteadOfProducts()();
    at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
    at::mm_out(out, a, b);
    return out;
}

}  // namespace consa::test

TORCH_LIBRARY_IMPL(aten, CPU, library) {
    library.impl("mm", consa::test::productThatMayFail);
}
