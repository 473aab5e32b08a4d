"""The same layer in floats, as torch computes it whatever its input is: dense, for one sample or a batch: see layer.py."""

import time

import numpy as np
import torch

from layer import serve

beta = 0.9


class Dense:
    """A linear layer and leaky neurons with reset to zero, timestep by timestep."""

    package = "torch"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, float]):
        samples = int(parameters["samples"])
        self.threshold = float(parameters["threshold"])
        self.weights = torch.tensor(weights, dtype=torch.float32)
        # [steps][samples][inputs]
        self.input = torch.tensor(spikes, dtype=torch.float32)[:, None].repeat(1, samples, 1).contiguous()
        self.spikes = self.forward()[:, 0].numpy()
        torch.set_num_threads(min(range(1, torch.get_num_threads() + 1), key=self.fastest))

    def fastest(self, threads: int) -> float:
        """Seconds with so many threads, of the fastest of some rounds."""
        torch.set_num_threads(threads)
        times = []
        for _ in range(4):
            start = time.perf_counter()
            self.forward()
            times.append(time.perf_counter() - start)
        return min(times)

    def forward(self) -> torch.Tensor:
        membrane = torch.zeros(self.input.shape[1], self.weights.shape[1])
        fired = []
        with torch.no_grad():
            for x in self.input:
                membrane = torch.addmm(membrane, x, self.weights, beta=beta)
                spikes = membrane > self.threshold
                membrane = membrane.masked_fill(spikes, 0)
                fired.append(spikes)
        return torch.stack(fired)

    def prepare(self, times: int) -> None:
        pass

    def run(self, times: int) -> None:
        for _ in range(times):
            self.forward()

    def close(self) -> None:
        pass


if __name__ == "__main__":
    serve("torch", Dense)
