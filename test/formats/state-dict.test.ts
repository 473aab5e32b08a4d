import { describe, expect, it } from "vitest";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { loadStateDict, readStateDict, type StateDict } from "../../src/formats/state-dict.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import * as snn from "../../src/index.ts";
import type { Network, PopulationNode } from "../../src/network/types.ts";
import { excess, onEveryBackend, populationOf, raster, record, stimulus } from "../reference/support.ts";
import { golden, mistakeOf } from "../support.ts";

/** As the recorded network, with other parameters. */
const untrained = (): Network =>
  snn.sequential(
    snn.input([6]),
    snn.linear(6, 5),
    snn.leaky({ beta: 0.5 }),
    snn.linear(5, 5, { bias: false }),
    snn.rLeaky({ beta: 0.5, linearFeatures: 5 }),
    snn.linear(5, 4),
    snn.synaptic({ alpha: 0.5, beta: 0.5 }),
    snn.rLeaky({ beta: 0.5, allToAll: false }),
    snn.named("fc5", snn.linear(4, 3)),
    snn.alpha({ alpha: 0.9, beta: 0.5 }),
    snn.lapicque({ beta: 0.5 }),
  );
const state = readStateDict(golden("state-dict/state-dict.npz"));
const populations = ["lif1", "lif2", "lif3", "lif4", "lif5", "lif6"];

/** The state dict with some entries changed; null takes one away. */
const changed = (changes: Readonly<Record<string, snn.Tensor | null>>): StateDict => {
  const copy = new Map(state);
  for (const [name, tensor] of Object.entries(changes)) {
    if (tensor === null) copy.delete(name);
    else copy.set(name, tensor);
  }
  return copy;
};
const mistakesOf = (changes: Readonly<Record<string, snn.Tensor | null>>): readonly (readonly string[])[] => {
  const error = mistakeOf(() => loadStateDict(untrained(), changed(changes)));
  const all = error?.code === "STATE_MISTAKES" ? error.issues : error === undefined ? [] : [error];
  return all.map(({ code, message, hint }) => [code, message, hint]);
};
const zeros = (...shape: readonly number[]): snn.Tensor => ({ shape, data: new Float32Array(snn.sizeOf(shape)) });
const lif = (from: Network): PopulationNode => from.nodes.find(({ name }) => name === "lif1") as PopulationNode;

onEveryBackend((backend) => {
  it("a network with snnTorch's state dict does what the same network does in snnTorch", async () => {
    const run = parseNpz(golden("state-dict/state-dict-run.npz"));
    const network = loadStateDict(untrained(), golden("state-dict/state-dict.npz"));
    const { network: discrete } = snn.discretize(network, snn.defaultTime);
    const probes = populations.map((population) => ({ population, register: "membrane" }));
    const frames = stimulus(run.get("input")!.data as Float32Array, 2, 30, [6]);
    const recording = await record(discrete, { input: frames }, { backend, probes });
    for (const name of populations) {
      const { spikes, neurons, traces } = populationOf(recording, name);
      expect(raster(spikes, neurons)).toEqual(run.get(`spikes.${name}`)!.data);
      const recorded = run.get(`membrane.${name}`)!.data as Float32Array;
      expect(excess(traces.get("membrane") as Float32Array, recorded, 1e-5, 1e-5)).toBeLessThanOrEqual(0);
    }
  });
});

describe("loadStateDict", () => {
  it("reads the same from safetensors", () => {
    const tensors = [...state].map(([name, { shape, data }]) => {
      const isWhole = name.endsWith("reset_mechanism_val");
      const tensor = isWhole
        ? { dtype: "I64" as const, shape, data: BigInt64Array.from([...data].map(BigInt)) }
        : { dtype: "F32" as const, shape, data: Float32Array.from(data) };
      return [name, tensor] as const;
    });
    const bytes = encodeSafetensors({ tensors: new Map(tensors), metadata: {} });
    expect(loadStateDict(untrained(), bytes)).toEqual(loadStateDict(untrained(), state));
  });

  it("leaves the network that it is given as it is", () => {
    const network = untrained();
    loadStateDict(network, state);
    expect(network).toEqual(untrained());
  });

  it("keeps what the constructor said where the state dict has weights and biases only", () => {
    const weights = new Map([...state].filter(([name]) => /\.(weight|bias)$/.test(name)));
    const network = loadStateDict(untrained(), weights);
    expect(lif(network)).toEqual(lif(untrained()));
    expect(network.nodes.find(({ name }) => name === "fc1")).toMatchObject({ weight: state.get("fc1.weight") });
  });

  it("names what is missing and what is left over, and what one may be in the other", () => {
    expect(mistakesOf({ "fc1.weight": null, "fc1.wieght": zeros(5, 6) })).toEqual([
      [
        "STATE_MISSING",
        "The network needs fc1.weight, which the state dict does not have.",
        "Is fc1.weight what is called fc1.wieght on the other side?",
      ],
      [
        "STATE_SURPLUS",
        "The state dict has fc1.wieght, which nothing in the network takes.",
        "Is fc1.wieght what is called fc1.weight on the other side?",
      ],
    ]);
  });

  it("tells all mistakes at once", () => {
    const codes = mistakesOf({
      "fc1.bias": null,
      "fc3.weight": zeros(5, 4),
      "lif1.beta": zeros(4),
      "lif3.threshold": { shape: [], data: Float32Array.of(NaN) },
      "lif6.reset_mechanism_val": { shape: [], data: Float32Array.of(3) },
      "head.bias": zeros(2),
    }).map(([code]) => code);
    expect(codes.toSorted()).toEqual([
      "NETWORK_PARAMETER_VALUE",
      "NEURON_RESET",
      "STATE_MISSING",
      "STATE_SHAPE",
      "STATE_SHAPE",
      "STATE_SURPLUS",
    ]);
  });

  it("says both shapes of what does not fit", () => {
    expect(mistakesOf({ "lif1.beta": zeros(4) })[0]?.[1]).toBe(
      "lif1.beta has the shape [4]; the network takes one value or [5].",
    );
  });

  it("refuses a bias that the layer was made without", () => {
    expect(mistakesOf({ "fc2.bias": zeros(5) })[0]?.[0]).toBe("STATE_SURPLUS");
  });

  it("refuses time constants of an Alpha neuron in the wrong order", () => {
    const falling = { shape: [], data: Float32Array.of(0.9) };
    expect(mistakesOf({ "lif5.beta": falling })[0]?.[0]).toBe("NEURON_ALPHA");
  });

  it("refuses a file of another kind", () => {
    const bytes = new TextEncoder().encode("not an archive");
    expect(mistakeOf(() => loadStateDict(untrained(), bytes))?.code).toBe("FILE_KIND");
  });
});
