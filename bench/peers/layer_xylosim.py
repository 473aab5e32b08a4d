"""The first version of Xylo's core in SynSense's C++ simulator: see layer.py."""

import numpy as np
from xylosim.v1 import XyloLayer, XyloSynapse

from layer import serve


class Xylosim:
    package = "xylosim"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]):
        neurons = weights.shape[1]
        self.input = spikes.tolist()
        # The layer holds plain pointers, so that somebody has to keep the synapses.
        self.synapses = [[XyloSynapse(j, 0, int(weight)) for j, weight in enumerate(row)] for row in weights]
        self.layer = XyloLayer(
            synapses_in=self.synapses,
            synapses_rec=[[] for _ in range(neurons)],
            synapses_out=[[] for _ in range(neurons)],
            aliases=[[] for _ in range(neurons)],
            threshold=[parameters["threshold"]] * neurons,
            threshold_out=[],
            weight_shift_inp=0,
            weight_shift_rec=0,
            weight_shift_out=0,
            dash_mem=[parameters["membrane_shift"]] * neurons,
            dash_mem_out=[],
            dash_syns=[[parameters["current_shift"]]] * neurons,
            dash_syns_out=[],
            name="layer",
        )
        self.run(1)
        self.spikes = np.array(self.layer.rec_recurrent_spikes)

    def prepare(self, times: int) -> None:
        pass

    def run(self, times: int) -> None:
        for _ in range(times):
            self.layer.reset_all()
            self.layer.evolve(self.input)

    def close(self) -> None:
        pass


if __name__ == "__main__":
    serve("xylosim", Xylosim)
