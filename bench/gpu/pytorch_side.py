"""PyTorch's side of gpu.ts: python pytorch_side.py JSON prints {"value": number}.

JSON is a job as in job.ts, with "variant": "float32", "tf32", "channels_last" (with TF32) or "compile" (with TF32 and
channels-last). The batch goes from pinned memory to the card in each step, as Graft's goes from the host's.
"""
import json
import sys
import time

import torch
import torchvision
from torch.nn.functional import cross_entropy


def median(values):
    return sorted(values)[len(values) // 2]


def settle(device):
    if device == "cuda":
        torch.cuda.synchronize()


def prepared(job):
    device, variant = job["device"], job["variant"]
    tf32 = variant != "float32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    layout = torch.channels_last if variant in ("channels_last", "compile") else torch.contiguous_format
    model = getattr(torchvision.models, job["network"])().to(device).to(memory_format=layout)
    x = torch.randn(job["batchSize"], 3, job["sizePx"], job["sizePx"]).to(memory_format=layout)
    y = torch.arange(job["batchSize"]) % 10
    if device == "cuda":
        x, y = x.pin_memory(), y.pin_memory()
    return model, x, y


def compiled(job, module):
    return torch.compile(module) if job["variant"] == "compile" else module


def step_ms(job):
    device = job["device"]
    model, x, y = prepared(job)
    run = compiled(job, model.train())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        start = time.perf_counter()
        inputs, targets = x.to(device, non_blocking=True), y.to(device, non_blocking=True)
        optimizer.zero_grad()
        loss = cross_entropy(run(inputs), targets)
        loss.backward()
        optimizer.step()
        loss.item()
        settle(device)
        return 1000 * (time.perf_counter() - start)

    return median([step() for _ in range(4 + job["steps"])][4:])


def per_second(job):
    device = job["device"]
    model, x, _ = prepared(job)
    last = "classifier" if job["network"].startswith("mobilenet") else "fc"
    setattr(model, last, torch.nn.Identity())
    run = compiled(job, model.eval())

    def extract(batches):
        start = time.perf_counter()
        with torch.no_grad():
            torch.cat([run(x.to(device, non_blocking=True)).cpu() for _ in range(batches)])
        settle(device)
        return time.perf_counter() - start

    extract(4)
    batches = 10 * job["steps"]
    return batches * job["batchSize"] / extract(batches)


if __name__ == "__main__":
    job = json.loads(sys.argv[1])
    print(json.dumps({"value": step_ms(job) if job["what"] == "step" else per_second(job)}))
