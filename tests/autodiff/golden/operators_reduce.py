"""Reductions, softmax and normalisations."""
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, Given, case, far, positive, tied


def product(x, axes, keep):
    for axis in sorted(axes, reverse=True): x = x.prod(axis, keepdim=keep)
    return x


REDUCTIONS = {
    "ReduceSum": (Draw, lambda x, axes, keep: x.sum(axes, keepdim=keep), 13),
    "ReduceMean": (Draw, lambda x, axes, keep: x.mean(axes, keepdim=keep), 18),
    "ReduceMax": (tied, lambda x, axes, keep: x.amax(axes, keepdim=keep), 18),
    "ReduceMin": (tied, lambda x, axes, keep: x.amin(axes, keepdim=keep), 18),
    "ReduceL1": (tied, lambda x, axes, keep: x.abs().sum(axes, keepdim=keep), 18),
    "ReduceL2": (Draw, lambda x, axes, keep: torch.linalg.vector_norm(x, dim=axes, keepdim=keep), 18),
    "ReduceLogSum": (positive, lambda x, axes, keep: x.sum(axes, keepdim=keep).log(), 18),
    "ReduceLogSumExp": (Draw, lambda x, axes, keep: torch.logsumexp(x, axes, keepdim=keep), 18),
    "ReduceProd": (far, product, 18),
    "ReduceSumSquare": (Draw, lambda x, axes, keep: (x * x).sum(axes, keepdim=keep), 18),
}


def reductions():
    for name, (draw, function, since) in REDUCTIONS.items():
        for axes, keep in (([1], 1), ([0, -1], 0), ([-2], 0), ([0, 1, 2], 1)):
            reduced = lambda x, *_: function(x, tuple(axis % 3 for axis in axes), keep == 1)
            case(name, [draw(2, 3, 2), np.array(axes)], reduced, {"keepdims": keep})
            if len(axes) < 3: case(name, [draw(2, 3, 2)], reduced, {"keepdims": keep, "axes": axes}, since - 1)
        whole = lambda x, *_: function(x, (0, 1), True)
        case(name, [draw(2, 3)], whole)
        case(name, [draw(2, 3)], lambda x: function(x, (0, 1), False), {"keepdims": 0}, 11)
        case(name, [draw(2, 3), np.array([], np.int64)], whole)
    case("ReduceSum", [Draw(2, 3), np.array([], np.int64)], lambda x, _: x * 1, {"noop_with_empty_axes": 1})
    case("ReduceMean", [Draw(2, 3)], lambda x: x * 1, {"noop_with_empty_axes": 1})
    case("ReduceMax", [tied(2, 3)], lambda x: x * 1, {"noop_with_empty_axes": 1})
    rows = Given([[0, 2, 3], [0, 0, 2], [0, 0, 0], [1, -2, 0.5]])
    case("ReduceProd", [rows, np.array([1])], lambda x, _: x.prod(1, keepdim=True))
    case("ReduceProd", [rows, np.array([1])], lambda x, _: x.prod(1), {"keepdims": 0})
    case("ReduceL2", [Given([[0, 0, 0], [3, 4, 0]]), np.array([1])], lambda x, _: torch.linalg.vector_norm(x, dim=1, keepdim=True))
    case("ReduceLogSumExp", [Given([[88, 90, 89.5], [-95, -90, -91]]), np.array([1])], lambda x, _: torch.logsumexp(x, 1, keepdim=True))


def softmaxes():
    for name, function in {"Softmax": F.softmax, "LogSoftmax": F.log_softmax}.items():
        for axis in (0, 1, -1, 2): case(name, [Draw(2, 3, 4)], lambda x: function(x, axis), {"axis": axis}, 13)
        case(name, [Draw(2, 5)], lambda x: function(x, -1), opset=13)
        for axis in (0, 1, 2, -1):
            flat = lambda x: function(x.reshape(int(np.prod(x.shape[:axis % 3])), -1), 1).reshape(x.shape)
            case(name, [Draw(2, 3, 2)], flat, {"axis": axis}, 11)
        case(name, [Draw(2, 3, 2)], lambda x: function(x.reshape(2, 6), 1).reshape(x.shape), opset=11)
        case(name, [Given([[60, -60, 59.5, 0]])], lambda x: function(x, 1), opset=13)


def rms(x, scale, axis=-1, epsilon=1e-5):
    axes = tuple(range(axis % x.dim(), x.dim()))
    return x / torch.sqrt((x * x).mean(axes, keepdim=True) + epsilon) * scale


