"""Lava's LIF written for Brian 2, whose doubles hold these integers exactly, as C++ that runs alone: see layer.py."""

import shutil
import tempfile

import brian2 as b
import numpy as np

from layer import serve

# How often a run of the compiled program takes all timesteps; its length is compiled in.
repeats = 10

update = """
current = sign(current) * floor(abs(current) * (4095 - current_decay) / 4096) + input * 64
membrane = clip(sign(membrane) * floor(abs(membrane) * (4096 - membrane_decay) / 4096) + current, -8388607, 8388607)
input = 0
"""


class Brian2:
    package = "Brian2"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]):
        steps, (inputs, neurons) = len(spikes), weights.shape
        self.folder = tempfile.mkdtemp(prefix="bitspike-brian2-")
        b.set_device("cpp_standalone", build_on_run=False, directory=self.folder)
        b.defaultclock.dt = 1 * b.ms
        step, source = np.nonzero(np.tile(spikes, (repeats, 1)))
        generator = b.SpikeGeneratorGroup(inputs, source, step * b.ms)
        group = b.NeuronGroup(
            neurons,
            "current : 1\nmembrane : 1\ninput : 1",
            threshold="membrane > threshold * 64",
            reset="membrane = 0",
            namespace=parameters,
        )
        group.run_regularly(update, when="groups")
        # Spikes arrive in the timestep of their sources, before the neurons are updated.
        synapses = b.Synapses(generator, group, "w : 1", on_pre="input_post += w")
        synapses.pre.when = "before_groups"
        generator.when = "start"
        synapses.connect()
        synapses.w = weights.flatten()
        monitor = b.SpikeMonitor(group)
        self.network = b.Network(generator, group, synapses, monitor)
        self.network.run(repeats * steps * b.ms)
        b.device.build(directory=self.folder, compile=True, run=True, debug=False)
        rows = np.zeros((repeats * steps, neurons), dtype=np.uint8)
        rows[np.round(np.array(monitor.t / b.ms)).astype(int), np.array(monitor.i)] = 1
        self.spikes = rows[:steps]

    def prepare(self, times: int) -> None:
        pass

    def run(self, times: int) -> float:
        """Of the loop over timesteps alone, without the start of the process."""
        b.device.run(self.folder, with_output=False, run_args=[])
        return float(b.device._last_run_time) / repeats * times

    def close(self) -> None:
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    serve("brian2", Brian2)
