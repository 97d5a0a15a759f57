// The hard-concrete gate (Louizos et al. 2018): samples, slopes and closed-form probabilities of one gate.
#pragma once

namespace consa {

// Stretch and temperature of the gate (Louizos et al. 2018, section 4).
inline constexpr double kGateTemperature = 2.0 / 3.0;  // beta
inline constexpr double kGateLower = -0.1;             // gamma
inline constexpr double kGateUpper = 1.1;              // zeta

/// A sampled gate: output of a head = z full + (1 - z) sliding.
struct GateDraw {
    double z = 0;      // 0..1, exactly 0 or 1 where clamped
    double slope = 0;  // dz / dlogAlpha, 0 where clamped
};

/// The gate at noise `uniform` (inside (0, 1)): z = clamp(sigmoid((ln u - ln(1-u) + logAlpha) / beta) (zeta - gamma) +
/// gamma, 0, 1).
[[nodiscard]] GateDraw drawGate(double logAlpha, double uniform);

/// P(z = 0) = sigmoid(beta ln(-gamma / zeta) - logAlpha): the unit slides.
[[nodiscard]] double probabilitySliding(double logAlpha);
/// dP(z = 0) / dlogAlpha.
[[nodiscard]] double probabilitySlidingSlope(double logAlpha);
/// P(z > 0) = 1 - P(z = 0), the P(full) that users see.
[[nodiscard]] double probabilityFull(double logAlpha);
/// P(z = 1) = sigmoid(logAlpha - beta ln((1 - gamma) / (zeta - 1))): only full attention is computed.
[[nodiscard]] double probabilityOnlyFull(double logAlpha);

/// True when P(z = 0) or P(z = 1) is at least .95.
[[nodiscard]] bool isDecided(double logAlpha);

}  // namespace consa
