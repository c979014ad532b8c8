"""Makes golden_losses.json beside it with PyTorch 2.13, float64: python golden_losses.py

Each case is a loss of outputs [N, ...] with targets and weights v of the examples: its value, its
gradient by the outputs, and the losses of ten steps of gradient descent (rate 0.5) on the model
y = x·I + p of tests/train/small_models.ts, for which the gradient by p is that by y. Inputs are
those of `hashed` in tests/autodiff/golden_numbers.ts.
"""
import json, math, os
import numpy as np, torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
HERE = os.path.dirname(os.path.abspath(__file__))


def hashed(name, count):
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    out = []
    for index in range(count):
        h = (seed + index * 0x9E3779B9) & 0xFFFFFFFF
        h = ((h ^ (h >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
        h = ((h ^ (h >> 15)) * 0x846CA68B) & 0xFFFFFFFF
        h ^= h >> 16
        out.append(float(np.float32((h >> 8) / 2**23 - 1)))
    return torch.tensor(out)


N, C = 6, 4
OUT = hashed("outputs", N * C).reshape(N, C) * 4
LABELS = torch.tensor([0, 1, 2, 1, 3, 0])
YES = (hashed("labels", N * C).reshape(N, C) > 0).double()
NUMBERS = hashed("numbers", N * C).reshape(N, C) * 2
SHARES = torch.softmax(hashed("shares", N * C).reshape(N, C) * 2, 1).float().double()
TEACHER = hashed("teacher", N * C).reshape(N, C) * 4
V = torch.tensor([1.0, 0.5, 2.0, 0.0, 1.0, 0.25])
ONES = torch.ones(N)
W = torch.tensor([0.5, 2.0, 1.0, 0.25])
GROUPS = torch.tensor([0, 1, 0, 1, 0, 2])


def mean(losses, v, w=None):
    """Σ v·loss / Σ v·w."""
    den = (v * (torch.ones_like(losses) if w is None else w)).sum()
    return (v * losses).sum() / den if den != 0 else (v * losses).sum()


def ce(weight=None, smooth=0.0, ignore=-100):
    def f(x, t, v):
        losses = F.cross_entropy(x, t, weight=weight, label_smoothing=smooth, ignore_index=ignore, reduction="none")
        if t.dtype != torch.int64:
            return mean(losses, v)
        keep = t != ignore
        own = torch.ones(len(t)) if weight is None else weight[torch.where(keep, t, 0)]
        return mean(losses, v, own * keep)
    # With examples of one weight this must be PyTorch's own mean.
    for t in (LABELS, LABELS.clone().index_fill(0, torch.tensor([1, 4]), ignore), SHARES):
        own = F.cross_entropy(OUT, t, weight=weight, label_smoothing=smooth, ignore_index=ignore)
        assert torch.allclose(f(OUT, t, ONES), own)
    return f


def per_example(function):
    def f(x, t, v): return mean(function(x, t).flatten(1).mean(1), v)
    return f


def sigmoid_focal(x, t, alpha, gamma):
    """torchvision.ops.sigmoid_focal_loss."""
    p = torch.sigmoid(x)
    bce = F.binary_cross_entropy_with_logits(x, t, reduction="none")
    loss = bce * (1 - (p * t + (1 - p) * (1 - t))) ** gamma
    return loss if alpha is None else (alpha * t + (1 - alpha) * (1 - t)) * loss


def softmax_focal(x, t, gamma, alpha):
    logs = F.log_softmax(x, 1)
    each = -alpha * (1 - logs.exp()) ** gamma * logs
    return each.gather(1, t[:, None])


def triplet_hard(margin):
    def f(x, t, v):
        rows = [i for i in range(len(t)) if v[i] > 0]
        d = torch.cdist(x, x)
        picked = []
        for a in rows:
            same = [j for j in rows if t[j] == t[a] and j != a]
            other = [j for j in rows if t[j] != t[a]]
            if same and other:
                picked.append((a, max(same, key=lambda j: d[a, j]), min(other, key=lambda j: d[a, j])))
        a, p, n = (torch.tensor(list(z)) for z in zip(*picked))
        losses = F.triplet_margin_loss(x[a], x[p], x[n], margin=margin, eps=0, reduction="none")
        return mean(losses, v[a])
    return f


def triplet_semi(margin):
    def f(x, t, v):
        rows = [i for i in range(len(t)) if v[i] > 0]
        d = torch.cdist(x, x)
        losses, weights = [], []
        for a in rows:
            other = [j for j in rows if t[j] != t[a]]
            for p in [j for j in rows if t[j] == t[a] and j != a]:
                if not other: continue
                farther = [j for j in other if d[a, j] > d[a, p]]
                n = min(farther, key=lambda j: d[a, j]) if farther else max(other, key=lambda j: d[a, j])
                losses.append(F.relu(margin + d[a, p] - d[a, n])); weights.append(v[a])
        return mean(torch.stack(losses), torch.stack(weights))
    return f


def pairs(margin):
    def f(x, t, v):
        rows = [i for i in range(len(t)) if v[i] > 0]
        losses, weights = [], []
        for a in rows:
            for b in rows:
                if a == b: continue
                d = (x[a] - x[b]).norm()
                losses.append(d ** 2 / 2 if t[a] == t[b] else F.relu(margin - d) ** 2 / 2); weights.append(v[a])
        return mean(torch.stack(losses), torch.stack(weights))
    return f


def supcon(temperature):
    def f(x, t, v):
        rows = [i for i in range(len(t)) if v[i] > 0]
        z = F.normalize(x)
        losses, weights = [], []
        for i in rows:
            same = [p for p in rows if p != i and t[p] == t[i]]
            if not same: continue
            s = {a: z[i] @ z[a] / temperature for a in rows if a != i}
            total = torch.logsumexp(torch.stack(list(s.values())), 0)
            losses.append(-sum(s[p] - total for p in same) / len(same)); weights.append(v[i])
        return mean(torch.stack(losses), torch.stack(weights))
    return f


def arcface(margin, head, scale):
    def f(x, t, v):
        cos = x / head
        own = cos.gather(1, t[:, None])
        theta = torch.acos(own.clamp(-1 + 1e-6, 1 - 1e-6))
        turned = torch.where(own > math.cos(math.pi - margin), torch.cos(theta + margin), own - margin * math.sin(margin))
        logits = cos.scatter(1, t[:, None], turned) * scale
        return mean(F.cross_entropy(logits, t, reduction="none"), v)
    return f


def distilled(temperature, alpha):
    def f(x, t, v):
        soft = F.kl_div(F.log_softmax(x / temperature, 1), F.softmax(TEACHER / temperature, 1), reduction="none").sum(1)
        hard = F.cross_entropy(x, t, reduction="none")
        return (1 - alpha) * mean(hard, v) + alpha * temperature ** 2 * mean(soft, v)
    return f


IGNORED = LABELS.clone().index_fill(0, torch.tensor([1, 4]), -1)
SMOOTH_YES = YES * 0.8 + 0.1
POSITIVE = torch.tensor([1.0, 3.0, 0.5, 2.0])
CASES = {
    "cross-entropy with smoothed labels": (ce(smooth=0.1), LABELS),
    "cross-entropy with class weights": (ce(weight=W), LABELS),
    "cross-entropy with smoothed labels, class weights and an ignored class": (ce(W, 0.2, -1), IGNORED),
    "cross-entropy with an ignored class": (ce(ignore=-1), IGNORED),
    "cross-entropy of shares with smoothed labels and class weights": (ce(W, 0.1), SHARES),
    "binary cross-entropy with weights of the yes": (per_example(lambda x, t: F.binary_cross_entropy_with_logits(x, t, pos_weight=POSITIVE, reduction="none")), YES),
    "binary cross-entropy with smoothed labels": (per_example(lambda x, t: F.binary_cross_entropy_with_logits(x, t * 0.8 + 0.1, reduction="none")), YES),
    "focal loss": (per_example(lambda x, t: softmax_focal(x, t, 2, 1)), LABELS),
    "focal loss with other options": (per_example(lambda x, t: softmax_focal(x, t, 1.5, W)), LABELS),
    "binary focal loss": (per_example(lambda x, t: sigmoid_focal(x, t, 0.25, 2)), YES),
    "binary focal loss without alpha": (per_example(lambda x, t: sigmoid_focal(x, t, None, 0.5)), YES),
    "mean squared error": (per_example(lambda x, t: F.mse_loss(x, t, reduction="none")), NUMBERS),
    "mean absolute error": (per_example(lambda x, t: F.l1_loss(x, t, reduction="none")), NUMBERS),
    "Huber's loss": (per_example(lambda x, t: F.huber_loss(x, t, delta=0.7, reduction="none")), NUMBERS),
    "smooth L1": (per_example(lambda x, t: F.smooth_l1_loss(x, t, beta=0.7, reduction="none")), NUMBERS),
    "Kullback-Leibler divergence": (lambda x, t, v: mean(F.kl_div(F.log_softmax(x, 1), t, reduction="none").sum(1), v), SHARES),
    "triplet loss of the hardest": (triplet_hard(3.0), GROUPS),
    "triplet loss of the half hard": (triplet_semi(3.0), GROUPS),
    "contrastive loss": (pairs(6.0), GROUPS),
    "supervised contrastive loss": (supcon(0.5), GROUPS),
    "ArcFace": (arcface(0.5, 4.0, 4.0), LABELS),
    "ArcFace with a scale of its own": (arcface(0.3, 4.0, 16.0), LABELS),
    "distillation": (distilled(3.0, 0.7), LABELS),
}


def rounded(values): return [float(f"{float(one):.9g}") for one in values]


cases = {}
for name, (loss, target) in CASES.items():
    found = {}
    for kind, v in (("even", ONES), ("weighted", V)):
        x = OUT.clone().requires_grad_()
        value = loss(x, target, v)
        value.backward()
        p = torch.zeros_like(OUT, requires_grad=True)
        optimizer = torch.optim.SGD([p], lr=0.5)
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            step = loss(OUT + p, target, v)
            step.backward()
            optimizer.step()
            losses.append(step.item())
        found[kind] = {"loss": rounded([value])[0], "gradient": rounded(x.grad.flatten()), "losses": rounded(losses)}
    cases[name] = found

# L²-SP on y = x·I + p and a "head" w: alpha/2·|p − p0|² + beta/2·|w|², ten steps of descent.
p0 = hashed("p0", N * C).reshape(N, C)
p, w = p0.clone().requires_grad_(), torch.eye(C).requires_grad_()
optimizer = torch.optim.SGD([p, w], lr=0.1)
losses = []
for _ in range(10):
    optimizer.zero_grad()
    step = F.cross_entropy(OUT @ w + p, LABELS) + 0.3 / 2 * ((p - p0) ** 2).sum() + 0.2 / 2 * (w ** 2).sum()
    step.backward()
    optimizer.step()
    losses.append(step.item())
golden = {"made": "golden_losses.py, PyTorch " + torch.__version__.split("+")[0], "cases": cases, "l2sp": rounded(losses)}
with open(os.path.join(HERE, "golden_losses.json"), "w") as file:
    json.dump(golden, file, separators=(",", ":"))
