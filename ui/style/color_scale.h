// Colours that carry data: the scale of P(full) and one colour and dash per kind of layout.
#pragma once

#include <QColor>
#include <QString>

namespace consa {

/// Cividis at `value` 0..1 (clamped), dark blue to yellow: even in lightness and safe for colour-blind eyes
/// (Nunez, Anderton and Renslow 2018). NaN gives nanColor().
[[nodiscard]] QColor cividis(double value);

/// A change -1..1 (clamped): blue for less, near white for none, orange for more; apart in lightness from the middle
/// and safe for colour-blind eyes. NaN gives nanColor().
[[nodiscard]] QColor changeColor(double change);

/// A red that the scale does not contain: a gate that is not a number must not look like a decision.
[[nodiscard]] QColor nanColor();

/// Black or white, whichever reads better on `background`.
[[nodiscard]] QColor readableOn(const QColor& background);

/// How lines and marks of one layout are drawn, wherever it appears.
struct LayoutStyle {
    QColor color;
    Qt::PenStyle dash = Qt::SolidLine;
};

/// Okabe-Ito colours by the layout's name: "learned", "interleaved...", "full", "sliding", one for
/// each other rule ("random:0@0.5"); any other name takes a preset's colour by `presetIndex`. `text` and `muted` colour
/// the two ends.
[[nodiscard]] LayoutStyle layoutStyle(const QString& name, int presetIndex, const QColor& text, const QColor& muted);

}  // namespace consa
