import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNetwork } from "../../src/network/create.ts";
import type { DraftConv, DraftEdge, DraftLeaf, DraftNeuron, DraftNode } from "../../src/network/draft.ts";
import type { NetworkNode, Shape, Tensor } from "../../src/network/types.ts";
import { codeOf, mistakeOf } from "../support.ts";

const tensor = (shape: Shape, value = 1): Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: new Float32Array(size).fill(value) };
};
const scalar = (value: number): Tensor => tensor([], value);
const input = (shape: Shape, name = "in"): DraftLeaf => ({ kind: "input", name, shape });
const output = (shape: Shape | null = null, name = "out"): DraftLeaf => ({ kind: "output", name, shape });
const dense = (name: string, out: number, width: number, bias: Tensor | null = null): DraftLeaf => ({
  kind: "dense",
  name,
  weight: tensor([out, width]),
  bias,
});
const neuron = (name: string, fields: Partial<DraftNeuron> = {}): DraftNeuron => ({
  kind: "neuron",
  name,
  type: "LIF",
  tauSyn: null,
  tauMem: scalar(0.01),
  r: scalar(1),
  wIn: null,
  vLeak: scalar(0),
  threshold: scalar(1),
  vReset: null,
  ...fields,
});
const conv = (fields: Partial<DraftConv> = {}): DraftConv => ({
  kind: "conv2d",
  name: "conv",
  weight: tensor([4, 2, 3, 3]),
  bias: null,
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
  inputSize: null,
  ...fields,
});
const block = (name: string, nodes: readonly DraftNode[], edges: readonly DraftEdge[]): DraftNode => ({
  kind: "graph",
  name,
  nodes,
  edges,
});
const chain = (...names: readonly string[]): readonly DraftEdge[] =>
  names.slice(1).map((name, index) => [names[index]!, name]);

/** Input, the nodes one behind the other, Output. */
const line = (shape: Shape, ...nodes: readonly DraftNode[]): ReturnType<typeof createNetwork> =>
  createNetwork([input(shape), ...nodes, output()], chain("in", ...nodes.map(({ name }) => name), "out"));
const nodeOf = (made: ReturnType<typeof createNetwork>, name: string): NetworkNode =>
  made.network.nodes.find((node) => node.name === name)!;
const codes = (made: ReturnType<typeof createNetwork>): readonly string[] => made.warnings.map(({ code }) => code);
const edgesOf = (made: ReturnType<typeof createNetwork>): readonly string[] =>
  made.network.edges.map(({ from, to, delayed }) => `${from} ${delayed ? "~" : "-"} ${to}`);

