import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { approximations, type Approximation } from "../../src/compile/approximate.ts";
import { compile } from "../../src/compile/compile.ts";
import { readTarget } from "../../src/files.ts";
import { mistakeOf } from "../support.ts";
import { cell, delay, dense, input, networkOf, output, target, type CellOptions } from "./networks.ts";
import { stimuliOf } from "./wide.ts";

/** Integrates, has a threshold, and nothing else. */
const bare = target(`extends: generic-8bit
name: bare
datapaths:
  lif:
    reset: subtract
    parameters: { beta: null, bias: null, subtract: null }
    on timestep: |
      v        = saturate(membrane + input, -32768, 32767)
      spike    = v > threshold
      membrane = spike ? v - threshold : v
delivery: { spikes: same-timestep, delays: 0..2 }`);

function one(options: CellOptions): ReturnType<typeof networkOf> {
  return networkOf(
    [input("in", 1), dense("w", [[1]]), cell("p", { threshold: 2, reset: "subtract", ...options }), output("out")],
    "in w p out",
  );
}

/** What the only weight stands for. */
function perUnit(options: CellOptions): number {
  const { projections, populations } = compile(one(options), bare, { approximate: ["current"] });
  return projections[0]!.synapses.weight[0]! / populations[0]!.scale![0]!;
}

const cases: [lacks: string, approximate: Approximation, options: CellOptions, says: string][] = [
  ["a current", "current", { alpha: 0.5 }, "has no synaptic current"],
  ["a leak", "leak", { beta: 0.5 }, "has no leak by a factor"],
  ["a bias", "bias", { leak: 0.25 }, "has no bias"],
  ["a lower bound", "lower-bound", { lowerBound: -1 }, "has no lower bound"],
  ["a reset to zero", "reset", { reset: "zero" }, "subtracts the threshold"],
];

describe("a chip that lacks", () => {
  it.each(cases)("%s is refused, with the name of what may be approximated", (_, name, options) => {
    const mistake = mistakeOf(() => compile(one(options), bare))!;
    expect(mistake.code).toBe("COMPILE_UNSUPPORTED");
    expect(mistake.hint).toContain(`--approximate ${name}.`);
    const others = approximations.filter((other) => other !== name);
    expect(mistakeOf(() => compile(one(options), bare, { approximate: others }))?.code).toBe("COMPILE_UNSUPPORTED");
  });

  it.each(cases)("%s does without where that is asked for, and says so", (_, name, options, says) => {
    const { warnings } = compile(one(options), bare, { approximate: [name] });
    const told = warnings.filter(({ code }) => code === "COMPILE_APPROXIMATED");
    expect(told.map(({ place }) => place)).toEqual([{ node: "p" }]);
    expect(told[0]!.message).toContain(says);
  });

  it("nothing stays as it is, whatever is allowed", () => {
    const network = one({ beta: 0.5, leak: 0.25 });
    const chip = readTarget("generic-8bit");
    expect(compile(network, chip, { approximate: approximations })).toEqual(compile(network, chip));
  });

  it("a current gives the whole charge of an event at once", () => {
    expect(perUnit({ alpha: 0.75 })).toBeCloseTo(4 * perUnit({}), 6);
  });

  it("reset to zero resets to zero, where the network subtracts", async () => {
    const toZero = target(`extends: generic-8bit
name: zero
datapaths:
  lif:
    parameters: { subtract: null }
    on timestep: |
      v        = saturate(((membrane * beta) >> 8) + input + bias, -32768, 32767)
      spike    = v > threshold
      membrane = spike ? 0 : v`);
    const network = one({ threshold: 0.75 });
    expect(mistakeOf(() => compile(network, toZero))?.code).toBe("COMPILE_UNSUPPORTED");
    const program = compile(network, toZero, { approximate: ["reset"] });
    const { populations } = await openInterpreter(program).run(stimuliOf({ in: [[1], [0], [0]] }));
    expect([...populations[0]!.spikes.start]).toEqual([0, 1, 1, 1]);
  });
});

describe("a delay that is too long", () => {
  const network = networkOf(
    [
      input("in", 1),
      delay("d", [5]),
      dense("w", [[1]]),
      cell("p", { threshold: 0.5, reset: "subtract" }),
      output("out"),
    ],
    "in d w p out",
  );

  it("is refused, or cut where that is asked for", () => {
    expect(mistakeOf(() => compile(network, bare))?.code).toBe("COMPILE_DELAY");
    const { projections, warnings } = compile(network, bare, { approximate: ["delays"] });
    expect(projections[0]!.arrivesAfter).toBe(2);
    expect(warnings.map(({ code, message }) => `${code}: ${message}`)).toContain(
      "COMPILE_APPROXIMATED: Spikes from in reach p after a delay of 2 timesteps, approximated as asked for: " +
        "the network needs 5, which the chip does not have.",
    );
  });
});
