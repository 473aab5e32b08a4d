"""nengo-loihi's emulator, with integers put straight into a block: see layer.py."""

import numpy as np
from nengo_loihi.block import Axon, LoihiBlock, Synapse
from nengo_loihi.builder import Model
from nengo_loihi.inputs import SpikeInput
from nengo_loihi.emulator import EmulatorInterface

from layer import serve


class NengoLoihi:
    package = "nengo-loihi"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]):
        self.steps = len(spikes)
        self.events = [np.flatnonzero(row) for row in spikes]
        synapse = Synapse(len(weights))
        synapse.set_weights(np.zeros(weights.shape))
        # As a block has them once it is discretized.
        synapse.weights = [row[None, :].astype(np.int32) << 6 for row in weights]
        block = block_of(weights.shape[1], parameters)
        block.add_synapse(synapse)
        axon = Axon(len(weights))
        axon.target = synapse
        axon.set_compartment_axon_map(np.arange(len(weights)))
        self.source = SpikeInput(len(weights))
        self.source.add_axon(axon)
        model = Model()
        model.add_block(block)
        model.add_input(self.source)
        self.emulator = EmulatorInterface(model, seed=0)
        self.prepare(1)
        self.spikes = np.stack([self.step() for _ in range(self.steps)])

    def step(self) -> np.ndarray:
        self.emulator.step()
        return self.emulator.compartment.spiked.astype(np.uint8)

    def prepare(self, times: int) -> None:
        start = self.emulator.t + 1
        self.source.spikes.clear()
        for t in range(times * self.steps):
            self.source.add_spikes(start + t, self.events[t % self.steps])

    def run(self, times: int) -> None:
        self.emulator.run_steps(times * self.steps)

    def close(self) -> None:
        self.emulator.close()


def block_of(neurons: int, parameters: dict[str, int]) -> LoihiBlock:
    block = LoihiBlock(neurons)
    compartment = block.compartment
    values = {
        "decay_u": parameters["current_decay"],
        "decay_v": parameters["membrane_decay"],
        "vth": parameters["threshold"] << 6,
        "bias": 0,
        "refract_delay": 1,
    }
    for name, value in values.items():
        setattr(compartment, name, np.full(neurons, value, dtype=np.int32))
    compartment.vmin, compartment.vmax = -(2**23) + 1, 2**23 - 1
    compartment.scale_u = compartment.scale_v = False
    return block


if __name__ == "__main__":
    serve("nengo-loihi", NengoLoihi)
