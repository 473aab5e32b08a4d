"""snnTorch's side of bench/float-against-snntorch.ts: the tutorial's 784-1000-10 network, timed on request.

    python speed.py FOLDER SAMPLES CHECKED

writes to FOLDER net.nir, input.npz (`input` [SAMPLES][steps][784]) and expected.npz (what snnTorch records of the first
CHECKED samples, as in networks.py), prints one line of JSON about itself, and then answers each line of JSON
{"way": .., "batch": .., "threads": ..} with {"seconds": ..}. Two ways:

step   the tutorial's forward function: layer after layer in every timestep
layer  each linear layer for all timesteps at once, then its neurons step by step
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import snntorch as snn
import torch
from torch import nn

from networks import export, run, versions

steps, inputs, hidden, outputs, beta, activity = 200, 784, 1000, 10, 0.95, 0.1


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(inputs, hidden)
        self.lif1 = snn.Leaky(beta=beta)
        self.fc2 = nn.Linear(hidden, outputs)
        self.lif2 = snn.Leaky(beta=beta)
        # With torch's own weights hardly a neuron of the output fires.
        with torch.no_grad():
            for layer in (self.fc1, self.fc2):
                layer.weight *= 3

    def step(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mem1 = self.lif1.reset_mem()
        mem2 = self.lif2.reset_mem()
        spikes, membranes = [], []
        for t in range(steps):
            cur1 = self.fc1(x[t])
            spk1, mem1 = self.lif1(cur1, mem1)
            cur2 = self.fc2(spk1)
            spk2, mem2 = self.lif2(cur2, mem2)
            spikes.append(spk2)
            membranes.append(mem2)
        return torch.stack(spikes), torch.stack(membranes)

    def layer(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        spikes, _ = self.population(self.lif1, self.fc1(x))
        return self.population(self.lif2, self.fc2(spikes))

    def population(self, lif: nn.Module, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mem = lif.reset_mem()
        spikes, membranes = [], []
        for t in range(steps):
            spk, mem = lif(current[t], mem)
            spikes.append(spk)
            membranes.append(mem)
        return torch.stack(spikes), torch.stack(membranes)


def as_exported(net: Net) -> nn.Sequential:
    """The same network as the exporter wants it: hidden states, and one value of each parameter per neuron."""

    def leaky(size: int) -> nn.Module:
        return snn.Leaky(beta=torch.full((size,), beta), threshold=torch.ones(size), init_hidden=True)

    return nn.Sequential(net.fc1, leaky(hidden), net.fc2, leaky(outputs))


def main(folder: Path, samples: int, checked: int) -> None:
    torch.manual_seed(1)
    net = Net()
    # [samples][steps][inputs] for others, steps first for torch.
    frames = (torch.rand(samples, steps, inputs) < activity).float()
    np.savez(folder / "input.npz", input=frames.to(torch.uint8).numpy())
    exported = as_exported(net)
    export(exported, (inputs,), folder / "net.nir")
    np.savez(folder / "expected.npz", **run(exported, frames[:checked]))
    print(json.dumps({"versions": versions()}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        torch.set_num_threads(task["threads"])
        x = frames[: task["batch"]].transpose(0, 1).contiguous()
        with torch.no_grad():
            start = time.perf_counter()
            getattr(net, task["way"])(x)
            seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
