"""Makes averages.json beside it with PyTorch 2.13: python make_averages.py

A convolution, a batch normalisation and a linear layer, whose weights, inputs and targets come from a
hash of their names (`hashed` in ../../autodiff/golden_numbers.ts computes it as well), trained in float64
by SGD with momentum on seven weighed examples in batches of two: plainly, with the gradients of two
batches a step, and with averages of the weights from torch.optim.swa_utils.
"""
import copy, json, os
import numpy as np, torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

HERE = os.path.dirname(os.path.abspath(__file__))
EPOCHS = 4
WEIGHTS = torch.tensor([1, 2, 0.5, 1, 3, 1, 0.25], dtype=torch.float64)


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


def numbers(name, *dims):
    return torch.from_numpy(hashed(name, int(np.prod(dims))).reshape(dims)).double()


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 1, bias=False)
        self.bn = torch.nn.BatchNorm2d(4)
        self.fc = torch.nn.Linear(16, 2)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).flatten(1))


def network():
    net = Net().double()
    with torch.no_grad():
        for name in ("conv.weight", "fc.weight", "fc.bias"):
            parameter = net.get_parameter(name)
            parameter.copy_(numbers(name, *parameter.shape))
    return net


X, Y = numbers("x", 7, 3, 2, 2) * 2 + 1, numbers("y", 7, 2)
BATCHES = [slice(at, min(at + 2, 7)) for at in range(0, 7, 2)]


def state(net):
    return {name: [float(f"{v:.9g}") for v in value.flatten().tolist()]
            for name, value in net.state_dict().items() if value.is_floating_point()}


def train(accumulate=1, after_step=None, after_epoch=None):
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(EPOCHS):
        for first in range(0, len(BATCHES), accumulate):
            group = BATCHES[first:first + accumulate]
            losses = sum((WEIGHTS[b] * ((net(X[b]) - Y[b]) ** 2).mean(1)).sum() for b in group)
            optimizer.zero_grad()
            (losses / sum(WEIGHTS[b].sum() for b in group)).backward()
            optimizer.step()
            if after_step: after_step(net)
        if after_epoch: after_epoch(net, epoch + 1)
    return net


def ema(decay):
    def warm(average, now, n):
        share = min(decay, (2 + int(n)) / (11 + int(n))) if n is not None else decay
        return average * share + now * (1 - share)
    return warm


def averaged(make, **hooks):
    """The averaged network; `make` makes its AveragedModel."""
    average = make(network())
    train(**{name: lambda net, *at, hook=hook: hook(average, net, *at) for name, hook in hooks.items()})
    return average.module


def update(average, net, *_):
    average.update_parameters(net)


def swa():
    average = AveragedModel(network())
    train(after_epoch=lambda net, epoch: average.update_parameters(net) if epoch > 2 else None)
    torch.optim.swa_utils.update_bn([X[b] for b in BATCHES], average)
    return average.module


made = {
    "by": f"make_averages.py, PyTorch {torch.__version__}",
    "weights": WEIGHTS.tolist(),
    "plain": state(train()),
    "accumulated": state(train(accumulate=2)),
    "ema": state(averaged(lambda net: AveragedModel(
        net, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True), after_step=update)),
    "gentle": state(averaged(lambda net: AveragedModel(
        net, avg_fn=ema(0.5), use_buffers=True), after_step=update)),
    "swa": state(swa()),
}
with open(os.path.join(HERE, "averages.json"), "w") as file:
    json.dump(made, file, indent=1)
