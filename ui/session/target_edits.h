// Moves of the target as steps of undo.
#pragma once

#include <QObject>

class QUndoStack;

namespace consa {

/// Undoing puts back the target alone; what was trained meanwhile stays.
class TargetEdits final : public QObject {
    Q_OBJECT

public:
    /// `stack` must outlive this.
    explicit TargetEdits(QUndoStack& stack, QObject* parent = nullptr) : QObject(parent), m_stack(stack) {}

    /// The user decided on `after`. Moves within a second of each other are one step of undo.
    void commit(double before, double after);
    /// The engine refused the latest target: its step leaves the stack.
    void takeBack();
    /// The run went back to before its latest target, to `target`: the step that led away from there leaves the stack.
    void goBackTo(double target);

signals:
    /// The target shall be this.
    void requested(double target);

private:
    class Change;

    QUndoStack& m_stack;
    bool m_isSilent = false;
};

}  // namespace consa