def normalisations():
    statistics = [np.array([0.5, -0.25, 0]), np.array([1, 0.5, 2])]
    for dims in ([2, 3, 2, 2], [3, 3], [2, 3, 4]):
        for epsilon in (1e-5, 0.125):
            if epsilon != 1e-5 and len(dims) < 4: continue
            case("BatchNormalization", [Draw(*dims), far(3), Draw(3), *statistics],
                 lambda x, s, b, m, v: F.batch_norm(x, m, v, s, b, eps=epsilon), {"epsilon": epsilon})
            # In a training graph the momentum is 0, and the running statistics are those of the batch.
            case("BatchNormalization", [Draw(*dims), far(3), Draw(3), *statistics],
                 lambda x, s, b, m, v: (F.batch_norm(x, None, None, s, b, True, eps=epsilon), None, None),
                 {"epsilon": epsilon, "training_mode": 1, "momentum": 0.0})
    case("BatchNormalization", [Draw(2, 3, 2), far(3), Draw(3), *statistics], lambda x, s, b, m, v: F.batch_norm(x, m, v, s, b), opset=9)
    for dims in ([2, 2, 3, 2], [2, 2, 5], [1, 2, 2, 2, 2]):
        case("InstanceNormalization", [Draw(*dims), far(2), Draw(2)], lambda x, s, b: F.instance_norm(x, weight=s, bias=b))
        case("GroupNormalization", [Draw(dims[0], 4, *dims[2:]), far(4), Draw(4)], lambda x, s, b: F.group_norm(x, 2, s, b),
             {"num_groups": 2}, 21)
    case("InstanceNormalization", [Draw(2, 2, 3), far(2), Draw(2)], lambda x, s, b: F.instance_norm(x, weight=s, bias=b, eps=0.25),
         {"epsilon": 0.25})
    for groups in (1, 2, 4):
        each = lambda v: v.repeat_interleave(4 // groups)
        case("GroupNormalization", [Draw(2, 4, 2, 2), far(groups), Draw(groups)],
             lambda x, s, b: F.group_norm(x, groups, each(s), each(b), 0.125), {"num_groups": groups, "epsilon": 0.125})
    for axis, dims in ((-1, [4]), (1, [3, 4]), (2, [4]), (-3, [2, 3, 4]), (0, [2, 3, 4])):
        case("LayerNormalization", [Draw(2, 3, 4), far(*dims), Draw(*dims)], lambda x, s, b: F.layer_norm(x, dims, s, b), {"axis": axis})
        case("RMSNormalization", [Draw(2, 3, 4), far(*dims)], lambda x, s: F.rms_norm(x, dims, s, 1e-5), {"axis": axis}, 23)
    case("LayerNormalization", [Draw(2, 5), far(5)], lambda x, s: F.layer_norm(x, [5], s, None, 0.25), {"epsilon": 0.25})
    def whole(x, s, b):
        centred = x - x.mean((1, 2), keepdim=True)
        inverse = 1 / torch.sqrt((centred**2).mean((1, 2), keepdim=True) + 0.125)
        return centred * inverse * s + b, x.mean((1, 2), keepdim=True), inverse
    case("LayerNormalization", [Draw(2, 2, 3), far(2, 3), Draw(2, 3)], whole, {"axis": 1, "epsilon": 0.125})
    case("RMSNormalization", [Draw(2, 5), far(5)], lambda x, s: rms(x, s, epsilon=0.25), {"epsilon": 0.25}, 23)
    case("SimplifiedLayerNormalization", [Draw(2, 3, 4), far(4)], rms)
    case("SimplifiedLayerNormalization", [Draw(2, 3, 4), far(3, 4)], lambda x, s: rms(x, s, 1), {"axis": 1})
    root = lambda x, s: (rms(x, s), 1 / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5))
    case("SimplifiedLayerNormalization", [Draw(2, 3), far(3)], root)
    for axes in (None, [1, 2], [0, 2, 3]):
        def standard(x):
            found = axes or [0, 2, 3]
            centred = x - x.mean(found, keepdim=True)
            return centred / (torch.sqrt((centred**2).mean(found, keepdim=True)) + 1e-9)
        case("MeanVarianceNormalization", [Draw(2, 2, 3, 2)], standard, {"axes": axes} if axes else {}, 13)
    for size, alpha, beta, bias in ((3, 0.5, 0.75, 1.0), (5, 1e-4, 0.75, 1.0), (1, 0.25, 0.5, 2.0)):
        case("LRN", [Draw(1, 5, 2, 2)], lambda x: F.local_response_norm(x, size, alpha, beta, bias),
             {"size": size, "alpha": alpha, "beta": beta, "bias": bias})
    case("LRN", [Draw(2, 3, 2, 2)], lambda x: F.local_response_norm(x, 3, 1e-4, 0.75, 1.0), {"size": 3})
    for p in (1, 2):
        for axis in (-1, 0, 1):
            case("LpNormalization", [far(2, 3, 2)], lambda x: F.normalize(x, p, axis, 0), {"p": p, "axis": axis})
    rows = Given([[0, 0, 0], [3, 4, 0]])
    case("LpNormalization", [rows], lambda x: x / torch.where(x.any(-1, keepdim=True), torch.linalg.vector_norm(x, dim=-1, keepdim=True), torch.inf))
    case("LpNormalization", [Draw(3, 4)], lambda x: F.normalize(x, 2, -1, 0))
    skip = lambda x, y, s, b=None, c=0: F.layer_norm(x + y + c, [4], s, b, 1e-3)
    name, more = "com.microsoft.SkipLayerNormalization", {"epsilon": 1e-3}
    full = [Draw(2, 3, 4), Draw(2, 3, 4), far(4), Draw(4), Draw(4)]
    for count in (3, 4, 5): case(name, full[:count], skip, more)
    case(name, full, lambda x, y, s, b, c: (skip(x, y, s, b, c), None, None, x + y + c), more)
    # Few digits after the point, so that what is left out of `attributes` counts.
    small = lambda *dims: Draw(*dims, move=lambda x: x / 1024)
    case(name, [small(2, 3, 4), small(2, 3, 4), far(4)], lambda x, y, s: F.layer_norm(x + y, [4], s, None, 1e-12))
    case(name, [Draw(2, 3, 4), Draw(3, 4), far(4)], skip, more)


def add():
    reductions()
    softmaxes()
    normalisations()
