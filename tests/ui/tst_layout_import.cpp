// Layouts of other programs in the window: the budget asked for, what is kept and said, and what is written.
#include "core/base/file_io.h"
#include "core/layout/layout_exchange.h"
#include "tests/support/expect_error.h"
#include "ui/export/layout_export.h"
#include "ui/models/preset_list_model.h"
#include "ui/session/saved_run.h"
#include "ui/views/import_dialog.h"
#include "ui/views/model_export_dialog.h"
#include "ui/views/preset_panel.h"

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QUndoStack>
#include <QtTest>

using namespace consa;

class TestLayoutImport : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_home = std::make_unique<QTemporaryDir>();
        m_model = std::make_unique<PresetListModel>(m_home->filePath(QStringLiteral("presets")).toStdString());
        m_panel = std::make_unique<PresetPanel>(*m_model, m_stack);
    }
    void cleanup() { m_panel.reset(); }

    void countsFullUnitsUnderTheSpinBox() {
        const QString folder = writeDuo(QStringLiteral("duo"), "-0.01\t0.9\n1.02\t0.4\n");
        ImportDialog dialog(readForeignLayout(folder.toStdString()));
        auto* sparsity = dialog.findChild<QDoubleSpinBox*>();
        QVERIFY(sparsity);
        QCOMPARE(sparsity->value(), 50.0);
        QVERIFY(hasLabel(dialog, QStringLiteral("2 of 4 units full")));
        sparsity->setValue(75);
        QVERIFY(hasLabel(dialog, QStringLiteral("1 of 4 units full")));
        QCOMPARE(dialog.layout().layout.full, (std::vector<std::uint8_t>{0, 0, 1, 0}));
        QCOMPARE(dialog.layout().windowTokens, 9);
        QVERIFY(dialog.findChildren<QSpinBox*>().isEmpty());  // the folder says window and sinks
    }

    void asksForWindowWhereTheFileHasNone() {
        const QString path = write(QStringLiteral("masks.tsv"), "1.0\t0.0\r\n0.0\t1.0\r\n");
        ImportDialog dialog(readForeignLayout(path.toStdString()));
        QVERIFY(!dialog.findChild<QDoubleSpinBox*>());
        const QList<QSpinBox*> boxes = dialog.findChildren<QSpinBox*>();
        QCOMPARE(boxes.size(), 2);
        boxes[0]->setValue(64);
        boxes[1]->setValue(4);
        QCOMPARE(dialog.layout().windowTokens, 64);
        QCOMPARE(dialog.layout().sinkTokens, 4);
    }

    void importsAtThePickedBudget() {
        const QString folder = writeDuo(QStringLiteral("duo"), "0.1\t0.9\n0.8\t0.4\n");
        m_model->setModelShape({2, 2, Granularity::KvHead});
        QSignalSpy problems(m_panel.get(), &PresetPanel::problemOccurred);
        inDialog([](QDialog* dialog) {
            dialog->findChild<QDoubleSpinBox*>()->setValue(25);
            dialog->accept();
        });
        m_panel->importFile(folder);
        QCOMPARE(m_model->rowCount(), 1);
        QCOMPARE(m_model->name(0), QStringLiteral("duo"));
        QCOMPARE(m_model->preset(0).layout.fullCount(), 3);
        QCOMPARE(m_model->preset(0).probabilities[1], 0.9);
        QCOMPARE(problems.count(), 0);
        inDialog([](QDialog* dialog) { dialog->reject(); });
        m_panel->importFile(folder + QStringLiteral("/full_attention_heads.tsv"));
        QCOMPARE(m_model->rowCount(), 1);
    }

    void namesBothShapesAndTheBrokenPlace() {
        m_model->setModelShape({30, 3, Granularity::KvHead});
        QSignalSpy problems(m_panel.get(), &PresetPanel::problemOccurred);
        LayoutFile file;
        file.layout = AttentionLayout({32, 8, Granularity::KvHead}, true);
        file.windowTokens = 64;
        const QString path = m_home->filePath(QStringLiteral("large.json"));
        writeLayoutFile(path.toStdString(), file);
        m_panel->importFile(path);
        QCOMPARE(problems.count(), 1);
        const QString sentence = problems[0][0].toString();
        QVERIFY2(sentence.contains(QStringLiteral("32 x 8")) && sentence.contains(QStringLiteral("30 x 3")),
                 qPrintable(sentence));
        QVERIFY(!m_model->fits(0));
        m_panel->importFile(write(QStringLiteral("broken.tsv"), "1\t0\n1\tx\n"));
        QVERIFY(problems[1][0].toString().contains(QStringLiteral("line 2, column 2")));
        QCOMPARE(m_model->rowCount(), 1);
    }

    void warnsOfALayoutMadeWithAnotherModel() {
        m_model->setModelShape({2, 2, Granularity::KvHead});
        m_model->setModelName("Small-2");
        QSignalSpy problems(m_panel.get(), &PresetPanel::problemOccurred);
        QSignalSpy warnings(m_panel.get(), &PresetPanel::warningOccurred);
        m_panel->importFile(writeOwn(QStringLiteral("same"), "small 2"));
        m_panel->importFile(writeOwn(QStringLiteral("nameless"), ""));
        QCOMPARE(warnings.count(), 0);
        m_panel->importFile(writeOwn(QStringLiteral("other"), "Large-7"));
        QCOMPARE(warnings.count(), 1);
        QCOMPARE(problems.count(), 0);
        const QString sentence = warnings[0][0].toString();
        QVERIFY2(sentence.contains(QStringLiteral("Large-7")) && sentence.contains(QStringLiteral("Small-2")),
                 qPrintable(sentence));
        const int row = m_model->rowOf(QStringLiteral("other"));
        QVERIFY(m_model->fits(row));  // a warning, no refusal
        QVERIFY(m_model->index(row, 0).data(Qt::ToolTipRole).toString().contains(QStringLiteral("Large-7")));
    }

    void writesWhatTheFilterSays() {
        LayoutFile file;
        file.layout = AttentionLayout({2, 2, Granularity::KvHead}, false);
        file.layout.setFull(1, 0, true);
        file.windowTokens = 64;
        const QStringList filters = layoutExportFilters();
        const auto path = [&](const char* name) { return m_home->filePath(QLatin1String(name)); };
        writeLayoutAs(file, path("a"), filters[0]);
        writeLayoutAs(file, path("b"), filters[1]);
        writeLayoutAs(file, path("c"), filters[2]);
        QCOMPARE(readLayoutFile(path("a.json").toStdString()), file);
        QCOMPARE(readForeignLayout(path("b.tsv").toStdString()).format, LayoutFormat::PruLong);
        QCOMPARE(readForeignLayout(path("c").toStdString()).format, LayoutFormat::DuoAttention);
        VERIFY_ERROR(writeLayoutAs(file, path("c"), filters[2]), "something is there");
    }

    void givesTheCommandForAModelFolder() {
        LayoutFile file;
        file.layout = AttentionLayout({2, 2, Granularity::Layer}, false);
        file.sinkTokens = 4;
        QCOMPARE(modelExportCommand(file, QStringLiteral("/p/half.json"), QString()),
                 QStringLiteral("consa convert /p/half.json --to hf --out half-hf --model default"));
        QVERIFY(modelExportLosses(file).contains(QStringLiteral("no sinks")));
        file.sinkTokens = 0;
        QVERIFY(modelExportLosses(file).isEmpty());
        file.layout = AttentionLayout({2, 2, Granularity::KvHead}, false);
        file.layout.setFull(0, 1, true);
        const QString command = modelExportCommand(file, QStringLiteral("/p/my half's.json"), QStringLiteral("/m/a b"));
        QCOMPARE(command, QStringLiteral("consa convert '/p/my half'\\''s.json' --to hf --out 'my half'\\''s-hf' "
                                         "--model '/m/a b' --as-layers"));
        ModelExportDialog dialog(command, modelExportLosses(file));
        for (QPushButton* button : dialog.findChildren<QPushButton*>()) {
            if (button->text().contains(QStringLiteral("Copy"))) button->click();
        }
        QCOMPARE(QGuiApplication::clipboard()->text(), command);
    }

    void knowsLayoutsOnDrop() {
        QCOMPARE(classifyPath(writeDuo(QStringLiteral("duo"), "1\t0\n")), PathKind::LayoutFile);
        QCOMPARE(classifyPath(write(QStringLiteral("masks.tsv"), "1\t0\n")), PathKind::LayoutFile);
        QCOMPARE(classifyPath(QFileInfo(write(QStringLiteral("hf/config.json"), "{}")).path()), PathKind::Model);
    }

