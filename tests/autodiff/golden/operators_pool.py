"""Pooling: the largest, the mean and the length of windows."""
import math
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, Given, apart, case, far, positive, tied
from operators_linear import CONV, filled, padded, same

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}


def sums(x, kernel, strides, dilations):
    """Sums of windows, channel by channel."""
    flat = x.reshape(-1, 1, *x.shape[2:])
    found = CONV[len(kernel)](flat, torch.ones(1, 1, *kernel, dtype=x.dtype), None, strides, 0, dilations)
    return found.reshape(*x.shape[:2], *found.shape[2:])


def largest(dims, kernel, draw=tied, ceil=False, opset=18, **attributes):
    rank = len(kernel)
    _, strides, dilations, pads = filled(rank, kernel, *(attributes.get(one) for one in ("strides", "dilations", "pads")))
    mode = attributes.get("auto_pad", "NOTSET")

    def function(x):
        around = same(x, kernel, strides, dilations, mode) if mode.startswith("SAME") else pads
        if ceil: return MAX[rank](x, kernel, strides, around[:rank], dilations, ceil_mode=True)
        return MAX[rank](padded(x, around, -math.inf), kernel, strides, 0, dilations)
    case("MaxPool", [draw(*dims)], function, {"kernel_shape": kernel, **({"ceil_mode": 1} if ceil else {}), **attributes}, opset)


def mean(dims, kernel, ceil=False, include=False, opset=19, **attributes):
    rank = len(kernel)
    _, strides, dilations, pads = filled(rank, kernel, *(attributes.get(one) for one in ("strides", "dilations", "pads")))
    mode = attributes.get("auto_pad", "NOTSET")

    def function(x):
        around = same(x, kernel, strides, dilations, mode) if mode.startswith("SAME") else pads
        if ceil: return F.avg_pool2d(x, kernel, strides, around[:rank], ceil_mode=True, count_include_pad=include)
        ones = torch.ones_like(x)
        counted = padded(ones, around, 1.0 if include else 0.0)
        return sums(padded(x, around), kernel, strides, dilations) / sums(counted, kernel, strides, dilations)
    case("AveragePool", [Draw(*dims)], function, {"kernel_shape": kernel, **({"ceil_mode": 1} if ceil else {}),
                                                 **({"count_include_pad": 1} if include else {}), **attributes}, opset)


def length(dims, kernel, p, draw=positive, ceil=None, **attributes):
    """`ceil` are the pads by which rounding up makes the input longer."""
    _, strides, dilations, pads = filled(len(kernel), kernel, *(attributes.get(one) for one in ("strides", "dilations", "pads")))
    mode = attributes.get("auto_pad", "NOTSET")

    def function(x):
        around = ceil or (same(x, kernel, strides, dilations, mode) if mode.startswith("SAME") else pads)
        return sums(padded(x.abs()**p, around), kernel, strides, dilations)**(1 / p)
    case("LpPool", [draw(*dims)], function, {"kernel_shape": kernel, "p": p, **({"ceil_mode": 1} if ceil else {}), **attributes})


def add():
    largest([1, 2, 7], [3], strides=[2], pads=[1, 0])
    largest([1, 2, 4, 5], [2, 2])
    largest([1, 2, 4, 6], [2, 2], strides=[2, 2], opset=8)
    largest([2, 1, 5, 5], [3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    largest([1, 2, 5, 5], [3, 2], strides=[2, 1], pads=[0, 1, 2, 0], draw=apart)
    largest([1, 1, 6, 7], [2, 3], strides=[2, 1], dilations=[2, 2], pads=[1, 0, 1, 2])
    largest([1, 2, 5, 6], [2, 3], strides=[2, 2], ceil=True)
    largest([1, 2, 5, 7], [3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil=True)
    largest([1, 1, 6, 6], [2, 2], strides=[3, 3], dilations=[2, 2], ceil=True)
    largest([1, 1, 5, 6], [2, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    largest([1, 1, 5, 6], [2, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    largest([1, 1, 5, 5], [2, 3], strides=[3, 3], auto_pad="VALID")
    largest([1, 2, 3, 4, 4], [2, 2, 2], strides=[1, 2, 1])
    largest([1, 2, 4, 3], [2, 2], storage_order=1)
    mean([1, 2, 5, 5], [2, 2], strides=[2, 2], ceil=True)
    mean([1, 2, 7], [3], strides=[2], pads=[1, 1])
    mean([1, 2, 4, 4], [2, 2], strides=[2, 2], opset=7)
    mean([1, 2, 5, 7], [2, 3], strides=[2, 3])
    mean([2, 2, 4, 5], [3, 3], pads=[1, 1, 1, 1])
    mean([1, 2, 5, 4], [3, 2], strides=[2, 1], pads=[0, 1, 2, 0])
    mean([1, 2, 5, 4], [3, 2], strides=[2, 1], pads=[0, 1, 2, 0], include=True)
    mean([1, 2, 5, 6], [2, 3], strides=[2, 2], ceil=True)
    mean([1, 2, 5, 6], [3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil=True)
    mean([1, 2, 6, 6], [3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil=True, include=True)
    mean([1, 2, 5, 6], [2, 2], strides=[2, 2], dilations=[2, 3])
    mean([1, 2, 5, 6], [2, 2], dilations=[2, 2], pads=[1, 1, 0, 1], include=True)
    mean([1, 1, 5, 6], [2, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    mean([1, 1, 5, 6], [2, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    mean([1, 2, 3, 4, 4], [2, 2, 3], strides=[1, 2, 2], pads=[1, 0, 1, 0, 1, 0])
    for p in (1, 2, 3):
        length([1, 2, 5, 5], [2, 3], p, strides=[2, 1], draw=far)
        length([1, 2, 4, 4], [3, 3], p, strides=[2, 2], pads=[1, 1, 0, 1])
        case("GlobalLpPool", [far(2, 2, 2, 3)], lambda x: (x.abs()**p).sum((2, 3), keepdim=True)**(1 / p), {"p": p})
    length([1, 2, 5, 5], [2, 2], 2, strides=[2, 2], ceil=[0, 0, 1, 1])
    for mode in ("SAME_UPPER", "SAME_LOWER"): length([1, 1, 5, 6], [2, 3], 2, strides=[2, 2], auto_pad=mode)
    length([1, 2, 6], [3], 2, strides=[2])
    length([1, 1, 6, 6], [2, 2], 2, dilations=[2, 3])
    length([1, 1, 3, 4, 3], [2, 2, 2], 2)
    case("GlobalLpPool", [far(2, 2, 2, 3)], lambda x: torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True))
    case("GlobalLpPool", [Given(np.zeros((1, 1, 2, 2)), 1, 1, 2, 2)], lambda x: torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True))
    for dims in ([2, 3, 2, 3], [1, 2, 5], [1, 2, 2, 3, 2]):
        axes = tuple(range(2, len(dims)))
        case("GlobalAveragePool", [Draw(*dims)], lambda x: x.mean(axes, keepdim=True))
        case("GlobalMaxPool", [tied(*dims)], lambda x: MAX[len(dims) - 2](x, x.shape[2:]))
    places = torch.tensor([[[[0, 6], [8, 15]], [[5, 2], [12, 11]]]])
    case("MaxUnpool", [Draw(1, 2, 2, 2), (places + torch.tensor([0, 16]).reshape(1, 2, 1, 1)).numpy()],
         lambda x, _: F.max_unpool2d(x, places, [2, 2], [2, 2]), {"kernel_shape": [2, 2], "strides": [2, 2]})
