"""Makes optimizers.json beside it with PyTorch 2.13 and timm 1.0: python make_optimizers.py

`steps`: three tensors after ten steps with gradients that are a hash of their names, as
`golden_numbers.ts` computes it too. The optimizers are those of torch.optim; Lion, Lamb and Lookahead
are written down here from their papers. `fits`: a small network after ten steps on one batch, with
groups of parameters, with gradients clipped, and with SAM from its paper. All of it in float64.
"""
import json, math, os
import numpy as np, torch
import torch.nn.functional as F
from timm.utils.agc import adaptive_clip_grad

HERE = os.path.dirname(os.path.abspath(__file__))

torch.set_default_dtype(torch.float64)
SHAPES = {"matrix": (3, 5), "kernel": (2, 3, 4, 3), "vector": (7,)}
STEPS = 10


def hashed(name, count):
    """`count` numbers in [-1, 1), float32, from FNV-1a of the name and a 32-bit mixer."""
    seed = 2166136261
    for byte in name.encode():
        seed = (seed ^ byte) * 16777619 % 2**32
    h = np.uint32(seed) + np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9)
    h ^= h >> np.uint32(16); h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15); h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float32) / np.float32(2**23) - np.float32(1)


def numbers(name, shape):
    return torch.tensor(hashed(name, math.prod(shape))).double().reshape(shape)


class Lion(torch.optim.Optimizer):
    """Chen et al., arXiv 2302.06675, algorithm 2."""

    def __init__(self, params, lr=1e-4, beta1=0.9, beta2=0.99, wd=0.0):
        super().__init__(params, dict(lr=lr, beta1=beta1, beta2=beta2, wd=wd))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = group["beta1"] * m + (1 - group["beta1"]) * p.grad
                p -= group["lr"] * (torch.sign(c) + group["wd"] * p)
                m.copy_(group["beta2"] * m + (1 - group["beta2"]) * p.grad)


