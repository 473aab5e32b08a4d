"""One dense layer in a peer's own integers, timed on request: what the sides of bench/layer-against-emulators.ts share.

    python -W ignore layer_PEER.py FOLDER

FOLDER has weights.npy [inputs][neurons], spikes.npy [steps][inputs] of 0 and 1, and parameters.json. Writes to FOLDER
PEER.npy [steps][neurons], how often each neuron fired, prints one line of JSON about itself, and then answers each
line {"run": n} with {"seconds": ..}, what n times all timesteps took.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Layer(Protocol):
    package: str
    spikes: np.ndarray

    def __init__(self, weights: np.ndarray, spikes: np.ndarray, parameters: dict[str, Any]): ...

    def prepare(self, times: int) -> None:
        """What is done before the clock starts, such as writing down the input."""

    def run(self, times: int) -> float | None:
        """Gives the seconds where the peer knows them better than its caller."""

    def close(self) -> None: ...


def serve(name: str, kind: type[Layer]) -> None:
    folder = Path(sys.argv[1])
    weights, spikes = np.load(folder / "weights.npy"), np.load(folder / "spikes.npy")
    layer = kind(weights, spikes, json.loads((folder / "parameters.json").read_text()))
    np.save(folder / f"{name}.npy", layer.spikes.astype(np.int32))
    print(json.dumps({"versions": {kind.package: version(kind.package)}}), flush=True)
    for line in sys.stdin:
        times = json.loads(line)["run"]
        layer.prepare(times)
        start = time.perf_counter()
        own = layer.run(times)
        seconds = time.perf_counter() - start if own is None else own
        print(json.dumps({"seconds": seconds}), flush=True)
    layer.close()
