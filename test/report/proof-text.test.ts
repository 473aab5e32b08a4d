import { describe, expect, it } from "vitest";
import { compile } from "../../src/compile/compile.ts";
import { decodeProgram, encodeProgram } from "../../src/compile/file.ts";
import type { ActWitness, CutProof, Proofs } from "../../src/compile/program.ts";
import { readTarget } from "../../src/files.ts";
import { proofRows } from "../../src/report/proof-text.ts";
import { programText, proofsText } from "../../src/report/program-text.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";

const witness: ActWitness = {
  neuron: 7,
  from: "reset",
  timesteps: 3,
  events: 12,
  arrived: { input: 1524 },
  registers: { membrane: 8388000, marked: 0 },
};
const cut: CutProof = {
  kind: "saturate",
  block: "on timestep",
  line: 5,
  name: "v",
  text: "saturate(.., -8, 7)",
  acts: "may",
  witness,
};

function linesOf(cuts: readonly CutProof[], rest: Partial<Proofs["populations"][number]> = {}): readonly string[] {
  const population = { population: "p", registers: {}, arriving: {}, cuts, order: [], ...rest };
  return proofRows({ inputs: {}, populations: [population] })[0]!.lines;
}

describe("the text about what can overflow", () => {
  it("counts what can never act, and tells what acts when", () => {
    expect(linesOf([{ ...cut, acts: "never", witness: null }, cut])).toEqual([
      "1 of 2 cuts can never act",
      "v = saturate(.., -8, 7) can act: 12 events that add up to 1,524 in one timestep, from membrane 8,388,000 (neuron 7; confirmed by a run of 3 timesteps from a reset)",
    ]);
    expect(linesOf([{ ...cut, acts: "never", witness: null }])).toEqual(["its one cut can never act"]);
  });

  it.each<[CutProof, string]>([
    [{ ...cut, witness: null }, "v = saturate(.., -8, 7) can act: no input was found that does it"],
    [
      { ...cut, witness: { ...witness, from: "state", events: 0, registers: { membrane: -8 } } },
      "v = saturate(.., -8, 7) can act: an input of 1,524, from membrane -8 (neuron 7; confirmed from registers that may not be reachable)",
    ],
    [
      { ...cut, acts: "always", block: "on total", witness: { ...witness, from: "sources", registers: {} } },
      "v = saturate(.., -8, 7) always acts (on total): 12 events that add up to 1,524 in one timestep, from rest (neuron 7; confirmed by a run of 3 timesteps from a reset in which its sources fire together, which may not happen)",
    ],
    [
      { ...cut, kind: "type", name: "sum", text: "-8..7", witness: { ...witness, events: 0, arrived: {} } },
      "sum can leave -8..7, which stops a run: no event, from membrane 8,388,000 (neuron 7; confirmed by a run of 3 timesteps from a reset)",
    ],
  ])("says how sure it is: %#", (one, expected) => {
    expect(linesOf([one]).at(-1)).toBe(expected);
  });

  it("names registers that move, and projections whose events are no plain sum", () => {
    const registers = { membrane: [-2048, 2047], marked: [0, 0] } as const;
    const order = [
      { projection: "a", free: true, because: "an exact sum" },
      { projection: "b", free: true, because: "never cut" },
      { projection: "c", free: false, because: "cut one by one" },
    ] as const;
    expect(linesOf([], { registers, order })).toEqual([
      "between timesteps: membrane -2,048 to 2,047",
      "events of b may come in any order: never cut",
      "events of c are taken in the chip's order: cut one by one",
    ]);
  });

  it("is part of a program's text, before and after it was a file", () => {
    const parts = [input("in", 2), dense("w", [[0.5, -1]]), cell("p", { beta: 0.5 }), output("out")];
    const program = compile(networkOf(parts, "in w p out"), readTarget("generic-8bit"));
    const text = programText(program);
    expect(text).toContain("Overflow  in one timestep in sends 0 to 1");
    expect(text).toContain("its one cut can never act");
    expect(programText(decodeProgram(encodeProgram(program)))).toBe(text);
    expect(proofsText(null)).toBe("");
  });
});
