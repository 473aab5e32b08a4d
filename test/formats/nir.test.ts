import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readNir } from "../../src/formats/nir.ts";
import type { Network, NetworkNode } from "../../src/network/types.ts";
import { golden, mistakeOf } from "../support.ts";

const json = (path: string): unknown => JSON.parse(new TextDecoder().decode(golden(path)));
const network = (path: string): Network => readNir(golden(path)).network;

const typeOf = (node: NetworkNode): string => {
  if (node.kind === "neuron") return node.type;
  if (node.kind === "dense") return node.bias === null ? "Linear" : "Affine";
  return node.kind[0]!.toUpperCase() + node.kind.slice(1);
};

/** [..shape] of the values of one step. */
const shapeOf = (values: unknown): readonly number[] =>
  Array.isArray(values) ? [values.length, ...shapeOf(values[0])] : [];

interface Case {
  readonly file: string;
  readonly nodes: Readonly<Record<string, string>>;
  readonly delayed_edges: readonly (readonly [string, string])[];
  readonly input: Readonly<Record<string, readonly unknown[]>>;
  readonly expected: Readonly<Record<string, readonly unknown[]>>;
}

const valid = (json("nir/index.json") as { files: readonly { file: string }[] }).files.map(
  ({ file }) => json(`nir/${file.replace(/nir$/, "json")}`) as Case,
);

describe("a valid file opens", () => {
  it.each(valid.map((entry) => [entry.file, entry] as const))("%s", (file, expected) => {
    const { network: read, warnings } = readNir(golden(`nir/${file}`), file);
    // Nodes of nested graphs are written a/b there; nested Inputs and Outputs vanish.
    const types = Object.entries(expected.nodes)
      .filter(([name, type]) => !(name.includes("/") && ["Input", "Output"].includes(type)))
      .map(([name, type]) => [name.replaceAll("/", "."), type]);
    expect(Object.fromEntries(read.nodes.map((node) => [node.name, typeOf(node)]))).toEqual(Object.fromEntries(types));
    const delayed = read.edges.filter((edge) => edge.delayed).map(({ from, to }) => [from, to]);
    expect(delayed).toEqual(expected.delayed_edges);
    const shapes = Object.fromEntries(read.nodes.map((node) => [node.name, node.outputShape]));
    expect(shapes).toMatchObject(
      Object.fromEntries(Object.entries(expected.input).map(([k, v]) => [k, shapeOf(v[0])])),
    );
    expect(shapes).toMatchObject(
      Object.fromEntries(Object.entries(expected.expected).map(([k, v]) => [k, shapeOf(v[0])])),
    );
    expect(warnings).toEqual([]);
  });
});

describe("storage does not matter", () => {
  const variants = valid.map(({ file }) => file).filter((file) => file.startsWith("variant-"));
  const exact = variants.filter((file) => !file.includes("float16") && !file.includes("float64"));

  it.each(exact)("%s is the same network as variant-plain.nir", (file) => {
    expect(network(`nir/${file}`)).toEqual(network("nir/variant-plain.nir"));
  });

  it("float64 stays float64 and has the same values", () => {
    const wide = network("nir/variant-float64.nir").nodes.find(({ name }) => name === "fc");
    const plain = network("nir/variant-plain.nir").nodes.find(({ name }) => name === "fc");
    if (wide?.kind !== "dense" || plain?.kind !== "dense") throw new Error("no fc");
    expect(wide.weight.data).toBeInstanceOf(Float64Array);
    expect(Float32Array.from(wide.weight.data)).toEqual(plain.weight.data);
  });

  it("half precision has the values nearest to those of float32", () => {
    const half = network("nir/variant-float16.nir").nodes.find(({ name }) => name === "fc");
    const plain = network("nir/variant-plain.nir").nodes.find(({ name }) => name === "fc");
    if (half?.kind !== "dense" || plain?.kind !== "dense") throw new Error("no fc");
    expect([...half.weight.data]).toEqual([...plain.weight.data].map(toHalf));
  });

  it("the order of nodes and edges in the file does not matter", () => {
    expect(network("nir/feedforward-shuffled.nir").edges).toEqual(network("nir/feedforward.nir").edges);
  });
});

/** Nearest multiple of the last place of half precision, for numbers from 1/4 to 1. */
function toHalf(value: number): number {
  const unit = value >= 0.5 ? 2 ** -11 : 2 ** -12;
  return Math.round(value / unit) * unit;
}

