// Changes of pins as steps of undo, and what the engine makes of them.
#include "ui/session/pin_edits.h"

#include <QScopedValueRollback>
#include <QUndoStack>
#include <algorithm>
#include <tuple>
#include <utility>

namespace consa {

/// From one whole list to another.
class PinEdits::Change final : public QUndoCommand {
public:
    Change(PinEdits& edits, std::vector<Pin> after, const QString& text)
        : QUndoCommand(text), m_edits(edits), m_before(edits.pins()), m_after(std::move(after)) {}

    [[nodiscard]] const std::vector<Pin>& before() const { return m_before; }
    [[nodiscard]] const std::vector<Pin>& after() const { return m_after; }
    void undo() override {
        if (m_edits.m_isSilent) setObsolete(true);  // refused: it leaves the stack
        m_edits.apply(m_before);
    }
    void redo() override { m_edits.apply(m_after); }

private:
    PinEdits& m_edits;
    std::vector<Pin> m_before;
    std::vector<Pin> m_after;
};

PinEdits::PinEdits(QUndoStack& stack, QObject* parent) : QObject(parent), m_stack(stack) {}

void PinEdits::pin(int layer, int unit, std::optional<bool> isFull) {
    std::vector<Pin> pins = m_pins;
    std::erase_if(pins, [&](const Pin& pin) { return pin.layer == layer && pin.unit == unit; });
    if (isFull) pins.push_back({layer, unit, *isFull});
    std::sort(pins.begin(), pins.end(), [](const Pin& left, const Pin& right) {
        return std::tie(left.layer, left.unit) < std::tie(right.layer, right.unit);
    });
    const QString place = m_grid.granularity == Granularity::Layer ? tr("layer %1").arg(layer)
                                                                   : tr("layer %1 head %2").arg(layer).arg(unit);
    push(std::move(pins), !isFull   ? tr("Unpin %1").arg(place)
                          : *isFull ? tr("Pin %1 full").arg(place)
                                    : tr("Pin %1 sliding").arg(place));
}

void PinEdits::unpinAll() {
    push({}, tr("Unpin all"));
}

void PinEdits::push(std::vector<Pin> pins, const QString& text) {
    if (pins != m_pins) m_stack.push(new Change(*this, std::move(pins), text));
}

void PinEdits::apply(const std::vector<Pin>& pins) {
    if (m_isSilent) return;
    show(pins);
    if (!m_hasGates && !m_isRunRequested) return;
    ++m_waiting;
    emit requested(pins);
}

void PinEdits::show(const std::vector<Pin>& pins) {
    if (m_pins == pins) return;
    m_pins = pins;
    emit pinsChanged();
}

void PinEdits::reset(const std::vector<Pin>& pins, const UnitGrid& grid) {
    m_grid = grid;
    m_stack.clear();
    m_enginePins.clear();
    m_waiting = 0;
    m_isRunRequested = false;
    show(pins);
}

void PinEdits::hearEvents(const std::vector<SessionEvent>& events) {
    for (const SessionEvent& event : events) {
        if (event.kind == "error") m_isRunRequested = false;
        if (m_waiting == 0) continue;
        if (event.kind == "pin") --m_waiting;
        if (event.kind != "error") continue;
        --m_waiting;
        if (m_hasGates) takeBack();
    }
}

void PinEdits::setSnapshot(const SessionSnapshot& snapshot) {
    m_hasGates = !snapshot.logAlpha.empty();
    const bool isNewRun = std::exchange(m_run, snapshot.run) != snapshot.run;
    if (isNewRun) m_isRunRequested = false;
    if (!m_hasGates) return;
    m_grid = snapshot.grid;
    const bool hasChanged = std::exchange(m_enginePins, snapshot.pins) != snapshot.pins;
    if (m_waiting > 0 || (!isNewRun && !hasChanged) || m_pins == snapshot.pins) return;
    // Nobody here asked for these: another run was begun or resumed.
    m_stack.clear();
    show(snapshot.pins);
}

/// The stack steps back to where its pins are the engine's, without a word to it.
void PinEdits::takeBack() {
    const QScopedValueRollback<bool> silence(m_isSilent, true);
    const int index = m_stack.index();
    const auto* done = index > 0 ? dynamic_cast<const Change*>(m_stack.command(index - 1)) : nullptr;
    const auto* undone = index < m_stack.count() ? dynamic_cast<const Change*>(m_stack.command(index)) : nullptr;
    if (done && done->before() == m_enginePins) {
        m_stack.undo();
    } else if (undone && undone->after() == m_enginePins) {
        m_stack.redo();
    } else {
        m_stack.clear();
    }
    show(m_enginePins);
}

}  // namespace consa
