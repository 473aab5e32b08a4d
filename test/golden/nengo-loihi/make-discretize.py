"""Writes discretize.json: blocks of random floats and the integers that nengo-loihi's discretization makes of them.

    pip install "numpy==1.26.4" "nengo-loihi==1.1.0" && python make-discretize.py > discretize.json
"""

import json
import warnings

import numpy as np

warnings.filterwarnings("ignore")

import nengo_loihi
from nengo_loihi.block import LoihiBlock, Synapse
from nengo_loihi.builder.discretize import discretize_block

random = np.random.RandomState(20240917)


def floats(values):
    return [float(value) for value in np.asarray(values, dtype=np.float32).ravel()]


def integers(values):
    return [int(value) for value in np.asarray(values).ravel()]


def pick(*values):
    return values[random.randint(len(values))]


def decay(none):
    return np.float32(none if random.rand() < 0.3 else 10 ** random.uniform(-2.5, 0))


def make(name):
    n = random.randint(1, 6)
    block = LoihiBlock(n)
    neurons = block.compartment
    decay_u, decay_v = decay(1), decay(0)
    neurons.decay_u[:] = decay_u
    neurons.decay_v[:] = decay_v
    neurons.scale_v = bool(decay_v > neurons.DECAY_SCALE_TH)
    neurons.vth[:] = 10 ** random.uniform(-2, 2, size=n)
    size = 10 ** random.uniform(-3, 2)
    if random.rand() < 0.6:
        neurons.bias[:] = random.normal(size=n) * size
    neurons.vmin = pick(0, -float(np.float32(neurons.vth.max() * random.uniform(0.1, 20))))
    sources = []
    for _ in range(pick(0, 1, 1, 1, 2, 2, 3)):
        axons = random.randint(1, 5)
        synapse = Synapse(axons)
        weights = random.normal(size=(axons, n)) * size * pick(1, 1, 0.3, 0.01, 2**-9)
        if random.rand() < 0.05:
            weights[:] = 0
        synapse.set_weights(weights.astype(np.float32))
        block.add_synapse(synapse)
        sources.append(axons)
    synapses = [[floats(w) for w in s.weights] for s in block.synapses]
    params = {
        "n": n,
        "decay_u": floats([decay_u])[0],
        "decay_v": floats([decay_v])[0],
        "vth": floats(neurons.vth),
        "bias": floats(neurons.bias),
        "vmin": float(neurons.vmin),
    }
    scale = discretize_block(block)
    return {
        "oracle": "nengo-loihi-discretize",
        "case": name,
        "params": params,
        "input": {"weights": synapses},
        "expected": {
            "v_scale": float(scale),
            "decay_u": integers(neurons.decay_u),
            "decay_v": integers(neurons.decay_v),
            "vth": integers(neurons.vth),
            "bias": integers(neurons.bias),
            "vmin": int(neurons.vmin),
            "weight_exp": [int(s.synapse_cfg.weight_exp) for s in block.synapses],
            "weights": [[integers(w) for w in s.weights] for s in block.synapses],
        },
    }


cases = []
while len(cases) < 150:
    try:
        cases.append(make(f"block {len(cases)}"))
    except Exception as error:  # blocks that cannot be discretized
        if not isinstance(error, (AssertionError, nengo_loihi.builder.discretize.BuildError)):
            raise
lines = ",\n".join(json.dumps(case) for case in cases)
print(f'{{"source": "nengo-loihi {nengo_loihi.__version__}, numpy {np.__version__}",\n"cases": [\n{lines}\n]}}')
