import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import type { Target } from "../../src/target/types.ts";
import { codeOf, mistakeOf } from "../support.ts";
import { cell, delay, dense, input, networkOf, output, target } from "./networks.ts";
import { wide, wideAtOnce } from "./wide.ts";

const pair: DraftNode[] = [input("in", 2), output("out")];
const square = [
  [1, 2],
  [3, 4],
];

/** Ways of a program: name, source, target, timesteps under way. */
function waysOf(program: Program): string[] {
  return program.projections.map(({ name, from, to, arrivesAfter }) => `${name}: ${from} > ${to} ${arrivesAfter}`);
}

function offsetsOf({ populations }: Program): Record<string, number> {
  return Object.fromEntries(populations.map(({ name, offset }) => [name, offset]));
}

function compiled(nodes: readonly DraftNode[], chains: readonly string[], chip: Target = wide): Program {
  return compile(networkOf([...pair, ...nodes], ...chains), chip);
}

/** The matrix of a dense projection, rows of sources. */
function rowsOf(program: Program, name: string): number[][] {
  const { synapses, to } = program.projections.find((one) => one.name === name)!;
  const { scale } = program.populations.find((one) => one.name === to)!;
  if (synapses.kind === "conv2d") throw new Error("a kernel has no rows");
  const sources = [0, 1];
  const value = (weight: number, neuron: number): number =>
    Math.round((weight / scale![scale!.length === 1 ? 0 : neuron]!) * 1e6) / 1e6;
  if (synapses.kind === "dense") {
    const width = synapses.weight.length / sources.length;
    return sources.map((source) => Array.from(synapses.weight.subarray(source * width, (source + 1) * width), value));
  }
  return sources.map((source) => {
    const row = [0, 0];
    for (let i = synapses.start[source]!; i < synapses.start[source + 1]!; i++)
      row[synapses.target[i]!] = value(synapses.weight[i]!, synapses.target[i]!);
    return row;
  });
}

