"""Functions of one number, and of two with every kind of broadcasting."""
import math
import numpy as np, torch
import torch.nn.functional as F
from make_operators import Draw, Given, case, far, positive, tied

# With every kink of the functions below: 0, ±0.5, ±1, ±2.5, ±3.
KINKS = [-4, -3, -2.75, -2.5, -1.5, -1, -0.75, -0.5, -0.03125, 0, 0.0625, 0.5, 0.625, 1, 1.75, 2.5, 2.875, 3, 3.5, 0]
SHAPES = [([], [3]), ([2, 3], []), ([1], [2, 3]), ([2, 3], [3]), ([2, 3, 2], [3, 1]), ([2, 1, 2], [2, 3, 2]),
          ([3, 1], [1, 4]), ([2, 3], [2, 3]), ([3], [2, 1, 1]), ([1, 1, 2], [2])]


def unary():
    line = Given(KINKS, 4, 5)
    small = Draw(3, 4, move=lambda x: np.round(x * 14) / 32)
    one = lambda name, function, inputs=(line,), opset=18, **attributes: case(name, list(inputs), function, attributes, opset)
    for name, function in {
        "Abs": torch.abs, "Atan": torch.atan, "Asinh": torch.asinh, "Ceil": torch.ceil, "Cos": torch.cos,
        "Cosh": torch.cosh, "Erf": torch.erf, "Exp": torch.exp, "Floor": torch.floor, "Identity": lambda x: x * 1,
        "Mish": F.mish, "Neg": torch.neg, "Relu": torch.relu, "Round": torch.round, "Sigmoid": torch.sigmoid,
        "Sign": torch.sign, "Sin": torch.sin, "Sinh": torch.sinh, "Softplus": lambda x: F.softplus(x, threshold=99),
        "Softsign": F.softsign, "Tanh": torch.tanh, "HardSwish": F.hardswish,
    }.items():
        one(name, function)
        one(name, function, [Draw(2, 3, 2)])
    for name in ("Acos", "Asin", "Atanh", "Tan"): one(name, getattr(torch, name.lower()), [small])
    one("Acosh", torch.acosh, [Draw(3, 4, move=lambda x: np.abs(x) + 1.25)])
    for name in ("Log", "Sqrt"): one(name, getattr(torch, name.lower()), [positive(3, 4)])
    one("Reciprocal", torch.reciprocal, [far(3, 4)])
    for alpha in (0.01, 0.25, -0.5): one("LeakyRelu", lambda x: F.leaky_relu(x, alpha), alpha=alpha)
    for alpha in (1.0, 0.375):
        one("Elu", lambda x: F.elu(x, alpha), alpha=alpha)
        one("Celu", lambda x: F.celu(x, alpha), alpha=alpha)
        one("ThresholdedRelu", lambda x: F.threshold(x, alpha, 0), [Given([-1, 0, 0.25, 0.375, 0.5, 1, 1.5])], alpha=alpha)
    one("Selu", torch.selu)
    one("Selu", lambda x: 2 * F.elu(x, 0.5), alpha=0.5, gamma=2.0)
    one("HardSigmoid", lambda x: F.hardsigmoid(x * 1.2))
    one("HardSigmoid", F.hardsigmoid, alpha=1 / 6, beta=0.5)
    one("HardSigmoid", lambda x: F.hardsigmoid(3 * x - 1.5), alpha=0.5, beta=0.25)
    one("Shrink", lambda x: F.hardshrink(x, 0.5), lambd=0.5)
    one("Shrink", lambda x: F.softshrink(x, 1.0), lambd=1.0, bias=1.0)
    one("Swish", F.silu, opset=24)
    one("Swish", lambda x: x * torch.sigmoid(1.5 * x), opset=24, alpha=1.5)
    for mode in ("none", "tanh"): one("Gelu", lambda x: F.gelu(x, approximate=mode), opset=20, approximate=mode)
    one("com.microsoft.Gelu", F.gelu)
    one("com.microsoft.FastGelu", lambda x: F.gelu(x, approximate="tanh"))
    one("com.microsoft.FastGelu", lambda x, b: F.gelu(x + b, approximate="tanh"), [line, Draw(5)])
    one("com.microsoft.BiasGelu", lambda x, b: F.gelu(x + b), [line, Draw(5)])
    one("com.microsoft.QuickGelu", lambda x: x * torch.sigmoid(1.702 * x))
    one("com.microsoft.QuickGelu", lambda x: x * torch.sigmoid(1.25 * x), alpha=1.25)
    bound = lambda number: None if number is None else np.float64(number)
    for low, high in ((-0.5, 2.5), (None, 1), (-1, None), (None, None)):
        clamp = lambda x, *_: x * 1 if low is None and high is None else torch.clamp(x, low, high)
        one("Clip", clamp, [line, bound(low), bound(high)])
    one("Clip", lambda x: torch.clamp(x, -1, 3), opset=7, min=-1.0, max=3.0)
    one("Cast", lambda x: x * 1, to=11)
    one("CastLike", lambda x, _: x * 1, [line, np.array([0.0])])
    one("Dropout", lambda x, *_: x * 1, [Draw(3, 4), np.float64(0.5), np.array(False)])
    one("Dropout", lambda x: x * 1, [Draw(3, 4)], opset=10, ratio=0.25)