class Lamb(torch.optim.Optimizer):
    """You et al., arXiv 1904.00962, algorithm 2, with phi(x) = x."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-6, wd=0.01):
        super().__init__(params, dict(lr=lr, beta1=beta1, beta2=beta2, eps=eps, wd=wd))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            b1, b2 = group["beta1"], group["beta2"]
            for p in group["params"]:
                s = self.state[p]
                if not s: s.update(t=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                s["t"] += 1
                s["m"] = b1 * s["m"] + (1 - b1) * p.grad
                s["v"] = b2 * s["v"] + (1 - b2) * p.grad**2
                m, v = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
                update = m / (v.sqrt() + group["eps"]) + group["wd"] * p
                p -= group["lr"] * p.norm() / update.norm() * update


class Lookahead:
    """Zhang et al., arXiv 1907.08610, algorithm 1."""

    def __init__(self, inner, k, alpha):
        self.inner, self.k, self.alpha, self.t = inner, k, alpha, 0
        self.param_groups = inner.param_groups
        self.params = [p for group in inner.param_groups for p in group["params"]]
        self.slow = [p.detach().clone() for p in self.params]

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.t += 1
        if self.t % self.k: return
        for p, slow in zip(self.params, self.slow):
            slow += self.alpha * (p - slow)
            p.copy_(slow)


O = torch.optim
STEP_CASES = {
    "nadam": lambda p: O.NAdam(p, lr=0.02),
    "nadam with decay": lambda p: O.NAdam(p, lr=0.02, betas=(0.8, 0.95), weight_decay=0.1, momentum_decay=0.01),
    "nadam decoupled": lambda p: O.NAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True),
    "radam": lambda p: O.RAdam(p, lr=0.02),
    "radam with decay": lambda p: O.RAdam(p, lr=0.02, betas=(0.8, 0.9), weight_decay=0.1),
    "radam decoupled": lambda p: O.RAdam(p, lr=0.02, weight_decay=0.1, decoupled_weight_decay=True),
    "rmsprop": lambda p: O.RMSprop(p),
    "rmsprop with all": lambda p: O.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.1, momentum=0.8, centered=True),
    "adagrad": lambda p: O.Adagrad(p),
    "adagrad with all": lambda p: O.Adagrad(p, lr=0.05, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.2, eps=1e-4),
    "adam amsgrad": lambda p: O.Adam(p, lr=0.02, betas=(0.8, 0.5), amsgrad=True),
    "adamW amsgrad": lambda p: O.AdamW(p, lr=0.02, betas=(0.8, 0.5), weight_decay=0.1, amsgrad=True),
    "adafactor": lambda p: O.Adafactor(p, eps=(2**-23, 1e-3)),
    "adafactor with all": lambda p: O.Adafactor(p, lr=0.2, beta2_decay=-0.5, eps=(1e-2, 0.7), d=1.1, weight_decay=0.1),
    "lion": lambda p: Lion(p),
    "lion with decay": lambda p: Lion(p, lr=0.02, beta1=0.8, beta2=0.7, wd=0.1),
    "lamb": lambda p: Lamb(p),
    "lamb with all": lambda p: Lamb(p, lr=0.05, beta1=0.8, beta2=0.9, eps=1e-3, wd=0.1),
    "lookahead of adamW": lambda p: Lookahead(O.AdamW(p, lr=0.02), 3, 0.5),
    "lookahead of sgd": lambda p: Lookahead(O.SGD(p, lr=0.1, momentum=0.9), 5, 0.8),
    "lookahead of lamb": lambda p: Lookahead(Lamb(p, lr=0.05), 2, 0.5),
    "lookahead of adafactor": lambda p: Lookahead(O.Adafactor(p, lr=0.1, eps=(2**-23, 1e-3)), 4, 0.5),
}


def after_steps(make):
    tensors = {name: numbers(name, shape).requires_grad_() for name, shape in SHAPES.items()}
    optimizer = make(list(tensors.values()))
    for step in range(STEPS):
        for name, p in tensors.items(): p.grad = numbers(f"{name}/g{step}", p.shape)
        optimizer.step()
    return {name: rounded(p) for name, p in tensors.items()}


def rounded(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def network():
    """y = tanh(x W1 + b1) W2 + b2 of [5, 3]; also the two norms of its groups."""
    shapes = {"fc1.weight": (4, 3), "fc1.bias": (4,), "fc2.weight": (2, 4), "fc2.bias": (2,)}
    return {name: numbers(name, shape).requires_grad_() for name, shape in shapes.items()}


X, Y = numbers("x", (5, 3)), numbers("y", (5, 2))


def loss_of(p):
    hidden = torch.tanh(F.linear(X, p["fc1.weight"], p["fc1.bias"]))
    return F.mse_loss(F.linear(hidden, p["fc2.weight"], p["fc2.bias"]), Y)


def fit(make, clip=None, probe=None):
    p = network()
    optimizer = make(p)
    params = list(p.values())
    losses = []
    for _ in range(STEPS):
        loss = loss_of(p)
        losses.append(loss.item())
        grads = torch.autograd.grad(loss, params)
        if probe: grads = probe(p, params, grads)
        for one, grad in zip(params, grads): one.grad = grad.clone()
        if clip: clip(params)
        optimizer.step()
    return {"losses": rounded(torch.tensor(losses)), "after": {name: rounded(one) for name, one in p.items()}}


def sam(rho, adaptive=False):
    """Foret et al., arXiv 2010.01412, algorithm 1; Kwon et al., arXiv 2102.11600, algorithm 1."""
    def probe(p, params, grads):
        scale = [one.detach().abs() if adaptive else torch.ones_like(one) for one in params]
        norm = math.sqrt(sum(float(((t * g) ** 2).sum()) for t, g in zip(scale, grads)))
        there = {name: (one + rho / (norm + 1e-12) * t * t * g).detach().requires_grad_()
                 for (name, one), t, g in zip(p.items(), scale, grads)}
        return torch.autograd.grad(loss_of(there), list(there.values()))
    return probe


def sgd(p): return O.SGD(p.values(), lr=0.1, momentum=0.9)


def two_groups(p):
    return O.SGD([
        {"params": [p["fc1.weight"], p["fc1.bias"]], "lr": 0.03, "weight_decay": 0.1},
        {"params": [p["fc2.weight"], p["fc2.bias"]]},
    ], lr=0.1, momentum=0.9)


def no_decay_of_biases(p):
    return O.AdamW([
        {"params": [p["fc1.weight"], p["fc2.weight"]], "weight_decay": 0.3},
        {"params": [p["fc1.bias"], p["fc2.bias"]], "weight_decay": 0.0},
    ], lr=0.01)


class TwoOptimizers:
    def __init__(self, p):
        self.both = [O.Adam([p["fc1.weight"], p["fc1.bias"]], lr=0.02), sgd({k: p[k] for k in ("fc2.weight", "fc2.bias")})]

    def step(self):
        for one in self.both: one.step()


def decayed(p):
    rates = {"fc1.weight": 0.05, "fc1.bias": 0.05, "fc2.weight": 0.1, "fc2.bias": 0.1}
    return O.SGD([{"params": [p[name]], "lr": rate} for name, rate in rates.items()], lr=0.1, momentum=0.9)


def spread(p):
    rates = {"fc1.weight": 1e-3, "fc1.bias": 1e-3, "fc2.weight": 1e-1, "fc2.bias": 1e-1}
    return O.SGD([{"params": [p[name]], "lr": rate} for name, rate in rates.items()], lr=0.1, momentum=0.9)


FITS = {
    "two groups": lambda: fit(two_groups),
    "no decay of biases": lambda: fit(no_decay_of_biases),
    "two optimizers": lambda: fit(TwoOptimizers),
    "layer decay 0.5": lambda: fit(decayed),
    "rates spread over depth": lambda: fit(spread),
    "clip norm 0.3": lambda: fit(sgd, lambda params: clip_norm(params, 0.3)),
    "clip value 0.05": lambda: fit(sgd, lambda params: torch.nn.utils.clip_grad_value_(params, 0.05)),
    "clip adaptive 0.1": lambda: fit(sgd, lambda params: adaptive_clip_grad(params, 0.1)),
    "clip adaptive 0.1 without the head": lambda: fit(sgd, lambda params: adaptive_clip_grad(params[:2], 0.1)),
    "clip norm 0.3 with adafactor": lambda: fit(
        lambda p: O.Adafactor(p.values(), lr=0.1, eps=(2**-23, 1e-3)), lambda params: clip_norm(params, 0.3)),
    "clip norm 0.3 with lamb": lambda: fit(
        lambda p: Lamb(p.values(), lr=0.1), lambda params: clip_norm(params, 0.3)),
    "sam": lambda: fit(sgd, probe=sam(0.05)),
    "sam, adaptive": lambda: fit(sgd, probe=sam(0.5, adaptive=True)),
    "lookahead of sam of adamW": lambda: fit(lambda p: Lookahead(O.AdamW(p.values(), lr=0.02), 3, 0.5), probe=sam(0.1)),
    "sam with clip norm 0.3": lambda: fit(sgd, lambda params: clip_norm(params, 0.3), sam(0.05)),
}


def clip_norm(params, limit):
    torch.nn.utils.clip_grad_norm_(params, limit)


if __name__ == "__main__":
    golden = {
        "shapes": SHAPES,
        "steps": {name: after_steps(make) for name, make in STEP_CASES.items()},
        "fits": {name: make() for name, make in FITS.items()},
    }
    with open(os.path.join(HERE, "optimizers.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