describe("layers in a row", () => {
  const nodes = [dense("a", square), cell("p"), dense("b", square), cell("q")];
  const chain = "in a p b q out";

  it("are one step apart on a chip that delivers in the next timestep", () => {
    const program = compiled(nodes, [chain]);
    expect(waysOf(program)).toEqual(["a: in > p 1", "b: p > q 1"]);
    expect([offsetsOf(program), program.latency]).toEqual([{ p: 1, q: 2 }, 2]);
    expect(program.outputs).toEqual([{ name: "out", population: "q" }]);
  });

  it("are in step on a chip that delivers at once", () => {
    const program = compiled(nodes, [chain], wideAtOnce);
    expect(waysOf(program)).toEqual(["a: in > p 0", "b: p > q 0"]);
    expect(program.latency).toBe(0);
  });

  it("are further apart where the chip's shortest delay is longer", () => {
    const slow = target("extends: loihi2\nname: slow\ndelivery: { delays: 2..9 }");
    const program = compiled(nodes, [chain], slow);
    expect(waysOf(program)).toEqual(["a: in > p 3", "b: p > q 3"]);
    expect([offsetsOf(program), program.warnings.map(({ code }) => code)]).toEqual([
      { p: 3, q: 6 },
      expect.not.arrayContaining(["COMPILE_LOOP_LATE"]),
    ]);
  });

  it("take their weights as they are, a row for each source", () => {
    expect(rowsOf(compiled(nodes, [chain]), "a")).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});

describe("ways around a layer", () => {
  const nodes = [dense("a", square), cell("p"), dense("b", square), cell("q"), dense("c", square), cell("r")];
  const chains = ["in a p b q c r out", "p c", "in b"];

  it("wait until the longer way is done", () => {
    expect(waysOf(compiled(nodes, chains))).toEqual([
      "a: in > p 1",
      "b#1: in > q 2",
      "b#2: p > q 1",
      "c#1: p > r 2",
      "c#2: q > r 1",
    ]);
  });

  it("need no waiting on a chip that delivers at once", () => {
    const program = compiled(nodes, chains, wideAtOnce);
    expect(program.projections.map(({ arrivesAfter }) => arrivesAfter)).toEqual([0, 0, 0, 0, 0]);
  });

  it("need delays that the chip has", () => {
    const impatient = target("extends: loihi2\nname: impatient\ndelivery: { delays: 0..0 }");
    const error = mistakeOf(() => compiled(nodes, chains, impatient))!;
    expect([error.code, error.message]).toEqual([
      "COMPILE_DELAY",
      "Spikes from in to q need a delay of 1 timesteps; the chip has at most 0.",
    ]);
  });
});

describe("loops", () => {
  const nodes = [dense("a", square), cell("p"), dense("b", square), cell("q"), dense("back", square)];

  it("around one layer take the step that they take in the network", () => {
    for (const chip of [wide, wideAtOnce]) {
      const program = compiled(nodes, ["in a p b q out", "p back p"], chip);
      expect(waysOf(program)).toContain("back: p > p 1");
      expect(program.warnings).toEqual([]);
    }
  });

  it("through two layers are one step late on a chip that delivers in the next timestep, and warned of", () => {
    const program = compiled(nodes, ["in a p b q out", "q back p"]);
    expect(waysOf(program)).toContain("back: q > p 1");
    expect(program.warnings).toMatchObject([{ code: "COMPILE_LOOP_LATE", place: { node: "p" } }]);
    expect(program.warnings[0]!.message).toContain("1 timestep(s) later");
    const atOnce = compiled(nodes, ["in a p b q out", "q back p"], wideAtOnce);
    expect([waysOf(atOnce), atOnce.warnings]).toEqual([expect.arrayContaining(["back: q > p 1"]), []]);
  });

  it("need no delay of a chip that delivers at once: the step before is what it has anyway", () => {
    const prompt = target("extends: generic-8bit\nname: prompt\ndelivery: { delays: 0..0 }");
    expect(waysOf(compiled(nodes, ["in a p b q out", "q back p"], prompt))).toContain("back: q > p 1");
    expect(codeOf(() => compiled([...nodes, delay("wait", 1)], ["in a p b q out", "q back wait p"], prompt))).toBe(
      "COMPILE_DELAY",
    );
  });

  it("with a delay long enough are not late", () => {
    const program = compiled([...nodes, delay("wait", 3)], ["in a p b q out", "q back wait p"]);
    expect(waysOf(program)).toContain("back: q > p 3");
    expect(program.warnings).toEqual([]);
  });

  it("count the step that the last edge takes, whatever the edge leaves", () => {
    // p fires at t, the delay hands on at t + 2, and the edge that closes the loop carries that to t + 3.
    const chains = ["in a p out", "p back wait p"];
    for (const chip of [wide, wideAtOnce]) {
      const program = compiled([...nodes.slice(0, 2), nodes[4]!, delay("wait", 2)], chains, chip);
      expect(waysOf(program)).toContain("back: p > p 3");
    }
  });
});

describe("delays", () => {
  const nodes = [dense("a", square), cell("p"), dense("b", square), cell("q")];

  it("add to the way, on inputs too", () => {
    const program = compiled([...nodes, delay("late", 4), delay("later", 2)], ["in late a p later b q out"]);
    expect(waysOf(program)).toEqual(["a: in > p 5", "b: p > q 3"]);
    expect(offsetsOf(program)).toEqual({ p: 1, q: 2 });
  });

  it("that differ make ways of their own, each with the elements that it has", () => {
    const program = compiled([...nodes, delay("late", [0, 3])], ["in a late p b q out"]);
    expect(waysOf(program)).toEqual(["a#1: in > p 1", "a#2: in > p 4", "b: p > q 1"]);
    expect(rowsOf(program, "a#1")).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(rowsOf(program, "a#2")).toEqual([
      [0, 3],
      [0, 4],
    ]);
  });

  it("in front of weights drop the sources that they do not concern", () => {
    const program = compiled([...nodes, delay("late", [0, 3])], ["in late a p b q out"]);
    expect(rowsOf(program, "a#1")).toEqual([
      [1, 3],
      [0, 0],
    ]);
  });

  it("longer than the chip's are refused", () => {
    const chains = ["in a p b late q out"];
    expect(codeOf(() => compiled([...nodes, delay("late", 63)], chains))).toBe("no error");
    expect(codeOf(() => compiled([...nodes, delay("late", 64)], chains))).toBe("COMPILE_DELAY");
    expect(codeOf(() => compiled([...nodes, delay("late", 64)], chains, wideAtOnce))).toBe("COMPILE_DELAY");
  });

  it("behind a bias are warned of, since a chip's bias is there from the start", () => {
    const biased = [dense("a", square, [0.5, 0]), ...nodes.slice(1)];
    const codes = (steps: number[]): string[] =>
      compiled([...biased, delay("late", steps)], ["in a late p b q out"]).warnings.map(({ code }) => code);
    expect(codes([2, 0])).toEqual(["COMPILE_BIAS_DELAYED"]);
    expect(codes([0, 2])).toEqual([]);
  });
});

describe("what no chip can have is refused", () => {
  const nodes = [dense("a", square), cell("p"), dense("b", square), delay("late", 2), cell("q")];
  it.each([
    ["an Output behind weights", ["in a p b out"], "COMPILE_OUTPUT"],
    ["an Output behind a delay", ["in a p late out"], "COMPILE_OUTPUT"],
    ["an Output of two layers", ["in a p out", "in q out"], "COMPILE_OUTPUT"],
    ["an Output of an Input", ["in out", "in a p"], "COMPILE_OUTPUT"],
    ["no neurons", ["in a b out"], "COMPILE_NO_POPULATION"],
  ])("%s", (_, chains, code) => {
    const used = nodes.filter(({ name }) => chains.some((chain) => chain.split(" ").includes(name)));
    expect(codeOf(() => compiled(used, chains))).toBe(code);
  });

  it("neurons without a threshold in the middle, not at the end", () => {
    const silent = cell("p", { threshold: null, reset: "none" });
    const parts = [dense("a", square), silent, dense("b", square), cell("q")];
    const error = mistakeOf(() => compiled(parts, ["in a p b q out"]))!;
    expect([error.code, error.place]).toEqual(["COMPILE_NO_SPIKES", { node: "p" }]);
    expect(codeOf(() => compiled(parts.slice(0, 2), ["in a p out"]))).toBe("no error");
  });
});
