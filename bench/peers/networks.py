"""Fresh random networks, written by snnTorch's NIR exporter and run by snnTorch.

    python networks.py FOLDER FIRST_SEED SEEDS

writes to FOLDER for every network NAME.nir and NAME.npz, and index.json about all of them. The arrays of a NAME.npz are
`input` [batch][steps][shape] and, for each population, `spikes NAME`, `membrane NAME` and `before NAME` (the membrane
before a reset in the same step), [batch][steps][neurons].
"""

import contextlib
import io
import json
import logging
import platform
import sys
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import nir
import numpy as np
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from torch import nn

packages = ["torch", "snntorch", "nir", "nirtorch", "numpy", "h5py"]
firing = (snn.Leaky, snn.Synaptic, snn.RLeaky, snn.RSynaptic)
recurrent = (snn.RLeaky, snn.RSynaptic)


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


@dataclass
class Reset:
    """What a NIR file does not say about its neurons."""

    kind: str
    delay: bool


class Maker:
    """Random layers of one network."""

    def __init__(self, seed: int, reset: Reset):
        self.random = np.random.default_rng(seed)
        torch.manual_seed(seed)
        self.options = {"init_hidden": True, "reset_mechanism": reset.kind, "reset_delay": reset.delay}

    def size(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def between(self, low: float, high: float, shape: tuple[int, ...]) -> torch.Tensor:
        """One value per neuron: for scalars the exporter writes parameters without a shape."""
        return torch.tensor(self.random.uniform(low, high, shape), dtype=torch.float32)

    def dense(self, inputs: int, outputs: int) -> nn.Linear:
        layer = nn.Linear(inputs, outputs, bias=bool(self.random.integers(2)))
        with torch.no_grad():
            layer.weight *= 2
        return layer

    def conv(self, inputs: int, outputs: int) -> nn.Conv2d:
        stride, padding = self.size(1, 2), self.size(0, 2)
        layer = nn.Conv2d(inputs, outputs, self.size(2, 4), stride=stride, padding=padding)
        with torch.no_grad():
            layer.weight *= 2
        return layer

    def neurons(self, kind: type, *shape: int, **more) -> nn.Module:
        given = {"beta": self.between(0.5, 0.98, shape), "threshold": self.between(0.5, 1.5, shape)}
        if kind in (snn.Synaptic, snn.RSynaptic):
            given["alpha"] = self.between(0.3, 0.9, shape)
            given["threshold"] *= 2
        return kind(**given, **self.options, **more)

    def loop(self, kind: type, size: int) -> nn.Module:
        """All-to-all recurrence."""
        return self.neurons(kind, size, linear_features=size)

    def loops(self, kind: type, size: int) -> nn.Module:
        """Each neuron back to itself."""
        return self.neurons(kind, size, all_to_all=False, V=self.between(-0.8, 0.5, (size,)))


def feed_forward(kind: type):
    def make(maker: Maker) -> tuple[list[nn.Module], tuple[int, ...]]:
        sizes = [maker.size(1, 60), maker.size(20, 120), maker.size(10, 60), maker.size(1, 12)]
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [maker.dense(inputs, outputs), maker.neurons(kind, outputs)]
        return layers, (sizes[0],)

    return make


def looped(kind: type, form: str):
    def make(maker: Maker) -> tuple[list[nn.Module], tuple[int, ...]]:
        inputs, hidden, outputs = maker.size(5, 40), maker.size(10, 80), maker.size(2, 12)
        first = getattr(maker, form)(kind, hidden)
        return [maker.dense(inputs, hidden), first, maker.dense(hidden, outputs), maker.loops(kind, outputs)], (inputs,)

    return make


def mixed(maker: Maker) -> tuple[list[nn.Module], tuple[int, ...]]:
    inputs, a, b, outputs = maker.size(5, 40), maker.size(10, 60), maker.size(10, 60), maker.size(2, 12)
    layers = [maker.dense(inputs, a), maker.neurons(snn.Synaptic, a), maker.dense(a, b), maker.loop(snn.RLeaky, b)]
    return [*layers, maker.dense(b, outputs), maker.neurons(snn.Leaky, outputs)], (inputs,)


def picture(kind: type):
    """Convolutions; the pool before the neurons in one half of the cases, after them in the other."""

    def make(maker: Maker) -> tuple[list[nn.Module], tuple[int, ...]]:
        shape = (maker.size(1, 3), maker.size(20, 24), maker.size(20, 24))
        layers: list[nn.Module] = []

        def add(layer: nn.Module) -> None:
            layers.append(layer)

        def now() -> tuple[int, ...]:
            stateless = nn.Sequential(*(layer for layer in layers if not isinstance(layer, firing)))
            with torch.no_grad():
                return tuple(stateless(torch.zeros(1, *shape)).shape[1:])

        for index, channels in enumerate([maker.size(2, 8), maker.size(2, 8)]):
            add(maker.conv(now()[0] if layers else shape[0], channels))
            pool = nn.AvgPool2d((2, 2), (2, 2))
            if index == 0 and maker.random.integers(2):
                add(pool)
                add(maker.neurons(kind, *now()))
            elif index == 0:
                add(maker.neurons(kind, *now()))
                add(pool)
            else:
                add(maker.neurons(kind, *now()))
        add(nn.Flatten())
        add(maker.dense(now()[0], 10))
        add(maker.neurons(kind, 10))
        return layers, shape

    return make


kinds = {
    "leaky": feed_forward(snn.Leaky),
    "synaptic": feed_forward(snn.Synaptic),
    "rleaky-all": looped(snn.RLeaky, "loop"),
    "rleaky-one": looped(snn.RLeaky, "loops"),
    "rsynaptic-all": looped(snn.RSynaptic, "loop"),
    "rsynaptic-one": looped(snn.RSynaptic, "loops"),
    "mixed": mixed,
    "conv-leaky": picture(snn.Leaky),
    "conv-synaptic": picture(snn.Synaptic),
}


def reset_of(kind: str, seed: int) -> Reset:
    """Reset to zero in the same step is what NIR means; other readings have their turns with the seeds."""
    turns = [("zero", False), ("subtract", False), ("zero", True), ("subtract", True), ("none", False)]
    name, delay = turns[seed % len(turns)]
    # snnTorch 1.0 cannot reset an RSynaptic in the same step: its code for that does not run.
    return Reset(name, delay or kind.startswith("rsynaptic"))


def quietly(run):
    """What the exporter prints and warns about is about itself."""
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return run()


def export(net: nn.Sequential, shape: tuple[int, ...], file: Path) -> None:
    nir.write(file, quietly(lambda: export_to_nir(net, torch.zeros(1, *shape), ignore_dims=[0])))


def name_in_nir(index: int, layer: nn.Module) -> str:
    return f"{index}.lif" if isinstance(layer, recurrent) else str(index)


def classes(net: nn.Sequential) -> dict[str, str]:
    """snnTorch's name for each population, which the file does not say either."""
    return {name_in_nir(i, each): type(each).__name__ for i, each in enumerate(net) if isinstance(each, firing)}


@torch.no_grad()
def run(net: nn.Sequential, frames: torch.Tensor) -> dict[str, np.ndarray]:
    """Run [batch][steps][shape] step by step and record every population."""
    recorded: dict[str, list[torch.Tensor]] = {}
    populations = [(name_in_nir(i, layer), layer) for i, layer in enumerate(net) if isinstance(layer, firing)]

    def watch(name: str, layer: nn.Module) -> None:
        fire = layer.fire

        def recording_fire(membrane: torch.Tensor) -> torch.Tensor:
            recorded.setdefault(f"before {name}", []).append(membrane.clone())
            return fire(membrane)

        layer.fire = recording_fire

        def after(_module, _inputs, spikes: torch.Tensor) -> None:
            recorded.setdefault(f"spikes {name}", []).append(spikes.to(torch.uint8))
            recorded.setdefault(f"membrane {name}", []).append(layer.mem.clone())

        layer.register_forward_hook(after)

    for name, layer in populations:
        layer.reset_mem()
        watch(name, layer)
    for step in range(frames.shape[1]):
        net(frames[:, step])
    return {key: torch.stack(values, 1).flatten(2).numpy() for key, values in recorded.items()}


def main(folder: Path, first: int, seeds: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for seed in range(first, first + seeds):
        for number, (kind, make) in enumerate(kinds.items()):
            reset = reset_of(kind, seed)
            maker = Maker(seed * len(kinds) + number, reset)
            layers, shape = make(maker)
            net = nn.Sequential(*layers)
            name = f"{kind}-{seed}"
            export(net, shape, folder / f"{name}.nir")
            batch, steps = maker.size(1, 4), maker.size(20, 60)
            spikes = bool(maker.random.integers(2))
            drawn = maker.random.random((batch, steps, *shape))
            frames = torch.tensor(drawn < 0.4 if spikes else 2 * drawn - 0.5, dtype=torch.float32)
            arrays = run(net, frames)
            np.savez(folder / f"{name}.npz", input=frames.flatten(2).numpy(), **arrays)
            named = {"name": name, "kind": kind, "reset": reset.kind, "resetDelay": reset.delay}
            index.append(named | {"classes": classes(net)})
    (folder / "index.json").write_text(json.dumps({"versions": versions(), "networks": index}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
