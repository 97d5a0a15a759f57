// Closed forms of the hard-concrete gate.
#include "core/gates/hard_concrete.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

const double kSlidingOffset = kGateTemperature * std::log(-kGateLower / kGateUpper);              // -1.599
const double kOnlyFullOffset = kGateTemperature * std::log((1 - kGateLower) / (kGateUpper - 1));  // 1.599
constexpr double kDecidedProbability = 0.95;

}  // namespace

GateDraw drawGate(double logAlpha, double uniform) {
    const double s = sigmoid((std::log(uniform) - std::log1p(-uniform) + logAlpha) / kGateTemperature);
    const double stretched = s * (kGateUpper - kGateLower) + kGateLower;
    if (stretched <= 0) return {0, 0};
    if (stretched >= 1) return {1, 0};
    return {stretched, s * (1 - s) / kGateTemperature * (kGateUpper - kGateLower)};
}

double probabilitySliding(double logAlpha) {
    return sigmoid(kSlidingOffset - logAlpha);
}

double probabilitySlidingSlope(double logAlpha) {
    const double p = probabilitySliding(logAlpha);
    return -p * (1 - p);
}

double probabilityFull(double logAlpha) {
    return sigmoid(logAlpha - kSlidingOffset);
}

double probabilityOnlyFull(double logAlpha) {
    return sigmoid(logAlpha - kOnlyFullOffset);
}

bool isDecided(double logAlpha) {
    return probabilitySliding(logAlpha) >= kDecidedProbability || probabilityOnlyFull(logAlpha) >= kDecidedProbability;
}

}  // namespace consa
