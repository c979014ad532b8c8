"""Makes operators.json beside it with PyTorch 2.13: python make_operators.py && deno fmt operators.json

A case is one node of ONNX, and the gradients of Σ weight·output by each of its inputs, which PyTorch
computes in float64. Inputs and weights are short binary fractions, exact in float32. Tensors and
attributes are written as text: "float32[2,3] 1 2 3 4 5 6", "ints 1 2". The cases themselves are in `operators_*.py`.
"""
import importlib, json, os, zlib
import numpy as np, torch

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {}


class Draw:
    """An input to differentiate, of random numbers that `move` makes from eighths in [-2, 2]."""

    def __init__(self, *dims, move=lambda x: x): self.dims, self.move = dims, move

    def __call__(self, random): return self.move(random.integers(-16, 17, self.dims) / 8)


class Given:
    """An input to differentiate, of the numbers given."""

    def __init__(self, values, *dims): self.values = np.array(values, np.float64).reshape(dims or np.shape(values))

    def __call__(self, _): return self.values


def positive(*dims): return Draw(*dims, move=lambda x: np.abs(x) * 0.5 + 0.5)


def far(*dims):
    """Away from 0, of either sign."""
    return Draw(*dims, move=lambda x: np.where(x < 0, x - 1, x + 1) * 0.5)


def tied(*dims):
    """Few different numbers, so that many are equal."""
    return Draw(*dims, move=lambda x: np.round(x))


def apart(*dims):
    """No two numbers equal."""
    def shuffled(x):
        order = np.argsort(np.argsort(x, axis=None, kind="stable"))
        return (order.reshape(x.shape) - x.size // 2) / 8
    return Draw(*dims, move=shuffled)


def case(name, inputs, function, attributes={}, opset=18):
    """Adds one case. Draws and givens are differentiated; arrays are constants, None is left out.

    `function` takes them as float64 or integer tensors and gives the output, or a tuple in which None
    is an output that nothing is asked of.
    """
    domain, _, op = name.rpartition(".")
    known = CASES.setdefault(name, [])
    random = np.random.default_rng([zlib.crc32(name.encode()), len(known)])
    arrays = [one(random) if callable(one) else one for one in inputs]
    tensors = [None if array is None else torch.from_numpy(np.array(array)) for array in arrays]
    variables = [tensor.requires_grad_() for one, tensor in zip(inputs, tensors) if callable(one)]
    results = function(*tensors)
    results = results if isinstance(results, (tuple, list)) else (results,)
    factors = [None if one is None else without_zero(random.integers(-8, 8, one.shape)) / 4 for one in results]
    loss = sum((torch.from_numpy(np.array(f)) * y).sum() for f, y in zip(factors, results) if f is not None)
    found = iter(torch.autograd.grad(loss, variables, allow_unused=True) if loss.requires_grad else [None] * len(variables))
    gradients = [next(found) if callable(one) else None for one in inputs]
    assert all(one is None or torch.isfinite(one).all() for one in gradients), name
    known.append({
        "op": op, **({"domain": domain} if domain else {}), "opset": opset,
        **({"attributes": {key: attribute(value) for key, value in attributes.items()}} if attributes else {}),
        "inputs": [None if array is None else text(array) for array in arrays],
        "weights": [None if factor is None else text(factor) for factor in factors],
        "gradients": [None if not callable(one) else numbers(torch.zeros_like(tensor) if gradient is None else gradient)
                      for one, tensor, gradient in zip(inputs, tensors, gradients)],
    })


def without_zero(whole):
    """Weights of which none hides what an element does."""
    return np.where(whole < 0, whole, whole + 1)


def attribute(value):
    """An attribute as text: its kind and its value."""
    kind = {int: "int", float: "float", str: "string"}
    if isinstance(value, list): return " ".join([f"{kind[type(value[0])]}s", *map(str, value)])
    return f"{kind[type(value)]} {value}"


def text(array):
    array = np.asarray(array)
    kind = "float32" if array.dtype.kind == "f" else array.dtype.name
    assert kind != "float32" or (array.astype(np.float32) == array).all()
    return f"{kind}[{','.join(map(str, array.shape))}] {numbers(array + 0)}".strip()


def numbers(array):
    return " ".join(f"{float(number) or 0.0:.9g}" for number in np.asarray(array).flatten())


def main():
    for family in ("elementwise", "linear", "pool", "reduce", "layout", "recurrent", "vision", "signal", "attention", "scatter"):
        importlib.import_module(f"operators_{family}").add()
    path = os.path.join(HERE, "operators.json")
    rows = [row for name in sorted(CASES) for row in CASES[name]]
    with open(path, "w") as out: json.dump(rows, out, indent=2); out.write("\n")
    print(f"{len(rows)} cases of {len(CASES)} operators, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    importlib.import_module("make_operators").main()
