"""Low-rank adapters beside layers, in PyTorch by the formula of the paper, in float64.

    python tests/onnx/adapters/golden/make_golden.py > tests/onnx/adapters/golden/lora.json

Each case is one layer y = W.x + alpha/rank B.(A.x) with random x, W, A and B, a mean squared error to a
target, and its gradients by A and B.
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def numbers(t):
    return {"dims": list(t.shape), "data": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}


def single(*shape):
    """Random numbers that float32 has."""
    return torch.randn(*shape).float().double()


def case(kind, x, w, rank, alpha, groups=1, stride=1, padding=0, dilation=1):
    if kind == "conv":
        a = single(rank, *w.shape[1:])
        b = single(w.shape[0], rank // groups, 1, 1)
    else:
        a, b = single(rank, w.shape[1]), single(w.shape[0], rank)
    a.requires_grad_()
    b.requires_grad_()
    if kind == "conv":
        own = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
        y = F.conv2d(x, w, **own) + alpha / rank * F.conv2d(F.conv2d(x, a, **own), b, groups=groups)
    else:
        y = F.linear(x, w) + alpha / rank * F.linear(F.linear(x, a), b)
    target = single(*y.shape)
    loss = F.mse_loss(y, target)
    loss.backward()
    return {
        "kind": kind, "rank": rank, "alpha": alpha, "groups": groups, "stride": stride,
        "padding": padding, "dilation": dilation, "x": numbers(x), "weight": numbers(w), "a": numbers(a),
        "b": numbers(b), "target": numbers(target), "loss": loss.item(), "output": numbers(y),
        "gradA": numbers(a.grad), "gradB": numbers(b.grad),
    }


print(json.dumps({
    "made": "tests/onnx/adapters/golden/make_golden.py, PyTorch " + torch.__version__,
    "cases": {
        "gemm": case("linear", single(3, 5), single(4, 5), 2, 16),
        "tokens": case("linear", single(2, 3, 5), single(4, 5), 3, 1.5),
        "convolution": case("conv", single(2, 3, 6, 5), single(4, 3, 3, 3), 2, 8, stride=2, padding=1),
        "dilated convolution": case("conv", single(1, 2, 6, 6), single(3, 2, 3, 3), 1, 4, dilation=2),
        "convolution in groups": case("conv", single(2, 4, 4, 4), single(6, 2, 3, 3), 4, 8, groups=2, padding=1),
        "pointwise convolution": case("conv", single(2, 3, 4, 4), single(5, 3, 1, 1), 2, 2),
    },
}, separators=(",", ":")))
