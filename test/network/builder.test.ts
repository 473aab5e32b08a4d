import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as snn from "../../src/index.ts";
import type { DenseNode, Network, PopulationNode } from "../../src/network/types.ts";
import { populationOf, record, stimulus } from "../reference/support.ts";
import { codeOf, mistakeOf } from "../support.ts";

const names = (network: Network): string[] => network.nodes.map(({ name }) => name);
const edges = (network: Network): string[] => network.edges.map(({ from, to }) => `${from} -> ${to}`).toSorted();
const dense = (network: Network, name: string): DenseNode =>
  network.nodes.find((node): node is DenseNode => node.name === name && node.kind === "dense")!;
const lif = snn.leaky({ beta: 0.5 });
const weights = (seed: number, name: string): ArrayLike<number> =>
  dense(snn.sequential(snn.input([30]), snn.named(name, snn.linear(30, 40, { seed })), lif), name).weight.data;

describe("sequential", () => {
  it("writes down the 784-1000-10 network in six lines", () => {
    const network = snn.sequential(
      snn.input([784]),
      snn.linear(784, 1000),
      snn.leaky({ beta: 0.99 }),
      snn.linear(1000, 10),
      snn.leaky({ beta: 0.99 }),
    );
    expect(names(network)).toEqual(["input", "fc1", "lif1", "fc2", "lif2", "output"]);
    expect(dense(network, "fc1").weight.shape).toEqual([1000, 784]);
    expect((network.nodes[2] as PopulationNode).beta).toEqual(new Float64Array(1000).fill(0.99));
  });

  it("makes the network that the same nodes and edges make", () => {
    const weight = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const built = snn.sequential(snn.input([2]), snn.linear(weight), snn.lapicque({ beta: 0.9 }));
    const flat = snn.sequential(
      snn.input([2]),
      snn.linear(Float32Array.of(1, 2, 3, 4, 5, 6), [0, 0, 0]),
      snn.lapicque({ beta: 0.9 }),
    );
    const given = dense(built, "fc1").weight;
    expect(given).toEqual({ shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(dense(flat, "fc1").weight).toEqual(given);
    expect(dense(built, "fc1").bias).toBeNull();
  });

  it("draws the same weights for the same seed and name, and others for another", () => {
    expect(weights(1, "a")).toEqual(weights(1, "a"));
    expect(weights(1, "a")).not.toEqual(weights(2, "a"));
    expect(weights(1, "a")).not.toEqual(weights(1, "b"));
  });

  it("draws weights between the ends that PyTorch has, evenly", () => {
    const { weight, bias } = dense(snn.sequential(snn.input([100]), snn.linear(100, 200), lif), "fc1");
    const values = [...weight.data, ...bias!];
    expect(Math.max(...values)).toBeLessThan(0.1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.1);
    // The standard deviation of an even spread is its half width by root 3; that of 20,200 draws is within 2 %.
    const spread = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    expect(Math.abs(spread * Math.sqrt(3) - 0.1)).toBeLessThan(0.002);
  });

  it("takes convolutions, pools and flattening as PyTorch's sizes say", () => {
    const network = snn.sequential(
      snn.input([1, 28, 28]),
      snn.conv2d(1, 12, 5),
      snn.sumPool2d(2),
      lif,
      snn.conv2d(12, 32, [5, 5], { padding: "same", groups: 4, bias: false }),
      snn.avgPool2d(2, { stride: 3 }),
      lif,
      snn.flatten(),
      snn.linear(32 * 4 * 4, 10),
      lif,
    );
    expect(network.nodes.map(({ outputShape }) => outputShape.join("x"))).toEqual([
      "1x28x28",
      "12x24x24",
      "12x12x12",
      "12x12x12",
      "32x12x12",
      "32x4x4",
      "32x4x4",
      "512",
      "10",
      "10",
      "10",
    ]);
  });

  it("takes any other node by `layer`", () => {
    const one = { shape: [], data: Float32Array.of(1) };
    const network = snn.sequential(snn.input([3]), snn.layer({ kind: "threshold", threshold: one }), lif);
    expect(names(network)).toEqual(["input", "threshold1", "lif1", "output"]);
  });

  it("gives names inside a named chain the chain's name in front", () => {
    const block = snn.chain(snn.linear(2, 2), lif);
    const network = snn.sequential(snn.input([2]), snn.named("a", block), snn.named("b", block), snn.named("c", lif));
    expect(names(network)).toEqual(["input", "a.fc1", "a.lif1", "b.fc1", "b.lif1", "c", "output"]);
  });

  it("lets an output in the middle show a layer", () => {
    const network = snn.sequential(snn.input([2]), snn.linear(2, 2), lif, snn.output(), snn.linear(2, 3), lif);
    expect(edges(network)).toEqual([
      "fc1 -> lif1",
      "fc2 -> lif2",
      "input -> fc1",
      "lif1 -> fc2",
      "lif1 -> output",
      "lif2 -> output2",
    ]);
  });
});

describe("branches and loops", () => {
  it("sum branches, each with what arrives or with an input of its own", () => {
    const network = snn.sequential(
      snn.sum(
        snn.chain(snn.named("left", snn.input([2])), snn.linear(2, 4)),
        snn.chain(snn.named("right", snn.input([3])), snn.linear(3, 4)),
      ),
      lif,
      snn.sum(snn.chain(snn.linear(4, 4), lif), snn.chain()),
      lif,
    );
    expect(edges(network)).toEqual([
      "fc1 -> lif1",
      "fc2 -> lif1",
      "fc3 -> lif2",
      "left -> fc1",
      "lif1 -> fc3",
      "lif1 -> lif3",
      "lif2 -> lif3",
      "lif3 -> output",
      "right -> fc2",
    ]);
  });

  it("count a value twice where two branches hand it on", async () => {
    const network = snn.sequential(
      snn.input([1]),
      snn.sum(snn.chain(), snn.chain()),
      snn.leaky({ beta: 0, threshold: 9 }),
    );
    const { network: discrete } = snn.discretize(network, snn.defaultTime);
    const probes = [{ population: "lif1", register: "membrane" }];
    const recording = await record(discrete, { input: stimulus(Float32Array.of(1, 3), 1, 2, [1]) }, { probes });
    expect(populationOf(recording, "lif1").traces.get("membrane")).toEqual(Float32Array.of(2, 6));
  });

  it("count a value twice that two loops bring back", () => {
    const twice = snn.loop(snn.loop(lif, snn.chain()), snn.chain());
    expect(edges(snn.sequential(snn.input([1]), twice))).toEqual([
      "input -> lif1",
      "lif1 -> lif1",
      "lif1 -> output",
      "lif1 -> way1",
      "way1 -> lif1",
    ]);
  });

  it("bring back what leaves, and a loop is what a recurrent layer is", () => {
    const weight = [0.1, 0.2, 0.3, 0.4];
    const looped = snn.sequential(
      snn.input([2]),
      snn.loop(
        snn.synaptic({ alpha: 0.9, beta: 0.5 }),
        snn.named("lif1.recurrent", snn.linear(2, 2, { weight, bias: false })),
      ),
    );
    const tensor = { shape: [2, 2], data: Float32Array.from(weight) };
    const layer = snn.sequential(
      snn.input([2]),
      snn.rSynaptic({ alpha: 0.9, beta: 0.5, linearFeatures: 2, weight: tensor }),
    );
    expect(looped).toEqual(layer);
    expect(layer.edges.filter(({ delayed }) => delayed)).toHaveLength(1);
  });

  it("draw recurrent weights where none are given, with a bias as snnTorch has it", () => {
    const network = snn.sequential(
      snn.input([5]),
      snn.rSynaptic({ alpha: 0.9, beta: 0.8, linearFeatures: 5, seed: 3 }),
    );
    const { weight, bias } = dense(network, "lif1.recurrent");
    expect([weight.shape, bias?.length]).toEqual([[5, 5], 5]);
  });

  it("are networks whatever way parts are nested", () => {
    const part: fc.Arbitrary<snn.Part> = fc.letrec<{ part: snn.Part }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 4 },
        fc.constant(lif),
        fc.constant(snn.linear(2, 2)),
        fc.array(tie("part"), { maxLength: 3 }).map((parts) => snn.chain(...parts)),
        fc.array(tie("part"), { minLength: 1, maxLength: 3 }).map((parts) => snn.sum(...parts)),
        tie("part").map((forward) => snn.loop(snn.chain(forward, lif), snn.linear(2, 2))),
      ),
    })).part;
    fc.assert(
      fc.property(part, (inner) => {
        expect(codeOf(() => snn.sequential(snn.input([2]), inner, lif))).toBe("no error");
      }),
    );
  });
});

