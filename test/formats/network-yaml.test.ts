import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNetworkYaml } from "../../src/formats/network-yaml.ts";
import { openNpz, writeNpz } from "../../src/formats/npz.ts";
import { BitspikeError, mistake } from "../../src/errors.ts";
import * as snn from "../../src/index.ts";
import type { Network } from "../../src/network/types.ts";

const archive = openNpz(
  writeNpz(
    new Map([
      ["w", { shape: [3, 2], dtype: "float32", data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      ["kernel", { shape: [2, 1, 3, 3], dtype: "int8", data: new Int8Array(18).fill(1) }],
      ["bad", { shape: [2], dtype: "float32", data: Float32Array.of(1, NaN) }],
    ]),
  ),
);
const read = async (text: string): Promise<Network> => (await readNetworkYaml(text, "net.yaml", () => archive)).network;

/** Every mistake as "line:column code field". */
async function mistakesOf(text: string): Promise<string[]> {
  try {
    await read(text);
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    expect(error.code).toBe("NETWORK_FILE");
    return error.issues.map(({ code, place }) => {
      expect(place.file).toBe("net.yaml");
      return `${place.line}:${place.column} ${code} ${place.field ?? ""}`;
    });
  }
  return [];
}

describe("a network file", () => {
  it("makes the network that the builder makes", async () => {
    const network = await read(`
arrays: weights.npz
nodes:
  input: { kind: input, shape: [2] }
  fc1: { kind: linear, weight: w, bias: [0.1, 0.2, 0.3] }
  lif1: { kind: leaky, beta: [0.9, 0.8, 0.7], threshold: 2, reset: zero, reset_delay: false, membrane: 0.5 }
  fc2: { kind: linear, weight: [[1, 2, 3]] }
  lif2: { kind: synaptic, alpha: 0.5, beta: 0.25, inhibition: true, current: 1 }
  lif3: { kind: lapicque, R: 5, C: 1e-3, time_step: 1e-3 }
  lif4: { kind: alpha, alpha: 0.9, beta: 0.8, inhibitory: -1 }
  output: { kind: output }
edges: [input -> fc1 -> lif1 -> fc2 -> lif2 -> lif3 -> lif4 -> output]
`);
    const built = snn.sequential(
      snn.input([2]),
      snn.linear({ shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, [0.1, 0.2, 0.3]),
      snn.leaky({ beta: [0.9, 0.8, 0.7], threshold: 2, reset: "zero", resetDelay: false, membrane: 0.5 }),
      snn.linear([[1, 2, 3]]),
      snn.synaptic({ alpha: 0.5, beta: 0.25, inhibition: true, current: 1 }),
      snn.lapicque({ R: 5, C: 1e-3, timeStep: 1e-3 }),
      snn.alpha({ alpha: 0.9, beta: 0.8, inhibitory: -1 }),
    );
    expect(network).toEqual(built);
  });

  it("has every kind of node", async () => {
    const network = await read(`
arrays: weights.npz
nodes:
  input: { kind: input, shape: [1, 8, 8] }
  c: { kind: conv2d, weight: kernel, padding: same }
  s: { kind: sumPool2d, kernel_size: 2 }
  a: { kind: avgPool2d, kernel_size: [2, 2], stride: 1 }
  f: { kind: flatten }
  g: { kind: scale, scale: 2 }
  i: { kind: I }
  if: { kind: IF, v_threshold: 1 }
  li: { kind: LI, tau: 0.01 }
  d: { kind: delay, delay: 1e-3 }
  t: { kind: threshold, threshold: 0.5 }
  lif: { kind: LIF, tau: 0.01, v_threshold: 1, v_reset: -1 }
  z: { kind: step_delay, steps: 3 }
  cl: { kind: CubaLI, tau_syn: 0.01, tau_mem: 0.02 }
  clif: { kind: CubaLIF, tau_syn: 0.01, tau_mem: 0.02, v_threshold: 1, w_in: 2 }
  flat: { kind: conv1d, weight: [[[1]]] }
  output: { kind: output, shape: 18 }
edges:
  - input -> c -> s -> a -> f -> g -> i -> if -> li -> d -> t -> lif -> z -> cl -> clif -> output
  - clif -> z
`).catch((error: unknown) => error as BitspikeError);
    // conv1d stands alone, so its shape is not known; everything else is sound.
    const codes = network instanceof BitspikeError ? network.issues.map(({ code, place }) => [code, place.node]) : [];
    expect(codes).toEqual([["NETWORK_SHAPE_UNKNOWN", "flat"]]);
  });
});

const frame = (node: string, edges = "[input -> a -> output]"): string =>
  `nodes:\n  input: { kind: input, shape: 2 }\n  a: ${node}\n  output: { kind: output }\nedges: ${edges}\n`;

describe("mistakes in a network file are told all at once, where they stand:", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["YAML", "nodes: {\n", ["2:1 NETWORK_FILE_YAML "]],
    ["no nodes, no edges", "arrays: x.npz\n", ["1:1 NETWORK_FILE_FIELD nodes", "1:1 NETWORK_FILE_FIELD edges"]],
    ["an unknown kind", frame("{ kind: LSTM }"), ["3:14 NETWORK_FILE_FIELD nodes.a.kind"]],
    ["a missing parameter", frame("{ kind: leaky }"), ["3:6 NETWORK_FILE_FIELD nodes.a.beta"]],
    ["an unknown key", frame("{ kind: leaky, beta: 1, tau: 2 }"), ["3:35 NETWORK_FILE_FIELD nodes.a.tau"]],
    ["an unknown reset", frame("{ kind: leaky, beta: 1, reset: hard }"), ["3:37 NETWORK_FILE_FIELD nodes.a.reset"]],
    [
      "several of them",
      frame("{ kind: leaky, beta: yes, reset: hard }", "input -> a"),
      ["3:39 NETWORK_FILE_FIELD nodes.a.reset", "5:8 NETWORK_FILE_FIELD edges"],
    ],
    [
      "lists of different lengths",
      frame("{ kind: linear, weight: [[1, 2], [3]] }"),
      ["3:30 NETWORK_FILE_FIELD nodes.a.weight"],
    ],
    ["an array without a file", frame("{ kind: linear, weight: w }"), ["3:30 NETWORK_FILE_FIELD nodes.a.weight"]],
    [
      "an array that is not there",
      `arrays: w.npz\n${frame("{ kind: linear, weight: W }")}`,
      ["4:30 NETWORK_FILE_FIELD nodes.a.weight"],
    ],
    [
      "a value that is no number",
      `arrays: w.npz\n${frame("{ kind: leaky, beta: bad }")}`,
      ["4:27 NETWORK_PARAMETER_VALUE nodes.a.beta"],
    ],
    ["an edge of one name", frame("{ kind: leaky, beta: 1 }", "[input]"), ["5:9 NETWORK_FILE_FIELD edges.0"]],
    [
      "an edge to nowhere",
      frame("{ kind: leaky, beta: 1 }", "\n  - input -> a -> output\n  - a -> b"),
      ["7:10 NETWORK_EDGE_NODE edges.1"],
    ],
    ["shapes that do not fit", frame("{ kind: linear, weight: [[1, 2, 3]] }"), ["3:6 NETWORK_SHAPE_MISMATCH nodes.a"]],
    ["constants that make no neuron", frame("{ kind: lapicque, R: 5 }"), ["3:6 NEURON_LAPICQUE nodes.a"]],
    [
      "constants in the wrong order",
      frame("{ kind: alpha, alpha: 0.5, beta: 0.6 }"),
      ["3:28 NEURON_ALPHA nodes.a.alpha"],
    ],
  ];
  it.each(cases)("%s", async (_, text, expected) => {
    expect(await mistakesOf(text)).toEqual(expected);
  });

  it("a file of arrays that cannot be read", async () => {
    const text = `arrays: gone.npz\n${frame("{ kind: linear, weight: w }")}`;
    const reading = readNetworkYaml(text, "net.yaml", () => {
      throw mistake("FILE_NOT_FOUND", { path: "gone.npz" });
    });
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect((error as BitspikeError).issues).toMatchObject([{ code: "FILE_NOT_FOUND", place: { line: 1, column: 9 } }]);
  });
});

it("a damaged network file is a mistake, never a crash", async () => {
  const sound = `arrays: weights.npz
nodes:
  input: { kind: input, shape: [2] }
  fc1: { kind: linear, weight: w, bias: [0.1, 0.2, 0.3] }
  lif1: { kind: lapicque, R: 5, C: [1, 2, 3], reset: zero }
  lif2: { kind: CubaLIF, tau_syn: 0.01, tau_mem: 0.02, v_threshold: 1 }
  output: { kind: output }
edges: [input -> fc1 -> lif1 -> lif2 -> output]
`;
  const piece = fc.constantFrom(
    "",
    " ",
    "[",
    "]",
    "{",
    "}",
    ":",
    "-",
    "->",
    "0",
    "-1",
    "1e9",
    "w",
    "kernel",
    "bad",
    "*a",
    "&a ",
    "null",
    "\n",
  );
  const change = fc.tuple(fc.nat(sound.length), fc.nat(12), piece);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const text = changes.reduce((all, [at, length, put]) => all.slice(0, at) + put + all.slice(at + length), sound);
      const outcome: unknown = await read(text).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(BitspikeError);
    }),
    { numRuns: 500 },
  );
});
