"""Makes transforms.json: what torchvision (on PIL) makes of small pictures, RGB bytes in base64.

    python tests/data/golden/make_transforms.py > tests/data/golden/transforms.json
"""

import base64
import json
import math

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F


def waves(width, height, least=28, most=228):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    wave = np.sin(x / 5 + c) * np.cos(y / 7 - c)
    return Image.fromarray(np.floor((least + most) / 2 + (most - least) / 2 * wave).astype(np.uint8))


def text(image):
    return base64.b64encode(np.asarray(image.convert("RGB")).tobytes()).decode()


WIDTH, HEIGHT = 20, 16
picture = waves(WIDTH, HEIGHT)
MODES = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR}
FILL = [10, 20, 30]
cases = []


def case(what, args, image):
    cases.append({"what": what, "args": args, "data": text(image)})


for degrees, mode in [(30, "nearest"), (30, "bilinear"), (-17.5, "bilinear"), (90, "nearest"), (180, "nearest"), (135, "nearest")]:
    case("rotate", [degrees, mode], F.rotate(picture, degrees, MODES[mode], fill=FILL))
for x, y, mode in [(10, 0, "nearest"), (-15, 20, "bilinear"), (0, -25, "nearest")]:
    moved = F.affine(picture, 0.0, [0, 0], 1.0, [float(x), float(y)], MODES[mode], FILL)
    case("shear", [x, y, mode], moved)
corners = [[2, 1], [17, 3], [18, 14], [4, 12]]
edges = [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]
for mode in MODES:
    case("perspective", [corners, mode], F.perspective(picture, edges, corners, MODES[mode], FILL))
for kernel, sigma in [(5, 1.3), (13, 0.7), (3, 2.0), (19, 2.0)]:
    case("gaussianBlur", [kernel, sigma], F.gaussian_blur(picture, [kernel, kernel], [sigma, sigma]))
for factor in [0.0, 0.3, 2.0, 3.7]:
    case("sharpen", [factor], F.adjust_sharpness(picture, factor))
case("invert", [], F.invert(picture))
case("equalize", [], F.equalize(picture))
case("autocontrast", [], F.autocontrast(picture))
case("grayscale", [], F.rgb_to_grayscale(picture, 3))
case("verticalFlip", [], F.vertical_flip(picture))
for threshold in [0, 100.5, 128, 255]:
    case("solarize", [threshold], F.solarize(picture, threshold))
for bits in [1, 3, 8]:
    case("posterize", [bits], F.posterize(picture, bits))

policy = v2.RandAugment(fill=FILL)
for name, amounts in {
    "ShearX": [0.21, -0.3], "ShearY": [0.09], "TranslateX": [5.7, -4.2], "TranslateY": [3.1], "Rotate": [-27.0],
    "Brightness": [0.4, -0.7], "Color": [0.5, -0.9], "Contrast": [-0.45, 0.9], "Sharpness": [0.8, -0.6],
    "Posterize": [4], "Solarize": [0.6], "AutoContrast": [0], "Equalize": [0], "Invert": [0], "Identity": [0],
}.items():
    for amount in amounts:
        fill = policy._fill
        case("operation", [name[0].lower() + name[1:], amount],
             policy._apply_image_or_video_transform(picture, name, amount, InterpolationMode.NEAREST, fill))

spaces = {
    "randAugment": (v2.RandAugment._AUGMENTATION_SPACE, 31, [0, 9, 17, 30]),
    "trivialAugment": (v2.TrivialAugmentWide._AUGMENTATION_SPACE, 31, [0, 9, 17, 30]),
    "autoAugment": (v2.AutoAugment._AUGMENTATION_SPACE, 10, [0, 3, 9]),
    "augMix": (v2.AugMix._AUGMENTATION_SPACE, 10, [0, 1, 2, 9]),
}
magnitudes = {}
for name, (space, bins, wanted) in spaces.items():
    table = {}
    for operation, (values, signed) in space.items():
        amounts = values(bins, 240, 320)
        some = [0] * len(wanted) if amounts is None else [float(amounts[i]) for i in wanted]
        table[operation[0].lower() + operation[1:]] = {"signed": signed, "amounts": some}
    magnitudes[name] = {"bins": bins, "at": wanted, "operations": table}

policies = {}
for name in ["IMAGENET", "CIFAR10", "SVHN"]:
    made = v2.AutoAugment(getattr(v2.AutoAugmentPolicy, name))._policies
    policies[name.lower()] = [
        [[op[0].lower() + op[1:], p, 0 if m is None else m] for op, p, m in pair] for pair in made
    ]


class FixedMix(v2.AugMix):
    """Draws what the test draws."""

    def _sample_dirichlet(self, params):
        return torch.tensor([[0.4, 0.6]] if params.shape[-1] == 2 else [[0.2, 0.5, 0.3]])


torch.manual_seed(0)
mix = FixedMix(fill=FILL)
drawn = []
original = mix._apply_image_or_video_transform


def record(image, name, magnitude, **rest):
    drawn.append([name[0].lower() + name[1:], magnitude])
    return original(image, name, magnitude, **rest)


depths = []
mix._apply_image_or_video_transform = record
real_randint = torch.randint


def randint(*args, **rest):
    made = real_randint(*args, **rest)
    if args[:2] == (1, 4) or rest.get("low") == 1:
        depths.append(int(made))
    return made


torch.randint = randint
mixed = mix(picture)
torch.randint = real_randint

# torchvision runs AugMix on tensors, whose kernels fill and round otherwise: the same chains on PIL.
rest = list(drawn)
total = 0.4 * np.asarray(picture, dtype=np.float64)
for share, depth in zip([0.2, 0.5, 0.3], depths):
    changed = picture
    for _ in range(depth):
        changed = original(changed, *[f(v) for f, v in zip([lambda n: n[0].upper() + n[1:], float], rest.pop(0))],
                           InterpolationMode.BILINEAR, mix._fill)
    total += 0.6 * share * np.asarray(changed, dtype=np.float64)
by_formula = Image.fromarray(np.rint(total).astype(np.uint8))

print(json.dumps({
    "madeBy": f"tests/data/golden/make_transforms.py, torchvision {torchvision.__version__.split('+')[0]}, PIL {PIL.__version__}",
    "widthPx": WIDTH, "heightPx": HEIGHT, "fill": FILL,
    "picture": text(picture), "cases": cases, "magnitudes": magnitudes, "policies": policies,
    "augMix": {"depths": depths, "operations": drawn, "data": text(by_formula), "onTensors": text(mixed)},
}))
