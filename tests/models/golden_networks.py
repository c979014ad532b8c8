"""Writes golden/torchvision.json: names, shapes and outputs of torchvision's networks with weights that
follow a formula, which networks_like_torchvision_test.ts gives to Graft's.

    python tests/models/golden_networks.py
"""
import hashlib, json, os, warnings
warnings.filterwarnings("ignore")
import numpy, torch, torchvision
from torchvision import models

CASES = {  # size in pixels, what the network is told
    "alexnet": (224, {}), "densenet121": (64, {}), "efficientnet_b0": (64, {}),
    "googlenet": (64, {"aux_logits": False}), "inception_v3": (96, {"aux_logits": False}),
    "mobilenet_v2": (64, {}), "resnet18": (64, {}), "resnet50": (64, {}), "resnet101": (0, {}),
    "resnet152": (0, {}), "squeezenet1_0": (64, {}), "squeezenet1_1": (64, {}), "vgg11_bn": (0, {}),
}


def wave(name, count):
    """4093 numbers sin(phase + 12.9898·i) again and again, the phase by the name."""
    phase = sum(name.encode()) % 1000
    return numpy.resize(numpy.sin(phase + 12.9898 * numpy.arange(4093, dtype=numpy.float64)), count)


def value(name, shape):
    one = wave(name, int(numpy.prod(shape))).reshape(shape)
    if len(shape) > 1:
        return one * (2.0 / numpy.prod(shape[1:])) ** 0.5
    return 1 + 0.25 * one if name.endswith(("weight", "running_var")) else 0.1 * one


result = {}
for name, (size, options) in CASES.items():
    net = getattr(models, name)(num_classes=10, init_weights=False, **options) if name in (
        "googlenet", "inception_v3") else getattr(models, name)(num_classes=10, **options)
    state = {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}
    lines = sorted(f"{k} {','.join(map(str, v.shape))}" for k, v in state.items())
    result[name] = {
        "parameters": sum(p.numel() for p in net.parameters()),
        "shapes": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }
    if size == 0:
        continue
    net.load_state_dict({k: torch.tensor(value(k, v.shape), dtype=torch.float32) for k, v in state.items()}, strict=False)
    x = torch.tensor(wave("x", 2 * 3 * size * size).reshape(2, 3, size, size))
    with torch.no_grad():
        outputs = net.double().eval()(x)
    result[name] |= {"sizePx": size, "outputs": [float(f"{v:.9g}") for v in outputs.flatten().tolist()]}
made = f"tests/models/golden_networks.py, torchvision {torchvision.__version__}, torch {torch.__version__}, float64"
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "torchvision.json")
with open(path, "w") as file:
    json.dump({"made": made, "networks": result}, file, indent=1)
    file.write("\n")