/** Code, node and field that each broken file deserves; `ok` and a warning's code where it opens. */
const verdicts: Readonly<Record<string, readonly [code: string, node?: string | null, field?: string]>> = {
  "truncated-half": ["NIR_TRUNCATED"],
  "truncated-header": ["NIR_DAMAGED"],
  empty: ["NIR_NOT_HDF5"],
  "not-hdf5-text": ["NIR_NOT_HDF5"],
  "signature-then-noise": ["NIR_DAMAGED"],
  "bit-rot": ["NIR_DAMAGED"],
  "no-node-group": ["NIR_NO_GRAPH"],
  "no-nodes": ["NIR_NODES_MISSING"],
  "no-edges": ["NIR_EDGES_MISSING", null, "/node/edges"],
  "no-version": ["ok NIR_VERSION_MISSING"],
  "no-type": ["NIR_TYPE_MISSING", "fc"],
  "unknown-type": ["NIR_TYPE_UNKNOWN", "fc", "type"],
  "type-not-string": ["NIR_TYPE_KIND", "fc"],
  "type-case": ["NIR_TYPE_UNKNOWN", "lif", "type"],
  "root-not-graph": ["NIR_ROOT_TYPE", null, "/node/type"],
  "missing-node": ["NETWORK_EDGE_NODE", "fc", "edges"],
  "dangling-edge": ["NETWORK_EDGE_NODE", "ghost", "edges"],
  "edges-three-columns": ["NIR_EDGES", null, "/node/edges"],
  "edges-numeric": ["NIR_EDGES", null, "/node/edges"],
  "edges-empty": ["NETWORK_OUTPUT_UNREACHABLE", "output"],
  "missing-weight": ["NETWORK_PARAMETER_MISSING", "fc", "weight"],
  "missing-tau": ["NETWORK_PARAMETER_MISSING", "lif", "tau"],
  // Its weight has 4 rows and its bias 3 values, which is found before the layers are compared.
  "weight-shape": ["NETWORK_PARAMETER_SHAPE", "fc", "bias"],
  "bias-shape": ["NETWORK_PARAMETER_SHAPE", "fc", "bias"],
  "weight-1d": ["NETWORK_PARAMETER_SHAPE", "fc", "weight"],
  "lif-param-shapes": ["NETWORK_PARAMETER_SHAPE", "lif", "r"],
  "input-shape": ["NETWORK_SHAPE_MISMATCH", "fc"],
  "output-shape": ["NETWORK_SHAPE_MISMATCH", "output"],
  "negative-shape": ["NETWORK_SHAPE_INVALID", "input", "shape"],
  "huge-shape": ["NETWORK_SHAPE_INVALID", "input", "shape"],
  "nan-weight": ["NETWORK_PARAMETER_VALUE", "fc", "weight"],
  "inf-weight": ["NETWORK_PARAMETER_VALUE", "fc", "weight"],
  "zero-tau": ["NETWORK_PARAMETER_VALUE", "lif", "tau"],
  "negative-tau": ["NETWORK_PARAMETER_VALUE", "lif", "tau"],
  "nan-threshold": ["NETWORK_PARAMETER_VALUE", "lif", "v_threshold"],
  "string-weight": ["NIR_PARAMETER_KIND", "fc", "weight"],
  "complex-weight": ["NIR_PARAMETER_KIND", "fc", "weight"],
  "stateless-cycle": ["NETWORK_STATELESS_CYCLE", "a"],
  "self-loop-linear": ["NETWORK_STATELESS_CYCLE", "a"],
  "no-input-node": ["NETWORK_NO_INPUT"],
  "no-output-node": ["NETWORK_NO_OUTPUT"],
  "disconnected-node": ["ok NETWORK_NODE_UNFED", "island"],
  "edge-into-input": ["NETWORK_EDGE_INTO_INPUT", "input", "edges"],
  "duplicate-edge": ["ok NETWORK_EDGE_DUPLICATE", "a"],
  "conv-groups": ["NETWORK_GROUPS", "c", "groups"],
  "conv-kernel-too-large": ["NETWORK_KERNEL_SIZE", "c"],
  "conv-zero-stride": ["NETWORK_PARAMETER_VALUE", "c", "stride"],
  "conv-padding-word": ["NETWORK_PADDING", "c", "padding"],
  "negative-delay": ["NETWORK_PARAMETER_VALUE", "d", "delay"],
  "flatten-dims": ["NETWORK_FLATTEN", "d", "start_dim"],
  "deep-nesting": ["NETWORK_NESTING", "a"],
  "hardlink-cycle": ["ok"],
};

