"""Fresh random networks, run by SynSense's xylosim, both versions of the core.

    python xylo.py FOLDER FIRST_SEED NETWORKS

writes FOLDER/xylo/xylosim.json in the form of test/golden/xylo, which `npm run conformance -- --vectors FOLDER` reads.
"""

import json
import random
import sys
from importlib.metadata import version
from pathlib import Path

import xylosim.v1
import xylosim.v2

simulators = {1: xylosim.v1, 2: xylosim.v2}


class Maker:
    """One random network. Every kind of it makes something rare common: saturation, many spikes, counts passed on."""

    kinds = ["plain", "saturating", "many spikes", "passing on", "shifts of 0"]

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.version = 1 + seed % 2
        self.kind = self.kinds[seed // 2 % len(self.kinds)]

    def numbers(self, count: int, low: int, high: int) -> list[int]:
        return [self.random.randint(low, high) for _ in range(count)]

    def weights(self, rows: int, columns: int) -> list[list[int]]:
        """Some connections are missing."""
        dense = [self.numbers(columns, -128, 127) for _ in range(rows)]
        return [[weight if self.random.random() < 0.7 else 0 for weight in row] for row in dense]

    def shifts(self, count: int) -> list[int]:
        return self.numbers(count, 0, 0 if self.kind == "shifts of 0" and self.random.random() < 0.5 else 6)

    def thresholds(self, count: int) -> list[int]:
        high = 40 if self.kind == "many spikes" else 32767 if self.kind == "saturating" else 1500
        return self.numbers(count, 1, high)

    def aliases(self, hidden: int) -> list[list[int]]:
        if self.kind != "passing on":
            return [[] for _ in range(hidden)]
        return [[self.random.randrange(hidden)] if self.random.random() < 0.6 else [] for _ in range(hidden)]

    def params(self) -> dict:
        hidden, outputs, synapses = self.random.randint(1, 24), self.random.randint(1, 8), self.random.randint(1, 2)
        low, high = (5, 8) if self.kind == "saturating" else (0, 4)
        biased = self.version == 2 and self.random.random() < 0.6
        return {
            "core_version": self.version,
            "n_in": self.random.randint(1, 16),
            "n_hidden": hidden,
            "n_out": outputs,
            "n_synapses": synapses,
            "has_bias": int(biased),
            "weight_shift_in": self.random.randint(low, high),
            "weight_shift_rec": self.random.randint(low, high),
            "weight_shift_out": self.random.randint(low, high),
            "dash_mem": self.shifts(hidden),
            "dash_syn": [self.shifts(hidden) for _ in range(synapses)],
            "threshold": self.thresholds(hidden),
            "bias": self.numbers(hidden, -400, 400),
            "aliases": self.aliases(hidden),
            "dash_mem_out": self.shifts(outputs),
            "dash_syn_out": self.shifts(outputs),
            "threshold_out": self.thresholds(outputs),
            "bias_out": self.numbers(outputs, -400, 400),
        }

    def network(self) -> tuple[dict, dict, list[list[int]]]:
        params = self.params()
        inputs, hidden, outputs = params["n_in"], params["n_hidden"], params["n_out"]
        weights = {
            "in": [self.weights(inputs, hidden) for _ in range(params["n_synapses"])],
            "rec": [self.weights(hidden, hidden) for _ in range(params["n_synapses"])],
            "out": self.weights(hidden, outputs),
        }
        steps = self.random.randint(20, 60)
        # More than 15 events of a channel are too many.
        counts = [[self.random.choice([0, 0, 0, 1, 2, 9, 15, 16, 40]) for _ in range(inputs)] for _ in range(steps)]
        return params, weights, counts


def synapses_of(simulator, matrices: list[list[list[int]]], kept: list) -> list[list]:
    """By source; the layer holds plain pointers, so that somebody has to keep them."""
    rows = [
        [
            simulator.XyloSynapse(target, synapse, weight)
            for synapse, matrix in enumerate(matrices)
            for target, weight in enumerate(matrix[source])
            if weight != 0
        ]
        for source in range(len(matrices[0]))
    ]
    kept.extend(rows)
    return rows


def run(params: dict, weights: dict, counts: list[list[int]]) -> dict:
    simulator = simulators[params["core_version"]]
    kept: list = []
    more = {}
    if params["core_version"] == 2:
        more = {"has_bias": params["has_bias"] == 1, "bias": params["bias"], "bias_out": params["bias_out"]}
    layer = simulator.XyloLayer(
        synapses_in=synapses_of(simulator, weights["in"], kept),
        synapses_rec=synapses_of(simulator, weights["rec"], kept),
        synapses_out=synapses_of(simulator, [weights["out"]], kept),
        aliases=params["aliases"],
        threshold=params["threshold"],
        threshold_out=params["threshold_out"],
        weight_shift_inp=params["weight_shift_in"],
        weight_shift_rec=params["weight_shift_rec"],
        weight_shift_out=params["weight_shift_out"],
        dash_mem=params["dash_mem"],
        dash_mem_out=params["dash_mem_out"],
        dash_syns=[list(shifts) for shifts in zip(*params["dash_syn"])],
        dash_syns_out=[[shift] for shift in params["dash_syn_out"]],
        name="layer",
        **more,
    )
    layer.evolve(counts)
    expected = {
        "hidden_i_syn": by_step(layer.rec_i_syn),
        "hidden_i_syn2": by_step(layer.rec_i_syn2),
        "hidden_v_mem": by_step(layer.rec_v_mem),
        "hidden_spikes": layer.rec_recurrent_spikes,
        "out_i_syn": by_step(layer.rec_i_syn_out),
        "out_v_mem": by_step(layer.rec_v_mem_out),
        "out_spikes": layer.rec_out_spikes,
    }
    if params["n_synapses"] == 1:
        del expected["hidden_i_syn2"]
    return expected


def by_step(recorded: list[list[int]]) -> list[list[int]]:
    """[neuron][step] as [step][neuron]."""
    return [list(row) for row in zip(*recorded)]


def case(seed: int) -> dict:
    maker = Maker(seed)
    params, weights, counts = maker.network()
    expected = run(params, weights, counts)
    name = f"version {maker.version}, {maker.kind}, seed {seed}"
    return {"case": name, "params": params, "weights": weights, "input": {"spike_counts": counts}, "expected": expected}


def main(folder: Path, first: int, networks: int) -> None:
    (folder / "xylo").mkdir()
    source = f"xylosim {version('xylosim')}"
    document = {"oracle": "xylosim", "source": source, "cases": [case(seed) for seed in range(first, first + networks)]}
    (folder / "xylo" / "xylosim.json").write_text(json.dumps(document))
    print(f"{source}, networks of the seeds {first} to {first + networks - 1}; --first-seed {first} makes them again.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
