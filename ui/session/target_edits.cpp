// Undo commands of the target.
#include "ui/session/target_edits.h"

#include <QElapsedTimer>
#include <QScopedValueRollback>
#include <QUndoStack>
#include <chrono>

namespace consa {

namespace {
constexpr std::chrono::milliseconds kOneGesture{1000};
constexpr int kTargetId = 1;
}  // namespace

class TargetEdits::Change final : public QUndoCommand {
public:
    Change(TargetEdits& edits, double before, double after) : m_edits(edits), m_before(before), m_after(after) {
        m_age.start();
        describe();
    }

    void undo() override {
        if (m_edits.m_isSilent) return setObsolete(true);
        emit m_edits.requested(m_before);
    }
    void redo() override { emit m_edits.requested(m_after); }
    [[nodiscard]] double before() const { return m_before; }
    [[nodiscard]] int id() const override { return kTargetId; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* later = dynamic_cast<const Change*>(other);
        if (!later || m_age.hasExpired(kOneGesture.count())) return false;
        m_after = later->m_after;
        m_age.start();
        describe();
        return true;
    }

private:
    void describe() { setText(TargetEdits::tr("Target %1 %").arg(m_after * 100, 0, 'f', 1)); }

    TargetEdits& m_edits;
    double m_before;
    double m_after;
    QElapsedTimer m_age;
};

void TargetEdits::commit(double before, double after) {
    if (before != after) m_stack.push(new Change(*this, before, after));
}

void TargetEdits::takeBack() {
    const int index = m_stack.index();
    if (index == 0 || !dynamic_cast<const Change*>(m_stack.command(index - 1))) return;
    const QScopedValueRollback<bool> silence(m_isSilent, true);
    m_stack.undo();
}

void TargetEdits::goBackTo(double target) {
    const int index = m_stack.index();
    const auto* latest = index > 0 ? dynamic_cast<const Change*>(m_stack.command(index - 1)) : nullptr;
    if (latest && latest->before() == target) takeBack();
}

}  // namespace consa
