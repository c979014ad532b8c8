"""Writes scores.json: what scikit-learn makes of seeded answers with ties.

    python tests/train/metrics/golden/make_scores.py > tests/train/metrics/golden/scores.json
"""
import json

import numpy as np
import sklearn
from sklearn import metrics as m


def case(name, count, classes, seed, levels):
    rng = np.random.default_rng(seed)
    # Few different scores, so that many examples tie.
    raw = rng.integers(1, levels, size=(count, classes)).astype(float)
    targets = rng.integers(0, classes, size=count)
    raw[np.arange(count), targets] += rng.integers(0, levels, size=count)
    p = raw / raw.sum(axis=1, keepdims=True)
    one_hot = np.eye(classes)[targets]
    answers = p.argmax(axis=1)
    curves = []
    for c in range(classes):
        fpr, tpr, cut = m.roc_curve(one_hot[:, c], p[:, c])
        precision, recall, at = m.precision_recall_curve(one_hot[:, c], p[:, c])
        curves.append({
            "falsePositiveRate": fpr.tolist(), "truePositiveRate": tpr.tolist(),
            "rocThresholds": cut[1:].tolist(), "auc": m.auc(fpr, tpr),
            "precision": precision.tolist(), "recall": recall.tolist(), "thresholds": at.tolist(),
            "averagePrecision": m.average_precision_score(one_hot[:, c], p[:, c]),
        })
    many = classes > 2
    brier = m.brier_score_loss(targets, p) if many else m.brier_score_loss(targets, p[:, 1])
    auc = m.roc_auc_score(targets, p, multi_class="ovr") if many else m.roc_auc_score(targets, p[:, 1])
    return {
        "name": name, "probabilities": p.ravel().tolist(), "shape": [count, classes],
        "targets": targets.tolist(), "curves": curves,
        "rocAucMacro": auc,
        "averagePrecisionMacro": m.average_precision_score(one_hot, p, average="macro"),
        "logLoss": m.log_loss(targets, p), "brierScore": brier,
        "cohenKappa": m.cohen_kappa_score(targets, answers),
        "matthewsCorrelation": m.matthews_corrcoef(targets, answers),
        "balancedAccuracy": m.balanced_accuracy_score(targets, answers),
    }


print(json.dumps({
    "made by": f"make_scores.py, scikit-learn {sklearn.__version__}",
    "cases": [case("two classes", 30, 2, 1, 5), case("four classes", 40, 4, 2, 4)],
}, indent=1))
