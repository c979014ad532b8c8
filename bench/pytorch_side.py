"""PyTorch's side of side_by_side.ts: python pytorch_side.py ROW prints the milliseconds of one run."""
import sys, time
import torch, torchvision

torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else torch.get_num_threads())


class Digits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.Conv2d(32, 64, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Dropout(0.25), torch.nn.Flatten(), torch.nn.Linear(9216, 128), torch.nn.ReLU(), torch.nn.Dropout(0.5),
            torch.nn.Linear(128, 10))

    def forward(self, x): return self.layers(x)


ROWS = {
    "resnet18-step": (torchvision.models.resnet18, (16, 3, 224, 224)),
    "resnet50-step": (torchvision.models.resnet50, (8, 3, 224, 224)),
    "mnist-step": (Digits, (64, 1, 28, 28)),
}


def step_ms(make, shape, last, steps=4):
    model = make().train().to(memory_format=last); x = torch.randn(shape).to(memory_format=last); y = torch.arange(shape[0]) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9); times = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad(); torch.nn.functional.cross_entropy(model(x), y).backward(); optimizer.step()
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times[1:])[len(times[1:]) // 2]


row = ROWS[sys.argv[1]]
print(min(step_ms(*row, layout) for layout in (torch.contiguous_format, torch.channels_last)))
