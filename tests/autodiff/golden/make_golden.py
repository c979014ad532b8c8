"""Makes the golden files beside it with PyTorch 2.13 and torchvision: python make_golden.py

Each network is exported without its weights; weights, inputs and targets come from a hash of their
names and positions, which `golden_numbers.ts` computes as well, bit for bit. The expected numbers are
PyTorch's in float64: the loss, the logits, the losses of the following optimizer steps on the same
batch, and of each parameter's gradient the length and the products with two vectors of signs. The
inputs are the first at which changes of the weights as small as float32's rounding move no unit over
a kink, so that the bounds of the test can be tight on any machine.
"""
import copy, gzip, io, json, math, os, warnings
import numpy as np, onnx, torch, torch.fx.experimental.optimization, torchvision
import torch.nn.functional as F

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {
    # name: (size, batch, batch norm, optimizer, learning rate)
    "digit_cnn": (28, 6, "batch", "adamW", 1e-4),
    "squeezenet1_1": (64, 4, "batch", "sgd", 1e-3),
    "mobilenet_v2": (32, 4, "running", "adam", 1e-5),
    "mobilenet_v3_small": (64, 8, "batch", "adamW", 1e-4),
    "shufflenet_v2_x0_5": (64, 8, "batch", "adam", 1e-5),
    "efficientnet_b0": (64, 6, "batch", "sgd", 1e-4),
    "resnet18": (64, 4, "batch", "sgd", 1e-3),
    # Exported for inference: batch norm folded into the convolutions.
    "resnet18_folded": (32, 4, "running", "adamW", 1e-5),
}
CLASSES = 7
SMOOTH = 3e-4


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


def drawn(name, dims):
    """Values for a parameter or a running statistic."""
    u = hashed(name, math.prod(dims))
    if len(dims) > 1: u = u * np.float32(math.sqrt(6 / math.prod(dims[1:])))
    elif name.endswith("running_var"): u = np.float32(1) + np.float32(0.5) * u
    elif name.endswith("weight"): u = np.float32(1) + np.float32(0.25) * u
    else: u = u * np.float32(0.125)
    return u.reshape(dims)


class Digits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 32, 3); self.conv2 = torch.nn.Conv2d(32, 64, 3)
        self.fc1 = torch.nn.Linear(9216, 128); self.fc2 = torch.nn.Linear(128, CLASSES)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


def build(name):
    if name == "digit_cnn": return Digits()
    return getattr(torchvision.models, name)(num_classes=CLASSES)


def steps(model, x, y, optimizer, rate, count=4):
    make = {
        "sgd": lambda ps: torch.optim.SGD(ps, lr=rate, momentum=0.9),
        "adam": lambda ps: torch.optim.Adam(ps, lr=rate),
        "adamW": lambda ps: torch.optim.AdamW(ps, lr=rate, weight_decay=0.01),
    }[optimizer](model.parameters())
    losses, first = [], None
    for step in range(count):
        make.zero_grad(); logits = model(x); loss = F.cross_entropy(logits, y); loss.backward()
        losses.append(loss.item())
        if step == 0:
            first = logits.detach(), {n: p.grad.double().clone() for n, p in model.named_parameters()}
        make.step()
    return losses, *first


def folded(model, graph):
    """The model without batch norm, and the names that the exporter gave to its folded weights."""
    fused = torch.fx.experimental.optimization.fuse(model).requires_grad_(True)
    values = {one.name: torch.from_numpy(onnx.numpy_helper.to_array(one).copy()) for one in graph.initializer}
    names = {}
    for n, p in fused.named_parameters():
        names[n], = (m for m, v in values.items() if v.shape == p.shape and torch.allclose(v, p, atol=1e-5))
    with torch.no_grad():
        for n, p in fused.named_parameters(): p.copy_(torch.from_numpy(drawn(names[n], tuple(p.shape)).copy()))
    return fused, names


def exported(model, x, is_folded):
    file = io.BytesIO()
    mode = torch.onnx.TrainingMode.EVAL if is_folded else torch.onnx.TrainingMode.PRESERVE
    torch.onnx.export(copy.deepcopy(model), (x,), file, training=mode, do_constant_folding=is_folded,
                      opset_version=17, input_names=["x"], output_names=["logits"], dynamo=False)
    return onnx.load_from_string(file.getvalue())


