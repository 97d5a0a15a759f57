// Words and units of the losses.
#include "ui/models/loss_words.h"

#include <QCoreApplication>

namespace consa {

QString lossAxisLabel(TrainingLoss loss) {
    switch (loss) {
        case TrainingLoss::DistillKl:
            return QCoreApplication::translate("consa", "KL to the full\nmodel, nats");
        case TrainingLoss::DistillHidden:
            return QCoreApplication::translate("consa", "Hidden-state\nerror, relative");
        case TrainingLoss::NextToken:
            break;
    }
    return QCoreApplication::translate("consa", "Loss, nats");
}

QString lossWord(TrainingLoss loss) {
    switch (loss) {
        case TrainingLoss::DistillKl:
            return QCoreApplication::translate("consa", "KL");
        case TrainingLoss::DistillHidden:
            return QCoreApplication::translate("consa", "hidden-state error");
        case TrainingLoss::NextToken:
            break;
    }
    return QCoreApplication::translate("consa", "loss");
}

}  // namespace consa
