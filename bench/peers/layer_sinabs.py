"""sinabs' integrate-and-fire layer as it runs a network made for DYNAP-CNN, integers carried in float32: see layer.py."""

import time

import numpy as np
import torch
from sinabs.activation import MembraneSubtract, MultiSpike, SingleExponential
from sinabs.layers import IAF

from layer import serve


class Sinabs:
    package = "sinabs"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]):
        self.input = torch.tensor(spikes[None], dtype=torch.float32)
        linear = torch.nn.Linear(*weights.shape, bias=False)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights.T))
        self.neurons = IAF(
            spike_threshold=parameters["threshold"],
            spike_fn=MultiSpike,
            reset_fn=MembraneSubtract(),
            surrogate_grad_fn=SingleExponential(),
            min_v_mem=float(parameters["lower_bound"]),
        )
        self.layers = torch.nn.Sequential(linear, self.neurons)
        self.spikes = self.forward().numpy()[0]
        torch.set_num_threads(min(range(1, torch.get_num_threads() + 1), key=self.fastest))

    def fastest(self, threads: int) -> float:
        """Seconds with so many threads, of the fastest of some rounds."""
        torch.set_num_threads(threads)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            self.forward()
            times.append(time.perf_counter() - start)
        return min(times)

    def forward(self) -> torch.Tensor:
        with torch.no_grad():
            self.neurons.reset_states()
            return self.layers(self.input)

    def prepare(self, times: int) -> None:
        pass

    def run(self, times: int) -> None:
        for _ in range(times):
            self.forward()

    def close(self) -> None:
        pass


if __name__ == "__main__":
    serve("sinabs", Sinabs)