describe("a broken file gets its verdict", () => {
  const { cases } = json("nir/malformed.json") as { cases: readonly { file: string; expect: string }[] };

  it.each(cases.map(({ file, expect: wanted }) => [file, wanted]))("%s: %s", (file, wanted) => {
    const [code, node, field] = verdicts[file.replace(/^malformed-|\.nir$/g, "")] ?? ["no verdict"];
    const place = { file, ...(node && { node }), ...(field && { field }) };
    if (code.startsWith("ok")) {
      const warned = readNir(golden(`nir/${file}`), file).warnings;
      expect(warned).toMatchObject(code === "ok" ? [] : [{ code: code.slice(3), place }]);
      expect(wanted).not.toBe("reject");
    } else {
      const found = mistakeOf(() => readNir(golden(`nir/${file}`), file));
      expect(found).toMatchObject({ code, place });
      expect(found!.hint).toMatch(/^[A-Z].*\.$/);
      expect(found!.message + found!.hint).not.toMatch(/undefined|NaN,|\[object/);
    }
  });

  it("and all are looked at", () => {
    const files = readdirSync(new URL("../golden/nir", import.meta.url)).filter((name) =>
      /^malformed.*nir$/.test(name),
    );
    expect(cases.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
  });
});

describe("published models", () => {
  it.each([
    "mnist-mlp/model.nir",
    "mnist-conv/model.nir",
    "mnist-syn/model.nir",
    "mnist-rec/model.nir",
    "nir-paper/01_lif/lif_norse.nir",
    "nir-paper/01_lif/two_lif_neurons.nir",
    "nir-paper/02_cnn/scnn_mnist.nir",
    "nir-paper/03_rnn/braille_noDelay_bias_zero.nir",
    "nir-paper/03_rnn/braille_noDelay_noBias_subtract.nir",
  ])("%s opens without a warning", (path) => {
    expect(readNir(golden(`models/${path}`)).warnings).toEqual([]);
  });

  it("the one whose Output has leading ones opens with a warning", () => {
    const { warnings } = readNir(golden("models/nir-paper/01_lif/lif_rockpool.nir"));
    expect(warnings).toMatchObject([{ code: "NETWORK_OUTPUT_SHAPE", place: { node: "output" } }]);
  });

  it.each(["bias_zero", "noBias_subtract"])("the nested one of %s names the node that its edges miss", (name) => {
    const path = `models/nir-paper/03_rnn/braille_noDelay_${name}_subgraph.nir`;
    const found = mistakeOf(() => readNir(golden(path)));
    expect(found).toMatchObject({ code: "NETWORK_EDGE_NODE", place: { node: "lif1.lif", field: "edges" } });
    expect(found?.hint).toMatch(/^Did you mean lif1\?/);
  });
});

describe("small files", () => {
  it("with scalar parameters and weights of 8 bits open; a newer version warns", () => {
    const { network: read, version, warnings } = readNir(golden("hdf5/scalars.nir"));
    expect(version).toBe("2.1.0");
    expect(warnings).toMatchObject([{ code: "NIR_VERSION_NEW" }]);
    const fc = read.nodes.find(({ name }) => name === "fc");
    expect(fc).toMatchObject({ weight: { data: Float32Array.of(1, -2, 3, 4) }, bias: Float32Array.of(1, 0) });
    const lif = read.nodes.find(({ name }) => name === "lif");
    expect(lif).toMatchObject({
      tauMem: Float64Array.of(1e-3, 1e-3),
      threshold: Float64Array.of(1, 1),
      vReset: Float32Array.of(0, 0),
    });
  });

  it("that hold one graph at two places are refused", () => {
    const found = mistakeOf(() => readNir(golden("hdf5/twice.nir")));
    expect(found).toMatchObject({ code: "NIR_GRAPH_TWICE", place: { node: "b" } });
  });

  it("with several mistakes get them all at once, each with the file", () => {
    const found = mistakeOf(() => readNir(golden("hdf5/three-mistakes.nir"), "x.nir"));
    expect(found?.issues.map(({ place }) => place)).toEqual([
      { file: "x.nir", node: "fc", field: "bias" },
      { file: "x.nir", node: "fc", field: "weight" },
      { file: "x.nir", node: "lif", field: "tau" },
    ]);
  });

  it("with several unreadable nodes as well", () => {
    const found = mistakeOf(() => readNir(golden("hdf5/two-unreadable.nir")));
    expect(found?.issues.map(({ code }) => code)).toEqual(["NIR_PARAMETER_KIND", "NIR_TYPE_UNKNOWN"]);
  });
});