describe("shapes", () => {
  it("come from the Input and change in each layer", () => {
    const pool: DraftLeaf = { kind: "sumPool2d", name: "pool", kernel: 2, stride: 2, padding: 0 };
    const flatten: DraftLeaf = { kind: "flatten", name: "flat", startDim: 0, endDim: -1, inputShape: null };
    const made = line([2, 12, 13], conv(), neuron("lif"), pool, flatten, dense("fc", 5, 100));
    const shapes = made.network.nodes.map(({ name, outputShape }) => `${name} ${outputShape.join("x")}`);
    expect(shapes).toEqual(["in 2x12x13", "conv 4x10x11", "lif 4x10x11", "pool 4x5x5", "flat 100", "fc 5", "out 5"]);
  });

  it("of a window count how often it fits", () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.integer({ min: 1, max: 12 }),
          kernel: fc.integer({ min: 1, max: 5 }),
          stride: fc.integer({ min: 1, max: 4 }),
          padding: fc.integer({ min: 0, max: 3 }),
          dilation: fc.integer({ min: 1, max: 3 }),
        }),
        ({ size, kernel, stride, padding, dilation }) => {
          const starts: number[] = [];
          const reach = dilation * (kernel - 1);
          for (let start = -padding; start + reach < size + padding; start += stride) starts.push(start);
          const node = conv({ kind: "conv1d", weight: tensor([1, 1, kernel]), stride, padding, dilation });
          if (starts.length === 0) expect(codeOf(() => line([1, size], node))).toBe("NETWORK_KERNEL_SIZE");
          else expect(nodeOf(line([1, size], node), "conv").outputShape).toEqual([1, starts.length]);
        },
      ),
    );
  });

  it('stay with padding "same", and an odd zero goes behind', () => {
    const made = line([2, 6, 7], conv({ padding: "same", weight: tensor([4, 2, 4, 3]), dilation: [1, 2] }));
    expect(nodeOf(made, "conv")).toMatchObject({
      outputShape: [4, 6, 7],
      padding: [
        [1, 2],
        [2, 2],
      ],
    });
  });

  it("resolve in loops", () => {
    const made = createNetwork(
      [input([3]), neuron("lif"), dense("back", 3, 3), output()],
      [...chain("in", "lif", "out"), ...chain("lif", "back", "lif")],
    );
    expect(nodeOf(made, "lif").outputShape).toEqual([3]);
    expect(edgesOf(made)).toContain("lif ~ back");
  });

  it("of groups multiply the input channels", () => {
    const made = line([4, 5, 5], conv({ groups: 2 }));
    expect(nodeOf(made, "conv").outputShape).toEqual([4, 3, 3]);
  });

  it("of an Output may have leading ones more, which warns", () => {
    const made = createNetwork([input([1]), output([1, 1, 1])], chain("in", "out"));
    expect(codes(made)).toEqual(["NETWORK_OUTPUT_SHAPE"]);
    expect(nodeOf(made, "out").inputShape).toEqual([1]);
  });

  it.each<[string, Shape, DraftNode, string]>([
    ["a dense layer of another width", [3], dense("fc", 2, 4), "NETWORK_SHAPE_MISMATCH"],
    ["an image for a dense layer", [1, 4], dense("fc", 2, 4), "NETWORK_SHAPE_MISMATCH"],
    ["other channels for a convolution", [3, 5, 5], conv(), "NETWORK_INPUT_SHAPE"],
    ["a vector for a convolution", [2], conv(), "NETWORK_INPUT_SHAPE"],
    ["another size than a convolution declares", [2, 5, 5], conv({ inputSize: [6, 5] }), "NETWORK_SHAPE_MISMATCH"],
    [
      "a vector for a pool",
      [4],
      { kind: "avgPool2d", name: "p", kernel: 2, stride: 2, padding: 0 },
      "NETWORK_INPUT_SHAPE",
    ],
    ["a small image for a large kernel", [2, 2, 5], conv(), "NETWORK_KERNEL_SIZE"],
    [
      "a flattening beyond the axes",
      [4],
      { kind: "flatten", name: "f", startDim: 1, endDim: 2, inputShape: null },
      "NETWORK_FLATTEN",
    ],
    [
      "a flattening backwards",
      [4, 4],
      { kind: "flatten", name: "f", startDim: 1, endDim: 0, inputShape: null },
      "NETWORK_FLATTEN",
    ],
    ["no size at all", [0], neuron("lif"), "NETWORK_SHAPE_INVALID"],
    ["half a neuron", [1.5], neuron("lif"), "NETWORK_SHAPE_INVALID"],
    ["more values than any layer has", [2 ** 24, 2], neuron("lif"), "NETWORK_SHAPE_INVALID"],
  ])("that do not fit are refused: %s", (_, shape, node, code) => {
    expect(codeOf(() => line(shape, node))).toBe(code);
    const edges = chain("in", node.name, "out");
    expect(codeOf(() => createNetwork([node, output(), input(shape)], edges))).toBe(code);
  });

  it("that differ where edges meet are refused", () => {
    const nodes = [input([2], "a"), input([3], "b"), neuron("lif"), output()];
    const edges: readonly DraftEdge[] = [
      ["a", "lif"],
      ["b", "lif"],
      ["lif", "out"],
    ];
    expect(codeOf(() => createNetwork(nodes, edges))).toBe("NETWORK_SHAPE_MISMATCH");
  });

  it("that nothing tells are refused", () => {
    const pool: DraftLeaf = { kind: "sumPool2d", name: "pool", kernel: 2, stride: 2, padding: 0 };
    expect(codeOf(() => createNetwork([input([1]), output(), pool], chain("in", "out")))).toBe("NETWORK_SHAPE_UNKNOWN");
  });
});