private:
    QString write(const QString& name, const std::string& text) {
        writeFileAtomically(m_home->filePath(name).toStdString(), text);
        return m_home->filePath(name);
    }

    QString writeOwn(const QString& name, const std::string& model) {
        LayoutFile file;
        file.modelName = model;
        file.layout = AttentionLayout({2, 2, Granularity::KvHead}, true);
        file.windowTokens = 64;
        const QString path = m_home->filePath(name + QStringLiteral(".json"));
        writeLayoutFile(path.toStdString(), file);
        return path;
    }

    QString writeDuo(const QString& folder, const std::string& values) {
        write(folder + QStringLiteral("/config.json"), R"({"sink_size": 3, "recent_size": 9})");
        return QFileInfo(write(folder + QStringLiteral("/full_attention_heads.tsv"), values)).path();
    }

    template <typename Answer>
    void inDialog(Answer answer) {
        QTimer::singleShot(0, this, [answer] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            answer(dialog);
        });
    }

    static bool hasLabel(const QWidget& widget, const QString& text) {
        for (const QLabel* label : widget.findChildren<QLabel*>()) {
            if (label->text() == text) return true;
        }
        return false;
    }

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<PresetListModel> m_model;
    QUndoStack m_stack;
    std::unique_ptr<PresetPanel> m_panel;
};

QTEST_MAIN(TestLayoutImport)
#include "tst_layout_import.moc"
