// Plans of linear_product.h: what cuBLASLt proposes, timed.
#include "core/kernels/linear_product.h"

#include "core/kernels/device_error.h"

#include <cublasLt.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace consa::kernels {

namespace {

void require(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS)
        throw DeviceError(std::string("cuBLASLt: ") + what + ": " + cublasLtGetStatusString(status));
}

void require(cudaError_t status) {
    if (status != cudaSuccess) throw DeviceError(std::string("CUDA error: ") + cudaGetErrorString(status));
}

/// Calls one of cuBLASLt's or CUDA's functions on an object when it goes.
template <auto kDestroy>
struct Destroyer {
    template <typename T>
    void operator()(T* object) const {
        (void)kDestroy(object);
    }
};

using Descriptor = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulDesc_t>, Destroyer<cublasLtMatmulDescDestroy>>;
using Layout = std::unique_ptr<std::remove_pointer_t<cublasLtMatrixLayout_t>, Destroyer<cublasLtMatrixLayoutDestroy>>;
using Preference =
    std::unique_ptr<std::remove_pointer_t<cublasLtMatmulPreference_t>, Destroyer<cublasLtMatmulPreferenceDestroy>>;
using Event = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, Destroyer<cudaEventDestroy>>;

/// A contiguous matrix of ours, [rows, columns] with neighbours along a row, as cuBLASLt has it: columns first.
Layout layoutOf(long long rows, long long columns) {
    cublasLtMatrixLayout_t layout = nullptr;
    require(cublasLtMatrixLayoutCreate(&layout, CUDA_R_16BF, static_cast<std::uint64_t>(columns),
                                       static_cast<std::uint64_t>(rows), columns),
            "a matrix's layout");
    return Layout(layout);
}

Descriptor descriptorOf(const LinearProduct& product) {
    cublasLtMatmulDesc_t made = nullptr;
    require(cublasLtMatmulDescCreate(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F), "a product");
    Descriptor descriptor(made);
    const cublasOperation_t weights = product.isTransposed ? CUBLAS_OP_T : CUBLAS_OP_N;
    require(cublasLtMatmulDescSetAttribute(made, CUBLASLT_MATMUL_DESC_TRANSA, &weights, sizeof(weights)), "a product");
    return descriptor;
}

/// Algorithms that keep the sum whole and take no memory.
Preference wholeSums() {
    cublasLtMatmulPreference_t made = nullptr;
    require(cublasLtMatmulPreferenceCreate(&made), "a preference");
    Preference preference(made);
    const std::uint32_t noReduction = CUBLASLT_REDUCTION_SCHEME_NONE;
    require(cublasLtMatmulPreferenceSetAttribute(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &noReduction,
                                                 sizeof(noReduction)),
            "a preference");
    return preference;
}

/// What the algorithms' proposals take for granted.
bool isAligned(const LinearProduct& product) {
    constexpr std::uintptr_t kBytes = 256;
    const auto fits = [](const void* p) { return reinterpret_cast<std::uintptr_t>(p) % kBytes == 0; };
    return fits(product.x) && fits(product.weights) && fits(product.out);
}

Event newEvent() {
    cudaEvent_t event = nullptr;
    require(cudaEventCreate(&event));
    return Event(event);
}

/// One shape's product.
struct Plan {
    Descriptor descriptor;
    Layout weights, x, out;
    cublasLtMatmulAlgo_t algorithm{};
    bool isPossible = false;

    cublasStatus_t run(cublasLtHandle_t handle, const LinearProduct& product, const cublasLtMatmulAlgo_t& by,
                       cudaStream_t stream) const {
        const float one = 1, none = 0;
        // Columns first, our product x W reads W x.
        return cublasLtMatmul(handle, descriptor.get(), &one, product.weights, weights.get(), product.x, x.get(), &none,
                              product.out, out.get(), product.out, out.get(), &by, nullptr, 0, stream);
    }

    /// Milliseconds of some products in a row; infinite when the algorithm can't run.
    float timeOf(cublasLtHandle_t handle, const LinearProduct& product, const cublasLtMatmulAlgo_t& by,
                 cudaStream_t stream) const {
        constexpr int kProducts = 3;
        const Event begin = newEvent(), end = newEvent();
        require(cudaEventRecord(begin.get(), stream));
        for (int i = 0; i < kProducts; ++i)
            if (run(handle, product, by, stream) != CUBLAS_STATUS_SUCCESS)
                return std::numeric_limits<float>::infinity();
        require(cudaEventRecord(end.get(), stream));
        require(cudaEventSynchronize(end.get()));
        float milliseconds = 0;
        require(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()));
        return milliseconds;
    }

    /// Keeps the fastest algorithm by the least of three times each: the first one holds the loading of its code.
    void choose(cublasLtHandle_t handle, const LinearProduct& product, cudaStream_t stream) {
        constexpr int kProposals = 16, kRounds = 3;
        std::vector<cublasLtMatmulHeuristicResult_t> proposals(kProposals);
        int count = 0;
        const auto status =
            cublasLtMatmulAlgoGetHeuristic(handle, descriptor.get(), weights.get(), x.get(), out.get(), out.get(),
                                           wholeSums().get(), kProposals, proposals.data(), &count);
        if (status != CUBLAS_STATUS_SUCCESS) return;
        std::vector<float> times(static_cast<std::size_t>(count), std::numeric_limits<float>::infinity());
        for (int round = 0; round < kRounds; ++round)
            for (std::size_t i = 0; i < times.size(); ++i)
                times[i] = std::min(times[i], timeOf(handle, product, proposals[i].algo, stream));
        const auto best = std::min_element(times.begin(), times.end());
        isPossible = best != times.end() && *best < std::numeric_limits<float>::infinity();
        if (isPossible) algorithm = proposals[static_cast<std::size_t>(best - times.begin())].algo;
    }
};

Plan planOf(const LinearProduct& product) {
    Plan plan;
    plan.descriptor = descriptorOf(product);
    plan.weights = product.isTransposed ? layoutOf(product.outWidth, product.inWidth)
                                        : layoutOf(product.inWidth, product.outWidth);
    plan.x = layoutOf(product.rows, product.inWidth);
    plan.out = layoutOf(product.rows, product.outWidth);
    return plan;
}

}  // namespace

/// By device and shape.
struct LinearProducts::Plans {
    using Key = std::tuple<int, long long, int, int, bool>;
    std::map<Key, Plan> plans;
};

LinearProducts::LinearProducts() : m_plans(new Plans) {}

LinearProducts::~LinearProducts() {
    delete m_plans;
}

bool LinearProducts::run(cublasLtContext* handle, const LinearProduct& product, cudaStream_t stream) {
    if (!isAligned(product)) return false;
    int device = 0;
    require(cudaGetDevice(&device));
    const Plans::Key key{device, product.rows, product.inWidth, product.outWidth, product.isTransposed};
    auto found = m_plans->plans.find(key);
    if (found == m_plans->plans.end()) {
        Plan plan = planOf(product);
        plan.choose(handle, product, stream);
        found = m_plans->plans.emplace(key, std::move(plan)).first;
    }
    const Plan& plan = found->second;
    if (plan.isPossible) require(plan.run(handle, product, plan.algorithm, stream), "a product");
    return plan.isPossible;
}

}  // namespace consa::kernels
