// The pins of the session on show: edited with undo, confirmed or refused by the engine.
#pragma once

#include "core/layout/pins.h"
#include "core/session/session_snapshot.h"

#include <QObject>
#include <QString>
#include <optional>
#include <vector>

class QUndoStack;

namespace consa {

/// Every change goes through the undo stack and shows at once. Where there are gates it is requested of the engine as a
/// whole list; when that refuses, the engine's own pins come back and the change leaves the stack.
class PinEdits final : public QObject {
    Q_OBJECT

public:
    /// `stack` must outlive this.
    explicit PinEdits(QUndoStack& stack, QObject* parent = nullptr);

    /// What is on show, ordered by layer and unit.
    [[nodiscard]] const std::vector<Pin>& pins() const { return m_pins; }
    /// The units that can be pinned.
    [[nodiscard]] const UnitGrid& grid() const { return m_grid; }

    /// Pins a unit to full (true) or sliding (false), or frees it; what changes nothing is no step of undo.
    void pin(int layer, int unit, std::optional<bool> isFull);
    void unpinAll();

    /// Takes over the pins of another model, plan or run; what was done cannot be undone any more.
    void reset(const std::vector<Pin>& pins, const UnitGrid& grid);
    /// A run with these pins was asked for: changes from now on go to the engine.
    void runRequested() { m_isRunRequested = true; }

    /// Events tell whether a request was honoured, the snapshot which pins hold. Events come first.
    void hearEvents(const std::vector<SessionEvent>& events);
    void setSnapshot(const SessionSnapshot& snapshot);

signals:
    void pinsChanged();
    /// The engine shall replace its pins by these.
    void requested(const std::vector<consa::Pin>& pins);

private:
    class Change;

    void push(std::vector<Pin> pins, const QString& text);
    void apply(const std::vector<Pin>& pins);
    void show(const std::vector<Pin>& pins);
    void takeBack();

    QUndoStack& m_stack;
    UnitGrid m_grid;
    std::vector<Pin> m_pins;
    std::vector<Pin> m_enginePins;  // of the latest snapshot
    std::uint64_t m_run = 0;
    bool m_hasGates = false;
    bool m_isRunRequested = false;
    bool m_isSilent = false;  // while the stack follows the engine
    int m_waiting = 0;        // requests that are neither honoured nor refused yet
};

}  // namespace consa