def summary(name, gradient):
    """A gradient's length and its products with two vectors of signs."""
    flat = gradient.flatten().numpy()
    return [np.linalg.norm(flat), *(flat @ np.where(hashed(f"{name}/{i}", flat.size) < 0, -1.0, 1.0) for i in (0, 1))]


def shaken(model, x, y, draw, by=1e-6):
    """Float64 gradients after each weight and buffer moved by several roundings of float32."""
    model, random = copy.deepcopy(model).double(), torch.Generator().manual_seed(draw)
    with torch.no_grad():
        for p in model.parameters(): p.mul_(1 + by * torch.randn(p.shape, generator=random, dtype=torch.float64))
    F.cross_entropy(model(x.double()), y).backward()
    return {n: p.grad for n, p in model.named_parameters()}


def relative(found, expected):
    """The relative L2 error of all gradients together."""
    return math.sqrt(sum(((found[n] - e)**2).sum().item() for n, e in expected.items()) / sum((e**2).sum().item() for e in expected.values()))


def worst(found, expected):
    """The measure of `golden_numbers.ts`: the largest difference relative to the gradient's length."""
    total = math.sqrt(sum(e[0]**2 for e in expected.values()))
    return max(max(abs(a - b) for a, b in zip(found[n], e)) / max(e[0], 1e-4 * total) for n, e in expected.items())


def main():
    for case, (size, batch, mode, optimizer, rate) in CASES.items():
        name, is_folded = case.removesuffix("_folded"), case.endswith("_folded")
        model = build(name)
        with torch.no_grad():
            for n, p in [*model.named_parameters(), *model.named_buffers()]:
                if p.is_floating_point(): p.copy_(torch.from_numpy(drawn(n, tuple(p.shape)).copy()))
        shape = (batch, 1 if name == "digit_cnn" else 3, size, size)
        y = torch.arange(batch) * 3 % CLASSES
        model.train(mode == "batch")
        for m in model.modules():
            if "Dropout" in type(m).__name__ or "StochasticDepth" in type(m).__name__: m.p = 0.0; m.eval()
        graph = exported(model, torch.zeros(shape), is_folded)
        norms = sum(node.op_type == "BatchNormalization" for node in graph.graph.node)
        assert norms == (0 if is_folded else sum(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules()))
        names = {n: n for n, _ in [*model.named_parameters(), *model.named_buffers()]}
        if is_folded: model, names = folded(model, graph.graph)
        for one in graph.graph.initializer:
            if one.name in names.values() and one.data_type == onnx.TensorProto.FLOAT: one.ClearField("raw_data")
        for node in graph.graph.node: node.ClearField("doc_string")
        del graph.graph.value_info[:]
        for seed in range(40):
            x = torch.from_numpy(hashed(f"{case}/{seed}", math.prod(shape)).reshape(shape) * np.float32(2))
            exact = shaken(model, x, y, 0, 0)
            moved = max(relative(shaken(model, x, y, draw), exact) for draw in (1, 2, 3, 4))
            if moved < SMOOTH: break
            print(f"{case}: inputs {seed} moved by {moved:.1e}")
        else: raise SystemExit(f"{case}: every input lies near a kink")
        l32, _, g32 = steps(copy.deepcopy(model), x, y, optimizer, rate)
        l64, logits, g64 = steps(copy.deepcopy(model).double(), x.double(), y, optimizer, rate)
        error, follows = relative(g32, g64), max(abs(a - b) / abs(b) for a, b in zip(l32, l64))
        of32, of64 = ({names[n]: summary(names[n], g) for n, g in gs.items()} for gs in (g32, g64))
        golden = {"seed": seed, "inputShape": shape, "targets": y.tolist(), "batchNorm": mode, "optimizer": optimizer, "learningRate": rate,
                  "losses": l64, "logits": logits.flatten().tolist(),
                  "gradients": {n: [float(f"{v:.9g}") for v in numbers] for n, numbers in of64.items()}}
        with open(os.path.join(HERE, case + ".onnx.gz"), "wb") as out: out.write(gzip.compress(graph.SerializeToString(), 9, mtime=0))
        with open(os.path.join(HERE, case + ".json"), "w") as out: json.dump(golden, out)
        print(f"{case}: PyTorch's own float32 is off by {error:.1e} in all gradients, {worst(of32, of64):.1e} in the worst, "
              f"{follows:.1e} in the losses {[round(l, 4) for l in l64]}, shaken by {moved:.1e}")


main()