describe("parameters", () => {
  it("of one value count for the whole layer and keep their precision", () => {
    const made = line([2, 2], neuron("lif", { tauMem: { shape: [], data: new Float64Array([0.1]) } }));
    const node = nodeOf(made, "lif");
    expect(node).toMatchObject({ tauMem: new Float64Array(4).fill(0.1), r: new Float32Array(4).fill(1) });
    expect(codes(made)).toEqual([]);
  });

  it("for one neuron in front of a larger layer warn", () => {
    const one = tensor([1]);
    const lif = neuron("lif", { tauMem: one, r: one, vLeak: one, threshold: one });
    expect(codes(line([3], lif))).toEqual(["NETWORK_PARAMETERS_SHARED"]);
    expect(codes(line([1], lif))).toEqual([]);
  });

  it("that are left out are a gain of 1 and a reset to 0", () => {
    const node = nodeOf(line([2], neuron("n", { type: "CubaLIF", tauSyn: scalar(0.1) })), "n");
    expect(node).toMatchObject({ wIn: Float32Array.of(1, 1), vReset: Float32Array.of(0, 0) });
  });

  it("that a type lacks are null", () => {
    const node = nodeOf(line([2], neuron("n", { type: "I", tauMem: null, vLeak: null, threshold: null })), "n");
    expect(node).toMatchObject({ tauSyn: null, tauMem: null, wIn: null, vLeak: null, threshold: null, vReset: null });
  });

  it.each<[string, Shape, DraftNode, string, string]>([
    [
      "weight of one axis",
      [6],
      { kind: "dense", name: "n", weight: tensor([6]), bias: null },
      "NETWORK_PARAMETER_SHAPE",
      "weight",
    ],
    ["bias of another length", [2], dense("n", 3, 2, tensor([2])), "NETWORK_PARAMETER_SHAPE", "bias"],
    [
      "two shapes in one layer",
      [3],
      neuron("n", { r: tensor([2]), vLeak: tensor([3]) }),
      "NETWORK_PARAMETER_SHAPE",
      "v_leak",
    ],
    [
      "fewer values than the shape says",
      [3],
      { kind: "scale", name: "n", scale: { shape: [3], data: new Float32Array(2) } },
      "NETWORK_PARAMETER_SHAPE",
      "scale",
    ],
    ["three strides", [2, 5, 5], conv({ stride: [1, 1, 1] }), "NETWORK_PARAMETER_SHAPE", "stride"],
    ["NaN", [2], dense("n", 3, 2, tensor([3], NaN)), "NETWORK_PARAMETER_VALUE", "bias"],
    ["infinity", [2], { kind: "scale", name: "n", scale: scalar(Infinity) }, "NETWORK_PARAMETER_VALUE", "scale"],
    ["no time constant", [2], neuron("n", { tauMem: scalar(0) }), "NETWORK_PARAMETER_VALUE", "tau"],
    [
      "negative time constant",
      [2],
      neuron("n", { type: "CubaLIF", tauSyn: scalar(-1) }),
      "NETWORK_PARAMETER_VALUE",
      "tau_syn",
    ],
    ["negative delay", [2], { kind: "delay", name: "n", delay: scalar(-1) }, "NETWORK_PARAMETER_VALUE", "delay"],
    [
      "part of a timestep",
      [2],
      { kind: "stepDelay", name: "n", steps: scalar(1.5) },
      "NETWORK_PARAMETER_VALUE",
      "steps",
    ],
    ["stride 0", [2, 5, 5], conv({ stride: 0 }), "NETWORK_PARAMETER_VALUE", "stride"],
    ["dilation 0", [2, 5, 5], conv({ dilation: [1, 0] }), "NETWORK_PARAMETER_VALUE", "dilation"],
    ["negative padding", [2, 5, 5], conv({ padding: -1 }), "NETWORK_PARAMETER_VALUE", "padding"],
    ["no groups", [2, 5, 5], conv({ groups: 0 }), "NETWORK_PARAMETER_VALUE", "groups"],
    ["groups that do not divide", [6, 5, 5], conv({ groups: 3 }), "NETWORK_GROUPS", "groups"],
    ["a padding nobody knows", [2, 5, 5], conv({ padding: "reflect" }), "NETWORK_PADDING", "padding"],
    [
      "padding same with a stride",
      [2, 5, 5],
      conv({ padding: "same", stride: 2 }),
      "NETWORK_PADDING_STRIDE",
      "padding",
    ],
    ["a missing threshold", [2], neuron("n", { threshold: null }), "NETWORK_PARAMETER_MISSING", "v_threshold"],
  ])("that make no sense are refused with their name: %s", (_, shape, node, code, field) => {
    const found = mistakeOf(() => line(shape, node));
    expect(found).toMatchObject({ code, place: { node: node.name, field } });
  });

  it("say where the wrong value is", () => {
    const weight = tensor([2, 3]);
    weight.data[4] = NaN;
    const found = mistakeOf(() => line([3], { kind: "dense", name: "n", weight, bias: null }));
    expect(found?.message).toBe("weight is NaN at [1, 1]; it takes finite numbers.");
  });

  it("that are wrong in several nodes are reported together", () => {
    const found = mistakeOf(() => line([2], dense("a", 2, 2, tensor([3])), dense("b", 2, 2, tensor([2], NaN))));
    expect(found?.code).toBe("NETWORK_MISTAKES");
    expect(found?.issues.map(({ code, place }) => `${place.node} ${code}`)).toEqual([
      "a NETWORK_PARAMETER_SHAPE",
      "b NETWORK_PARAMETER_VALUE",
    ]);
  });
});

