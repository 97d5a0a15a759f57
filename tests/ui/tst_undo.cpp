// Undo over targets, pins and presets: one stack, each step what the user did.
#include "tests/support/window_fixture.h"
#include "ui/models/preset_list_model.h"
#include "ui/session/pin_edits.h"
#include "ui/session/preset_edits.h"
#include "ui/session/target_edits.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/steering_panel.h"

#include <QDoubleSpinBox>
#include <QUndoStack>
#include <QtTest>

using namespace consa;

class TestUndo : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void targetIsPutBackAlone() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        drag(60);
        const auto sent = m_fixture.session->posted<RetargetCommand>();
        const double moved = sent.back().target;
        QVERIFY(moved > 0.5);
        QTRY_COMPARE(m_fixture.snapshot().target, moved);
        const int step = m_fixture.snapshot().step;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(m_fixture.session->posted<RetargetCommand>().size(), sent.size() + 1);
        QTRY_COMPARE(m_fixture.snapshot().target, 0.5);
        QCOMPARE(m_fixture.snapshot().step, step);  // what was trained stays
        QTRY_COMPARE(m_fixture.the<SparsitySlider>().target(), 0.5);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(m_fixture.snapshot().target, moved);
    }

    void targetOfARunFromElsewhereIsWhereUndoLeads() {
        QVERIFY(m_fixture.open());
        StartCommand start;  // as a resumed run would come: with a target that nobody set here
        start.config = defaultTrainingConfig("demo", false);
        start.config.target = 0.7;
        start.config.stepCount = 100000;
        m_fixture.session->post(start);
        QVERIFY(m_fixture.reaches(SessionState::Training));
        QTRY_COMPARE(m_fixture.the<SteeringPanel>().committedTarget(), 0.7);
        m_fixture.the<SteeringPanel>().targetBox().setValue(50);
        QTRY_COMPARE(m_fixture.snapshot().target, 0.5);
        m_fixture.the<QUndoStack>().undo();
        QTRY_COMPARE(m_fixture.snapshot().target, 0.7);
    }

    void plannedTargetIsUndoneToo() {
        QVERIFY(m_fixture.open());
        m_fixture.the<SteeringPanel>().targetBox().setValue(70);
        QCOMPARE(m_fixture.the<QUndoStack>().undoText(), QStringLiteral("Target 70.0 %"));
        m_fixture.the<QUndoStack>().undo();
        QCOMPARE(m_fixture.the<SteeringPanel>().targetBox().value(), 50.0);
        m_fixture.the<QUndoStack>().redo();
        QVERIFY(m_fixture.trainUntil(5));
        QCOMPARE(m_fixture.session->posted<StartCommand>().back().config.target, 0.7);
    }

    void quickMovesAreOneStep() {
        QUndoStack stack;
        TargetEdits edits(stack);
        QSignalSpy requested(&edits, &TargetEdits::requested);
        edits.commit(0.5, 0.6);
        edits.commit(0.6, 0.7);
        QCOMPARE(stack.count(), 1);
        stack.undo();
        QCOMPARE(requested.back().front().toDouble(), 0.5);
        edits.commit(0.5, 0.5);
        QCOMPARE(stack.count(), 1);
    }

    void refusedTargetLeavesTheStack() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        auto& stack = m_fixture.the<QUndoStack>();
        // With every unit of the grid but one pinned to full there is no room for more sliding ones.
        for (int unit = 0; unit < 16; ++unit) m_fixture.the<PinEdits>().pin(unit / 4, unit % 4, true);
        QTRY_COMPARE(m_fixture.snapshot().pins.size(), std::size_t(16));
        const int before = stack.count();
        m_fixture.the<SteeringPanel>().targetBox().setValue(90);
        QCOMPARE(stack.count(), before + 1);
        QTRY_COMPARE(stack.count(), before);
        QTRY_COMPARE(m_fixture.the<SparsitySlider>().target(), 0.5);
        QCOMPARE(m_fixture.snapshot().target, 0.5);
    }

    void presetsComeBack() {
        QTemporaryDir folder;
        PresetListModel model(folder.path().toStdString());
        QUndoStack stack;
        PresetEdits edits(model, stack);
        LayoutFile file;
        file.modelName = "Tiny";
        file.modelArchitecture = "llama";
        file.layout = AttentionLayout({4, 2, Granularity::KvHead}, true);
        file.windowTokens = 8;
        QVERIFY(edits.save(QStringLiteral("one"), file));
        edits.setNote(0, QStringLiteral("for the paper"));
        edits.rename(0, QStringLiteral("two/three"));
        QCOMPARE(model.name(0), QStringLiteral("two-three"));
        QCOMPARE(edits.duplicate(0), QStringLiteral("two-three 2"));
        QCOMPARE(model.rowCount(), 2);
        edits.remove(model.rowOf(QStringLiteral("two-three")));
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(stack.count(), 5);
        stack.undo();
        QCOMPARE(model.rowCount(), 2);
        const int back = model.rowOf(QStringLiteral("two-three"));
        QCOMPARE(model.preset(back).note, std::string("for the paper"));
        stack.undo();
        stack.undo();
        QCOMPARE(model.name(0), QStringLiteral("one"));
        stack.undo();
        QCOMPARE(model.preset(0).note, std::string());
        stack.undo();
        QCOMPARE(model.rowCount(), 0);
        for (int step = 0; step < 5; ++step) stack.redo();
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.name(0), QStringLiteral("two-three 2"));
    }

    void takenNamesAreRefused() {
        QTemporaryDir folder;
        PresetListModel model(folder.path().toStdString());
        QUndoStack stack;
        PresetEdits edits(model, stack);
        QSignalSpy problems(&edits, &PresetEdits::problemOccurred);
        LayoutFile file;
        file.layout = AttentionLayout({4, 2, Granularity::KvHead}, true);
        file.modelName = file.modelArchitecture = "x";
        file.windowTokens = 8;
        QVERIFY(edits.save(QStringLiteral("one"), file) && edits.save(QStringLiteral("two"), file));
        edits.rename(model.rowOf(QStringLiteral("one")), QStringLiteral("two"));
        QCOMPARE(problems.count(), 1);
        QCOMPARE(stack.count(), 2);
        QVERIFY(!edits.save(QStringLiteral(".hidden"), file));
        QCOMPARE(stack.count(), 2);
    }

private:
    void drag(int pixels) {
        auto& slider = m_fixture.the<SparsitySlider>();
        const QPoint start = slider.targetHandle().toPoint();
        QTest::mousePress(&slider, Qt::LeftButton, {}, start);
        QTest::mouseMove(&slider, start + QPoint(pixels, 0));
        QTest::mouseRelease(&slider, Qt::LeftButton, {}, start + QPoint(pixels, 0));
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestUndo)
#include "tst_undo.moc"
