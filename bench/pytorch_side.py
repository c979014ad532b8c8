"""PyTorch's side of side_by_side.ts: python pytorch_side.py ROW PICTURES prints the numbers of one run as JSON.

Two threads, float32. Where the memory layout matters, the better of contiguous and channels-last is taken.
"""
import json
import subprocess
import sys
import time

import torch
import torchvision
from torch.nn.functional import cross_entropy

THREADS = 2
LAYOUTS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class Digits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.Conv2d(32, 64, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Dropout(0.25), torch.nn.Flatten(), torch.nn.Linear(9216, 128), torch.nn.ReLU(), torch.nn.Dropout(0.5),
            torch.nn.Linear(128, 10))

    def forward(self, x):
        return self.layers(x)


def efficientnet():
    return torchvision.models.efficientnet_b0(stochastic_depth_prob=0)  # Graft's has none


STEPS = {  # network, shape of a batch, steps that are timed
    "resnet18-step": (torchvision.models.resnet18, (16, 3, 224, 224), 5),
    "resnet50-step": (torchvision.models.resnet50, (8, 3, 224, 224), 5),
    "vgg11-step": (torchvision.models.vgg11_bn, (8, 3, 224, 224), 5),
    "mobilenetv2-step": (torchvision.models.mobilenet_v2, (16, 3, 224, 224), 5),
    "efficientnet-step": (efficientnet, (16, 3, 224, 224), 5),
    "mnist-step": (Digits, (64, 1, 28, 28), 25),
}


def median(values):
    return sorted(values)[len(values) // 2]


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.01, momentum=0.9)


def training_step(make, shape, steps, layout):
    model = make().train().to(memory_format=layout)
    x, y = torch.randn(shape).to(memory_format=layout), torch.arange(shape[0]) % 10
    optimizer = momentum(model.parameters())

    def step():
        optimizer.zero_grad()
        cross_entropy(model(x), y).backward()
        optimizer.step()

    return median([1000 * seconds(step) for _ in range(2 + steps)][2:])


def step_row(name, layouts):
    return {"value": min(training_step(*STEPS[name], LAYOUTS[layout]) for layout in layouts)}


def better_layout(work):
    """The layout in which `work(layout)` takes less time, after a run to warm up."""
    return min(LAYOUTS.values(), key=lambda layout: (work(layout), seconds(lambda: work(layout)))[1])


def frozen_resnet():
    model = torchvision.models.resnet18().eval().requires_grad_(False)
    tail = torch.nn.Sequential(model.layer4, model.avgpool, torch.nn.Flatten(), model.fc)
    frozen = torch.nn.Sequential(model.conv1, model.bn1, model.relu, model.maxpool, model.layer1, model.layer2, model.layer3)
    return frozen, tail


def pooled_resnet():
    model = torchvision.models.resnet18().eval().requires_grad_(False)
    model.fc = torch.nn.Identity()
    return model


def last_stage_row(pictures=500, batch=16):
    x, y = torch.randn(batch, 3, 224, 224), torch.arange(batch) % 10

    def train(layout, count):
        frozen, tail = (part.to(memory_format=layout) for part in frozen_resnet())
        tail.train().requires_grad_(True)
        optimizer, inputs = momentum(tail.parameters()), x.to(memory_format=layout)
        for start in range(0, count, batch):
            size = min(batch, count - start)
            with torch.no_grad():
                features = frozen(inputs[:size])
            optimizer.zero_grad()
            cross_entropy(tail(features), y[:size]).backward()
            optimizer.step()

    layout = better_layout(lambda layout: train(layout, 2 * batch))
    return {"value": seconds(lambda: train(layout, pictures))}


def loader(folder, shuffle):
    from torchvision import transforms
    prepare = transforms.Compose([
        transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    dataset = torchvision.datasets.ImageFolder(folder, prepare)
    return torch.utils.data.DataLoader(dataset, 32, shuffle=shuffle, num_workers=2, persistent_workers=True)


def pooled_layout(model):
    def forward(layout):
        with torch.no_grad():
            model.to(memory_format=layout)(torch.randn(32, 3, 224, 224).to(memory_format=layout))

    return better_layout(forward)


def head_only_row(folder, epochs=10):
    backbone = pooled_resnet()
    layout = pooled_layout(backbone)
    backbone.to(memory_format=layout)

    def features_of(x):
        with torch.no_grad():
            return backbone(x.to(memory_format=layout))

    def learn(head, optimizer, features, y):
        optimizer.zero_grad()
        cross_entropy(head(features), y).backward()
        optimizer.step()

    def usual():
        batches, head = loader(folder, True), torch.nn.Linear(512, 2)
        optimizer = momentum(head.parameters())
        for _ in range(epochs):
            for x, y in batches:
                learn(head, optimizer, features_of(x), y)

    def once():
        head = torch.nn.Linear(512, 2)
        optimizer = momentum(head.parameters())
        parts = [(features_of(x), y) for x, y in loader(folder, False)]
        features, targets = torch.cat([part for part, _ in parts]), torch.cat([y for _, y in parts])
        for _ in range(epochs):
            for rows in torch.randperm(len(targets)).split(32):
                learn(head, optimizer, features[rows], targets[rows])

    return {"usual": seconds(usual), "once": seconds(once)}


def adamw_row(steps=30):
    def update(**options):
        parameters = list(torchvision.models.resnet18().parameters())
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter) / 1000
        optimizer = torch.optim.AdamW(parameters, **options)
        return median([1000 * seconds(optimizer.step) for _ in range(3 + steps)][3:])

    return {"fused": update(fused=True), "default": update()}


def features_row(folder):
    model = pooled_resnet()
    layout = pooled_layout(model)
    model.to(memory_format=layout)
    counts = []

    def extract():
        with torch.no_grad():
            parts = [model(x.to(memory_format=layout)) for x, _ in loader(folder, False)]
        counts.append(len(torch.cat(parts)))

    return {"value": 1000 * seconds(extract) / counts.pop()}


def peak_mebibytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def memory_row():
    """A process for each layout, this script again."""
    peaks = [subprocess.check_output([sys.executable, __file__, "peak", layout]) for layout in LAYOUTS]
    return min((json.loads(peak) for peak in peaks), key=lambda numbers: numbers["value"])


def peak_row(layout):
    step_row("resnet18-step", [layout])
    return {"value": peak_mebibytes()}


def measure(row, argument):
    if row in STEPS:
        return step_row(row, LAYOUTS)
    others = {
        "last-stage-epoch": last_stage_row, "adamw": adamw_row, "memory": memory_row,
        "head-only": lambda: head_only_row(argument), "features": lambda: features_row(argument), "peak": lambda: peak_row(argument)}
    return others[row]()


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    print(json.dumps(measure(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")))
