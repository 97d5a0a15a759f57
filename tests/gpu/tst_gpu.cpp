// Everything that only a GPU can show: tst_gpu [CLASS] [QT_TEST_OPTIONS]. Without one it says so and
// is content.
#include "core/model/torch_api.h"
#include "tests/gpu/gpu_tests.h"

#include <QtTest>

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    if (!torch::cuda::is_available()) {
        qInfo("SKIP: no CUDA GPU on this machine");
        return 0;
    }
    QStringList arguments = application.arguments();
    const QString wanted = arguments.value(1);
    int failures = 0, found = 0;
    for (const bool isNamed : {true, false}) {
        for (const consa::test::MakeTests make : consa::test::gpuTests()) {
            const std::unique_ptr<QObject> tests = make();
            if (isNamed != (wanted == QLatin1String(tests->metaObject()->className()))) continue;
            if (isNamed) arguments.removeAt(1);
            failures += QTest::qExec(tests.get(), arguments);
            if (isNamed) return failures;
            ++found;
        }
    }
    return found > 0 ? failures : 1;
}