def largest(*values): return torch.stack(torch.broadcast_tensors(*values)).amax(0)


def smallest(*values): return torch.stack(torch.broadcast_tensors(*values)).amin(0)


def binary():
    for a, b in SHAPES:
        for name, function in {"Add": torch.add, "Sub": torch.sub, "Mul": torch.mul}.items():
            case(name, [Draw(*a), Draw(*b)], function)
        case("Div", [Draw(*a), far(*b)], torch.div)
        case("Mod", [Draw(*a), Draw(*b, move=lambda x: np.where(x < 0, -1.40625, 0.71875))], torch.fmod, {"fmod": 1})
        case("Pow", [positive(*a), Draw(*b)], torch.pow)
        case("Max", [tied(*a), tied(*b)], torch.maximum)
        case("Min", [tied(*a), tied(*b)], torch.minimum)
        case("Sum", [Draw(*a), Draw(*b)], torch.add)
        case("Mean", [Draw(*a), Draw(*b)], lambda x, y: (x + y) / 2)
        where = np.arange(max(1, math.prod(b))).reshape(b) % 2 == 0
        case("Where", [where, Draw(*a), Draw(*b)], torch.where)
        case("Where", [where, Draw(*b), Draw(*a)], torch.where)
        if np.broadcast_shapes(a, b) == tuple(a):
            case("PRelu", [tied(*a), Draw(*b)], lambda x, slope: torch.where(x > 0, x, slope * x))
    case("PRelu", [Given([[-1, 0, 2], [0, -0.5, 1]]), Draw(3)], lambda x, slope: F.prelu(x, slope))
    for power in (2.0, 3.0, 0.5, -1.0, 1.0, 0.0):
        case("Pow", [positive(2, 3), np.float64(power)], torch.pow)
    case("Pow", [Given([-2, -0.5, 0, 0.5, 3]), np.float64(2)], torch.pow)
    case("Pow", [Given([-2, -0.5, 0, 0.5, 3]), np.float64(3)], torch.pow)
    case("Pow", [Given([-2, -0.5, 0, 0.5, 3]), np.array([0.0, 1, 2, 1, 0])], torch.pow)
    case("Pow", [Given([-2, -0.5, 0, 0.5, 3]), np.array([3, 2, 1, 0, 4])], torch.pow)
    case("Pow", [Given([[-2, -0.5, 0, 0.5, 3]]), np.array([2])], torch.pow)
    case("Pow", [Given([-2, -0.5, 0.5, 3]), np.array([2, 3, -1, 0])], torch.pow)
    case("Pow", [Given([0, 0, 0, 2]), Given([0, 1, 2, 0])], torch.pow)
    three = [[2, 3], [3], [2, 1]]
    for name, function in {"Max": largest, "Min": smallest, "Sum": lambda x, y, z: x + y + z,
                           "Mean": lambda x, y, z: (x + y + z) / 3}.items():
        case(name, [tied(*dims) for dims in three], function)
        case(name, [tied(2, 3)], lambda x: x * 1)


def add():
    unary()
    binary()
