"""Losses of classes, and what is put at positions: combined, one of two values, or written into a cache."""
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, Given, apart, case, far, tied


def losses():
    """Positive logarithms are no probabilities, but the formula takes them."""
    weights = np.array([0.5, 2, 1])
    for name, function in {"NegativeLogLikelihoodLoss": F.nll_loss, "SoftmaxCrossEntropyLoss": F.cross_entropy}.items():
        for weight in (None, weights):
            for reduction in ("mean", "sum", "none"):
                for ignored in (None, -1, 1):
                    dims, labels = ([4, 3], [2, 0, 1, 2]) if ignored is None else ([2, 3, 2], [[2, 1], [0, 1]])
                    labels = np.array(labels if ignored != -1 else [[2, -1], [1, 0]])
                    loss = lambda x, target, w=None: function(x, target, w, ignore_index=-100 if ignored is None else ignored, reduction=reduction)
                    case(name, [Draw(*dims), labels, *([] if weight is None else [weight])], loss,
                         {**({} if reduction == "mean" else {"reduction": reduction}), **({} if ignored is None else {"ignore_index": ignored})})
        maps = np.array([[[0, 2], [1, 1]], [[2, 2], [0, 1]]], np.int32)
        case(name, [Draw(2, 3, 2, 2), maps, weights], lambda x, target, w: function(x, target.long(), w))
        case(name, [Draw(1, 3, 1, 2, 2), maps[:1, None]], lambda x, target: function(x, target.long()), opset=13)
    name, both = "SoftmaxCrossEntropyLoss", lambda x, target, w=None: (F.cross_entropy(x, target, w), F.log_softmax(x, 1))
    case(name, [Draw(3, 4), np.array([3, 0, 1])], both)
    case(name, [Draw(2, 3, 2), np.array([[2, 0], [1, 1]]), weights], both)
    case(name, [Draw(3, 4), np.array([3, 0, 1])], lambda x, _: (None, F.log_softmax(x, 1)))
    case(name, [Given([[40, -40, 39.5], [90, 88, -90]]), np.array([2, 0])], F.cross_entropy)


def combined():
    """Equal extremes share the gradient evenly in `scatter_reduce` as they do here."""
    for reduction, name in (("mul", "prod"), ("max", "amax"), ("min", "amin")):
        for draw in (tied, apart if reduction != "mul" else far):
            for axis, index in ((0, [[1, 1, 0], [1, 2, 0]]), (1, [[1, 1, -1], [0, 0, 0]]), (-1, [[3, 3, 3, 3, 0]] * 3)):
                case("ScatterElements", [draw(3, 4), np.array(index), draw(*np.shape(index))],
                     lambda x, i, u: x.scatter_reduce(axis, i % x.shape[axis], u, name), {"axis": axis, "reduction": reduction})
            for dims, index, updates in (([4, 2], [[2], [0], [2]], [3, 2]), ([3, 3], [[0, 1], [2, -1], [0, 1], [0, 1]], [4]),
                                         ([2, 2, 2], [[[0, 0], [1, 1]], [[0, 0], [1, 0]]], [2, 2, 2])):
                def rows(x, i, u):
                    depth = i.shape[-1]
                    flat = x.reshape(*x.shape[:depth], -1).flatten(0, depth - 1)
                    at = sum((i[..., n] % x.shape[n]) * int(np.prod(x.shape[n + 1:depth])) for n in range(depth)).flatten()
                    u = u.reshape(len(at), -1)
                    return flat.scatter_reduce(0, at[:, None].expand_as(u), u, name).reshape(x.shape)
                case("ScatterND", [draw(*dims), np.array(index), draw(*updates)], rows, {"reduction": reduction})
    # Products of several zeros, of one of the updates, and of one of the data.
    zeros = [Given([[0, 2, 0], [3, 0, 1]]), np.array([[0, 1, 1], [0, 1, 0]]), Given([[0, 0, 2], [3, 0, 0]])]
    for axis in (0, 1):
        case("ScatterElements", zeros, lambda x, i, u: x.scatter_reduce(axis, i % x.shape[axis], u, "prod"), {"axis": axis, "reduction": "mul"})


def hot():
    for dims, index, depth, axis in (([3], [0, 2, -1], 3, None), ([2, 2], [[0, 5], [-4, 1]], 4, 0), ([2, 2], [[3, 3], [0, -5]], 4, 1), ([1, 2], [[1, 2]], 3, -1)):
        def one(i, _, values):
            known = (i >= -depth) & (i < depth)
            hit = (F.one_hot(i % depth, depth).bool() & known[..., None]).movedim(-1, -1 if axis is None else axis)
            return torch.where(hit, values[1], values[0])
        case("OneHot", [np.array(index).reshape(dims), np.array(depth), Draw(2)], one, {} if axis is None else {"axis": axis})


def cached():
    for past, update, starts, axis, mode in (([2, 2, 5, 3], [2, 2, 2, 3], [1, 3], -2, None), ([2, 4, 2], [2, 2, 2], None, -2, "linear"),
                                             ([2, 5, 3], [2, 3, 3], [4, 1], 1, "circular"), ([2, 2, 4], [2, 2, 4], [3, 0], 2, "circular")):
        def written(old, new, starts=None):
            along, size, first = axis % old.dim() - 1, old.shape[axis], torch.zeros(len(old)).long() if starts is None else starts
            places = [(start + torch.arange(new.shape[axis])) % size for start in first]
            return torch.stack([a.index_copy(along, at, b) for a, b, at in zip(old, new, places)])
        case("TensorScatter", [Draw(*past), Draw(*update), *([] if starts is None else [np.array(starts)])], written,
             {**({} if axis == -2 else {"axis": axis}), **({} if mode is None else {"mode": mode})}, 24)


def add():
    losses()
    combined()
    hot()
    cached()
