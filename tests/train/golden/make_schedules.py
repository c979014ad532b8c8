"""Makes schedules.json beside it with PyTorch 2.13: python make_schedules.py

Learning rates of torch.optim.lr_scheduler for a learning rate of 1, one a step, in float64; the
schedulers that count epochs are stepped once an epoch of `perEpoch` steps. `plateau` is told the
values of `history`, and gives its rate after each.
"""
import json, os, warnings
import torch
from torch.optim.lr_scheduler import *

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))


def optimizer():
    return torch.optim.SGD([torch.zeros(1)], lr=1.0)


def rates(make, total, per_epoch=1, fractional=False):
    o = optimizer(); s = make(o); found = []
    for step in range(total):
        if fractional:
            s.step(step / per_epoch)
        found.append(o.param_groups[0]["lr"])
        o.step()
        if not fractional and (step + 1) % per_epoch == 0:
            s.step()
    return found


def plateau(history, **options):
    o = optimizer(); s = ReduceLROnPlateau(o, **options); found = []
    for value in history:
        s.step(value)
        found.append(o.param_groups[0]["lr"])
    return found


def case(name, options, total, make, per_epoch=1, fractional=False):
    return {"schedule": name, "options": options, "perEpoch": per_epoch,
            "rates": rates(make, total, per_epoch, fractional)}


LOSSES = [1, 0.9, 0.89995, 0.95, 0.91, 0.9, 0.8, 0.82, 0.81, 0.805, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7]
SCORES = [0.5, 0.6, 0.6, 0.62, 0.605, 0.61, 0.7, 0.7, 0.7, 0.705, 0.71, 0.7, 0.7, 0.7]

CASES = [
    case("multiStep", {"milestones": [2, 3, 7], "factor": 0.5}, 20,
         lambda o: MultiStepLR(o, [2, 3, 7], 0.5), per_epoch=2),
    case("exponential", {"factor": 0.8}, 24, lambda o: ExponentialLR(o, 0.8), per_epoch=2),
    case("polynomial", {"power": 2}, 12, lambda o: PolynomialLR(o, 12, 2)),
    case("polynomial", {"power": 0.9}, 15, lambda o: PolynomialLR(o, 15, 0.9)),
    case("linearDecay", {"minimum": 0.2}, 12, lambda o: LinearLR(o, 1, 0.2, 12)),
    case("cosineRestarts", {"epochs": 4, "minimum": 0.1}, 14,
         lambda o: CosineAnnealingWarmRestarts(o, 4, 1, 0.1)),
    case("cosineRestarts", {"epochs": 2, "growth": 2}, 45,
         lambda o: CosineAnnealingWarmRestarts(o, 2, 2), per_epoch=3, fractional=True),
    case("flatThenCosine", {"flat": 0.5, "minimum": 0.01}, 16,
         lambda o: SequentialLR(o, [ConstantLR(o, 1, 8), CosineAnnealingLR(o, 8, 0.01)], [8])),
    # Exponential decay of five epochs, then a straight line over the other ten.
    case("sequence", {}, 15,
         lambda o: SequentialLR(o, [ExponentialLR(o, 0.9), LinearLR(o, 1, 0.5, 10)], [5])),
]
PLATEAUS = [
    (LOSSES, {"patience": 1, "factor": 0.5}, dict(patience=1, factor=0.5)),
    (LOSSES, {"patience": 0, "factor": 0.5, "cooldown": 2, "minimum": 0.2},
     dict(patience=0, factor=0.5, cooldown=2, min_lr=0.2)),
    (LOSSES, {"patience": 1, "threshold": 0.05, "thresholdMode": "absolute"},
     dict(patience=1, threshold=0.05, threshold_mode="abs")),
    (SCORES, {"monitor": "accuracy", "patience": 1, "factor": 0.5, "threshold": 0.02},
     dict(mode="max", patience=1, factor=0.5, threshold=0.02)),
    (SCORES, {"monitor": "accuracy", "patience": 0, "factor": 0.5, "threshold": 0.015,
              "thresholdMode": "absolute", "cooldown": 1},
     dict(mode="max", patience=0, factor=0.5, threshold=0.015, threshold_mode="abs", cooldown=1)),
]
made = {"by": f"make_schedules.py, PyTorch {torch.__version__}", "cases": CASES,
        "plateaus": [{"history": h, "options": o, "rates": plateau(h, **k)} for h, o, k in PLATEAUS]}
with open(os.path.join(HERE, "schedules.json"), "w") as file:
    json.dump(made, file, indent=1)
