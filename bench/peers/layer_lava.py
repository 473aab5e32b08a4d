"""Lava's fixed-point Dense and LIF on its own runtime, as its users run them: see layer.py."""

import dataclasses

import numpy as np

from layer import serve

find_field = dataclasses._get_field


def find_lava_field(kind, name, *rest):
    """This release has defaults of fields without a hash, which dataclasses refuse since Python 3.11."""
    default = type(getattr(kind, name, None))
    if default.__hash__ is None and default.__module__.startswith("lava."):
        default.__hash__ = object.__hash__
    return find_field(kind, name, *rest)


dataclasses._get_field = find_lava_field

from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.proc.dense.process import Dense  # noqa: E402
from lava.proc.io.sink import RingBuffer as Sink  # noqa: E402
from lava.proc.io.source import RingBuffer as Source  # noqa: E402
from lava.proc.lif.process import LIF  # noqa: E402


class Lava:
    package = "lava-nc"

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]):
        self.steps = len(spikes)
        self.settings = Loihi2SimCfg(select_tag="fixed_pt")
        lif = self.build(weights, spikes, parameters)
        sink = Sink(shape=lif.s_out.shape, buffer=self.steps)
        lif.s_out.connect(sink.a_in)
        lif.run(condition=RunSteps(num_steps=self.steps), run_cfg=self.settings)
        self.spikes = sink.data.get().T
        lif.stop()
        # Nothing is recorded while it is timed.
        self.lif = self.build(weights, spikes, parameters)
        self.run(1)

    @staticmethod
    def build(weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, int]) -> LIF:
        source = Source(data=spikes.T.astype(np.int64))
        dense = Dense(weights=weights.T.astype(np.int64))
        lif = LIF(
            shape=(weights.shape[1],),
            du=parameters["current_decay"],
            dv=parameters["membrane_decay"],
            vth=parameters["threshold"],
            bias_mant=0,
        )
        source.s_out.connect(dense.s_in)
        dense.a_out.connect(lif.a_in)
        return lif

    def prepare(self, times: int) -> None:
        pass

    def run(self, times: int) -> None:
        """The source begins anew when it has sent everything."""
        self.lif.run(condition=RunSteps(num_steps=times * self.steps), run_cfg=self.settings)

    def close(self) -> None:
        self.lif.stop()


if __name__ == "__main__":
    serve("lava", Lava)