describe("edges", () => {
  const nodes = [input([2]), dense("a", 2, 2), dense("b", 2, 2), neuron("lif"), output()];

  it.each<[string, readonly DraftNode[], readonly DraftEdge[], string]>([
    ["to a node that is missing", nodes, chain("in", "a", "ghost"), "NETWORK_EDGE_NODE"],
    ["into an Input", nodes, [...chain("in", "a", "out"), ["a", "in"]], "NETWORK_EDGE_INTO_INPUT"],
    ["out of an Output", nodes, [...chain("in", "a", "out"), ["out", "b"]], "NETWORK_EDGE_FROM_OUTPUT"],
    ["in a circle without state", nodes, [...chain("in", "a", "b", "out"), ["b", "a"]], "NETWORK_STATELESS_CYCLE"],
    ["from a stateless node to itself", nodes, [...chain("in", "a", "out"), ["a", "a"]], "NETWORK_STATELESS_CYCLE"],
    ["that do not reach the Output", nodes, chain("in", "a"), "NETWORK_OUTPUT_UNREACHABLE"],
    ["without an Input", nodes.slice(1), chain("a", "out"), "NETWORK_NO_INPUT"],
    ["without an Output", nodes.slice(0, -1), chain("in", "a"), "NETWORK_NO_OUTPUT"],
    ["between nodes of one name", [...nodes, neuron("a")], chain("in", "a", "out"), "NETWORK_NODE_DUPLICATE"],
  ])("are refused %s", (_, given, edges, code) => {
    expect(codeOf(() => createNetwork(given, edges))).toBe(code);
  });

  it("that name a missing node suggest one that exists", () => {
    const found = mistakeOf(() => createNetwork(nodes, chain("in", "lief", "out")));
    expect(found?.message).toBe("The network has no node lief, which its edges name: in -> lief, lief -> out.");
    expect(found?.hint).toMatch(/^Did you mean lif\?/);
  });

  it("of a loop without state are listed", () => {
    const found = mistakeOf(() => createNetwork(nodes, [...chain("in", "a", "b", "out"), ["b", "a"]]));
    expect(found?.message).toMatch(/^a -> b -> a is a loop/);
  });

  it("that are there twice count once and warn", () => {
    const made = createNetwork([input([2]), output()], [...chain("in", "out"), ...chain("in", "out")]);
    expect(made.network.edges).toHaveLength(1);
    expect(codes(made)).toEqual(["NETWORK_EDGE_DUPLICATE"]);
  });

  it("missing around a node warn", () => {
    const lone = neuron("lone", { r: tensor([3]) });
    const made = createNetwork(
      [input([2]), dense("dead", 2, 2), lone, output()],
      [...chain("in", "out"), ["in", "dead"]],
    );
    expect(codes(made)).toEqual(["NETWORK_NODE_UNUSED", "NETWORK_NODE_UNFED"]);
    expect(nodeOf(made, "lone").outputShape).toEqual([3]);
  });

  it("and nodes come in the order of execution, whatever order they were given in", () => {
    const given = [input([2]), dense("a", 2, 2), neuron("lif"), dense("back", 2, 2), dense("b", 2, 2), output()];
    const edges = [...chain("in", "a", "lif", "b", "out"), ...chain("lif", "back", "lif")];
    const made = createNetwork(given, edges.toReversed());
    expect(made.network.nodes.map(({ name }) => name)).toEqual(["in", "a", "back", "lif", "b", "out"]);
    expect(edgesOf(made)).toEqual(["in - a", "a - lif", "back - lif", "lif ~ back", "lif - b", "b - out"]);
  });
});

