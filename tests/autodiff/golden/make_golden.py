"""Makes the golden files beside it with PyTorch 2.13 and torchvision: python make_golden.py

Each network is exported without its weights; weights, inputs and targets come from a hash of their
names and positions, which `networks_test.ts` computes as well, bit for bit. The expected numbers are
PyTorch's in float64: the loss, the logits, the losses of the following optimizer steps on the same
batch, and of each parameter's gradient the length and the products with two vectors of signs.
"""
import copy, gzip, io, json, math, os, warnings
import numpy as np, onnx, torch, torchvision
import torch.nn.functional as F

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
CASES = {
    # name: (size, batch, batch norm, optimizer, learning rate)
    "digit_cnn": (28, 6, "batch", "adamW", 1e-4),
    "squeezenet1_1": (64, 4, "batch", "sgd", 1e-3),
    "mobilenet_v2": (64, 8, "running", "adam", 1e-5),
    "mobilenet_v3_small": (64, 8, "batch", "adamW", 1e-4),
    "shufflenet_v2_x0_5": (64, 8, "batch", "adam", 1e-5),
    "efficientnet_b0": (64, 6, "batch", "sgd", 1e-4),
}
CLASSES = 7


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
    extra = {"aux_logits": False} if name == "googlenet" else {}
    return getattr(torchvision.models, name)(num_classes=CLASSES, **extra)


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


def main():
    for name, (size, batch, mode, optimizer, rate) in CASES.items():
        model = build(name)
        with torch.no_grad():
            for n, p in [*model.named_parameters(), *model.named_buffers()]:
                if p.is_floating_point(): p.copy_(torch.from_numpy(drawn(n, tuple(p.shape)).copy()))
        shape = (batch, 1 if name == "digit_cnn" else 3, size, size)
        x = torch.from_numpy(hashed("x", math.prod(shape)).reshape(shape) * np.float32(2))
        y = torch.arange(batch) * 3 % CLASSES
        model.train(mode == "batch")
        for m in model.modules():
            if "Dropout" in type(m).__name__ or "StochasticDepth" in type(m).__name__: m.p = 0.0; m.eval()
        file = io.BytesIO()
        torch.onnx.export(copy.deepcopy(model), (x,), file, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                          opset_version=17, input_names=["x"], output_names=["logits"], dynamo=False)
        graph = onnx.load_from_string(file.getvalue())
        known = {n for n, p in [*model.named_parameters(), *model.named_buffers()]}
        for one in graph.graph.initializer:
            if one.name in known and one.data_type == onnx.TensorProto.FLOAT: one.ClearField("raw_data")
        for node in graph.graph.node: node.ClearField("doc_string")
        del graph.graph.value_info[:]
        l32, _, g32 = steps(copy.deepcopy(model), x, y, optimizer, rate)
        l64, logits, g64 = steps(copy.deepcopy(model).double(), x.double(), y, optimizer, rate)
        error = math.sqrt(sum(((g32[n] - g64[n])**2).sum().item() for n in g64) / sum((g64[n]**2).sum().item() for n in g64))
        follows = max(abs(a - b) / abs(b) for a, b in zip(l32, l64))
        gradients = {}
        for n, g in g64.items():
            flat = g.flatten().numpy(); signs = [np.where(hashed(f"{n}/{i}", flat.size) < 0, -1.0, 1.0) for i in (0, 1)]
            gradients[n] = [float(f"{v:.9g}") for v in (np.linalg.norm(flat), *(flat @ s for s in signs))]
        golden = {"inputShape": shape, "targets": y.tolist(), "batchNorm": mode, "optimizer": optimizer, "learningRate": rate,
                  "losses": l64, "logits": logits.flatten().tolist(), "gradients": gradients}
        with open(os.path.join(HERE, name + ".onnx.gz"), "wb") as out: out.write(gzip.compress(graph.SerializeToString(), 9, mtime=0))
        with open(os.path.join(HERE, name + ".json"), "w") as out: json.dump(golden, out)
        print(f"{name}: PyTorch's own float32 is off by {error:.1e} in the gradients, {follows:.1e} in the losses {[round(l, 4) for l in l64]}")


main()
