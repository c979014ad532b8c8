"""What scikit-learn makes of small features, in float64.

    python tests/train/probes/make_golden.py > tests/train/probes/golden.json
"""
import json

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

random = np.random.default_rng(0)


def rounded(values):
    return [float(f"{v:.8g}") for v in np.asarray(values).ravel()]


def features(count, width, classes, offset=0.0):
    """Classes of normal clouds; columns of very different scales."""
    targets = np.arange(count) % classes
    centres = random.normal(size=(classes, width))
    scales = 10.0 ** random.uniform(-1.5, 1.5, width)
    x = (centres[targets] + 1.5 * random.normal(size=(count, width)) + offset) * scales
    return np.round(x, 4).astype(np.float32), targets


out = {"made": f"tests/train/probes/make_golden.py, scikit-learn {sklearn.__version__}", "logistic": {}, "knn": {}}
for name, classes, options in [
    ("three classes", 3, dict(C=1.0)),
    ("strongly drawn to zero", 3, dict(C=1e-3)),
    ("two classes", 2, dict(C=0.5)),
    ("balanced classes", 3, dict(C=1.0, class_weight="balanced")),
    ("no biases", 3, dict(C=1.0, fit_intercept=False)),
]:
    x, y = features(40, 4, classes, offset=2.0)
    if "class_weight" in options:
        x, y = x[:30], np.where(y[:30] == 2, 0, y[:30])
        y[:4] = 2
    model = LogisticRegression(tol=1e-12, max_iter=100000, **options).fit(x.astype(np.float64), y)
    out["logistic"][name] = {
        "x": rounded(x), "shape": list(x.shape), "targets": y.tolist(), "C": options["C"],
        "balanced": "class_weight" in options, "bias": options.get("fit_intercept", True),
        "weight": rounded(model.coef_), "intercept": rounded(model.intercept_),
        "probabilities": rounded(model.predict_proba(x.astype(np.float64))),
    }
x, y = features(30, 4, 3, offset=5.0)
q = np.concatenate([features(6, 4, 3, offset=5.0)[0], x[:2]])
for metric in ["cosine", "euclidean"]:
    for weights in ["uniform", "distance"]:
        model = KNeighborsClassifier(5, metric=metric, weights=weights, algorithm="brute").fit(x.astype(np.float64), y)
        far, near = model.kneighbors(q.astype(np.float64))
        out["knn"][f"{metric} {weights}"] = {
            "x": rounded(x), "shape": list(x.shape), "targets": y.tolist(), "queries": rounded(q),
            "near": near.ravel().tolist(), "probabilities": rounded(model.predict_proba(q.astype(np.float64))),
        }
print(json.dumps(out, separators=(",", ":")))