describe("a nested graph", () => {
  const lif = block("block", [input([2]), neuron("lif"), output([2])], chain("in", "lif", "out"));

  it("becomes flat; its Input and Output vanish", () => {
    const outer = block("outer", [input([2]), lif, output()], chain("in", "block", "out"));
    const made = line([2], outer);
    expect(edgesOf(made)).toEqual(["in - outer.block.lif", "outer.block.lif - out"]);
  });

  it("is checked at its Input and Output", () => {
    const found = mistakeOf(() => line([3], lif));
    expect(found).toMatchObject({ code: "NETWORK_SHAPE_MISMATCH", place: { node: "block.in" } });
  });

  it("may lie in a loop", () => {
    const made = createNetwork([input([2]), lif, output()], [...chain("in", "block", "out"), ["block", "block"]]);
    expect(edgesOf(made)).toContain("block.lif ~ block.lif");
  });

  it("that only hands on counts beside a direct edge", () => {
    const wire = block("wire", [input([2]), output([2])], chain("in", "out"));
    const made = createNetwork([input([2]), wire, output()], [...chain("in", "wire", "out"), ["in", "out"]]);
    expect(made.network.edges.filter(({ to }) => to === "out")).toHaveLength(2);
    expect(made.network.nodes.map(({ kind }) => kind)).toEqual(["input", "flatten", "output"]);
  });

  it.each<[string, DraftNode, string]>([
    ["has no Input", block("b", [neuron("lif"), output()], chain("lif", "out")), "NETWORK_SUBGRAPH_PORTS"],
    [
      "has two Inputs",
      block("b", [input([2]), input([2], "in2"), output()], chain("in", "out")),
      "NETWORK_SUBGRAPH_PORTS",
    ],
    ["names a node it lacks", block("b", [input([2]), output()], chain("in", "lif", "out")), "NETWORK_EDGE_NODE"],
    [
      "feeds its own Input",
      block("b", [input([2]), neuron("n"), output()], [...chain("in", "n", "out"), ["n", "in"]]),
      "NETWORK_EDGE_INTO_INPUT",
    ],
  ])("is refused when it %s", (_, node, code) => {
    expect(codeOf(() => line([2], node))).toBe(code);
  });

  it("deeper than 64 levels is refused", () => {
    const deep = Array.from({ length: 100 }).reduce<DraftNode>((inner) => {
      return block("g", [input([2]), inner, output()], chain("in", inner.name, "out"));
    }, lif);
    expect(codeOf(() => line([2], deep))).toBe("NETWORK_NESTING");
  });
});

it("neurons in discrete time keep their own parameters, in float64", () => {
  const made = line([2], {
    kind: "population",
    name: "n",
    alpha: null,
    currentGain: null,
    beta: scalar(0.5),
    gain: scalar(1),
    feedthrough: null,
    leak: scalar(0),
    threshold: tensor([2]),
    reset: "subtract",
    resetTo: scalar(0),
    resetDelay: true,
  });
  expect(nodeOf(made, "n")).toMatchObject({
    beta: Float64Array.of(0.5, 0.5),
    threshold: Float64Array.of(1, 1),
    resetDelay: true,
  });
});
