"""Records what SANA-FE does where its shipped vectors say little: refractory neurons with a current that decays, reverse
thresholds, and every reset of the truenorth model. Run with the package sanafe 2.2.9: python make.py"""

import json
import random
import re
import tempfile
from importlib.resources import files

import sanafe

MODES = ["none", "hard", "soft", "saturate"]
INPUTS = 4


def architecture(model):
    """Its Loihi description, made small, with another model for the soma."""
    text = (files("sanafe") / "examples" / "loihi.yaml").read_text()
    text = re.sub(r"loihi_tile\[0\.\.31\]", "loihi_tile[0..1]", text)
    text = re.sub(r"width: 8\n    height: 4", "width: 2\n    height: 1", text)
    text = re.sub(r"loihi_inputs\[0\.\.1023\]", f"loihi_inputs[0..{INPUTS - 1}]", text)
    text = text.replace("model: leaky_integrate_fire", f"model: {model}")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return sanafe.load_arch(file.name)


def simulate(model, trains, neurons, weights, steps):
    arch = architecture(model)
    net = sanafe.Network()
    inputs = net.create_neuron_group("in", len(trains))
    group = net.create_neuron_group("n", len(neurons))
    for i, train in enumerate(trains):
        spikes = {"spikes": [bool(one) for one in train]}
        inputs[i].set_attributes(soma_hw_name=f"loihi_inputs[{i}]", log_spikes=True, model_attributes=spikes)
        inputs[i].map_to_core(arch.tiles[0].cores[0])
    for n, attributes in enumerate(neurons):
        group[n].set_attributes(
            soma_hw_name="loihi_lif", log_spikes=True, log_potential=True, model_attributes=attributes
        )
        group[n].map_to_core(arch.tiles[1].cores[0])
    for i, row in enumerate(weights):
        for n, weight in enumerate(row):
            if weight is not None:
                inputs[i].connect_to_neuron(group[n], {"weight": weight})
    chip = sanafe.SpikingChip(arch)
    chip.load(net)
    return chip.sim(steps, timing_model="simple", spike_trace=True, potential_trace=True, perf_trace=True)


def document(name, title, model, trains, neurons, weights, steps):
    result = simulate(model, trains, neurons, weights, steps)
    fired = {}
    for step, row in enumerate(result["spike_trace"]):
        for address in row:
            fired.setdefault(str(address), []).append(step + 1)
    perf = result["perf_trace"]
    per_step = {
        "synapticEvents": perf["spikes"],
        "neuronsUpdated": perf["updated"],
        "neuronsFired": perf["fired"],
    }
    edges = [
        {"from": f"in.{i}", "to": f"n.{n}", "weight": weight}
        for i, row in enumerate(weights)
        for n, weight in enumerate(row)
        if weight is not None
    ]
    return {
        "name": name,
        "title": title,
        "producedWith": "sanafe 2.2.9",
        "architecture": {"somaModel": model},
        "network": {
            "groups": [
                {"name": "in", "kind": "input", "neurons": [{"spikes": train} for train in trains]},
                {"name": "n", "kind": "neuron", "neurons": neurons},
            ],
            "edges": edges,
        },
        "timesteps": steps,
        "expected": {
            "totals": {key: sum(values) for key, values in per_step.items()},
            "perTimestep": per_step,
            "spikeTimesteps": fired,
            "potentials": {
                "neurons": [f"n.{n}" for n in range(len(neurons))],
                "rows": result["potential_trace"],
            },
        },
    }


def trains(dice, steps, density):
    return [[int(dice.random() < density) for _ in range(steps)] for _ in range(INPUTS)]


def weights(dice, neurons, unit, most):
    def weight():
        return None if dice.random() < 0.2 else dice.randint(-most // 2, most) * unit

    return [[weight() for _ in range(neurons)] for _ in range(INPUTS)]


def lif(dice, decays):
    return {
        "threshold": dice.randint(0, 8) * 0.25,
        "reset": dice.choice([0.0, 0.25, -0.5]),
        "reset_mode": dice.choice(MODES),
        "leak_decay": dice.choice([1.0, 0.75, 0.5]),
        "input_decay": dice.choice(decays),
        "bias": dice.choice([0.0, 0.0, 0.25, -0.25]),
        "refractory_delay": dice.randint(0, 5),
        "reverse_threshold": dice.choice([0.0, -0.25, -1.0]),
        "reverse_reset": dice.choice([0.0, -0.25, 0.5]),
        "reverse_reset_mode": dice.choice(MODES),
    }


def truenorth(dice):
    return {
        "threshold": float(dice.randint(0, 8)),
        "reset": float(dice.randint(-2, 2)),
        "reset_mode": dice.choice(MODES),
        "leak": float(dice.randint(-2, 3)),
        "leak_towards_zero": dice.choice([True, False]),
        "bias": float(dice.choice([0, 0, 1, -1])),
        "reverse_threshold": float(dice.randint(-6, 2)),
        "reverse_reset": float(dice.randint(-3, 3)),
        "reverse_reset_mode": dice.choice(MODES),
    }


def main():
    cases = [
        # A current of quarters gains a bit per step: 16 steps stay within 20 bits, decays of two bits for 9 steps.
        ("refractory", "Refractory neurons whose current decays by half", 16, 64, [0.0, 0.5]),
        ("input-decay", "Refractory neurons whose current decays in quarters", 9, 64, [0.25, 0.75]),
    ]
    for name, title, steps, count, decays in cases:
        dice = random.Random(name)
        neurons = [lif(dice, decays) for _ in range(count)]
        own = weights(dice, count, 0.25, 8)
        write(document(name, title, "leaky_integrate_fire", trains(dice, steps, 0.4), neurons, own, steps))
    dice = random.Random("truenorth")
    neurons = [truenorth(dice) for _ in range(96)]
    own = weights(dice, 96, 1.0, 5)
    title = "All resets of the truenorth model on both sides, leaks in both directions, biases"
    write(document("truenorth-modes", title, "truenorth", trains(dice, 24, 0.4), neurons, own, 24))


def write(result):
    with open(f"{result['name']}.json", "w") as file:
        json.dump(result, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