describe("a mistake in a builder is told by its code", () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["BUILDER_INPUT", () => snn.sequential(snn.input([2]), lif, snn.input([2]))],
    ["NETWORK_NO_INPUT", () => snn.sequential(lif)],
    ["NETWORK_SHAPE_MISMATCH", () => snn.sequential(snn.input([3]), snn.linear(2, 2), lif)],
    ["NETWORK_SHAPE_INVALID", () => snn.sequential(snn.input([3]), snn.linear(3, -1), lif)],
    ["NETWORK_SHAPE_INVALID", () => snn.sequential(snn.input([3]), snn.linear(3, 2 ** 30), lif)],
    ["NETWORK_PARAMETER_SHAPE", () => snn.sequential(snn.input([2]), snn.linear([[1, 2], [3]]), lif)],
    ["NETWORK_PARAMETER_SHAPE", () => snn.sequential(snn.input([2]), snn.linear(2, 2, { weight: [1, 2, 3] }), lif)],
    ["NETWORK_PARAMETER_SHAPE", () => snn.sequential(snn.input([2]), snn.linear(2, 2, { bias: [1] }), lif)],
    ["NETWORK_NODE_DUPLICATE", () => snn.sequential(snn.input([2]), snn.named("a", lif), snn.named("a", lif))],
    ["NEURON_LAPICQUE", () => snn.sequential(snn.input([2]), snn.lapicque({ R: 5 }))],
    ["NEURON_ALPHA", () => snn.sequential(snn.input([2]), snn.alpha({ alpha: 0.5, beta: 0.6 }))],
    ["NEURON_RECURRENCE", () => snn.sequential(snn.input([2]), snn.rLeaky({ beta: 0.5 }))],
    ["NETWORK_STATELESS_CYCLE", () => snn.sequential(snn.input([2]), snn.loop(snn.linear(2, 2), snn.chain()), lif)],
  ];
  it.each(cases)("%s", (code, make) => {
    expect(mistakeOf(make)?.code).toBe(code);
  });
});
