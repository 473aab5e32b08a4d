import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Program } from "../../src/compile/program.ts";
import type { Stimulus } from "../../src/engine.ts";
import { mistakeOf } from "../support.ts";
import { cell, dense, input, networkOf, output, target, type CellOptions } from "./networks.ts";

/** Decays by shifts, events that decay before the membrane sees them. */
const shifting = target(`name: shifting
title: Decays by shifts
description: For tests.
verified: [{ level: property-tests, against: nothing }]
datapaths:
  lif:
    reset: subtract
    inputs: [current]
    charge: alpha / (1 - alpha)
    state:
      current: { type: -99999999..99999999, encodes: current * scale }
      membrane: { type: -999999999..999999999, encodes: membrane * scale, overflow: stops }
    parameters:
      fall: { type: 1..15, encodes: "max(1, 0 - log(1 - alpha) / log(2))", decodes: 1 - pow2(0 - fall), round: nearest }
      leak: { type: 0..15, encodes: 0 - log(1 - beta) / log(2), decodes: 1 - pow2(0 - leak), round: nearest }
      threshold: { type: 1..99999999, encodes: threshold * scale }
    on spike: current = current + weight
    on timestep: |
      current  = current - (current >> fall)
      v        = membrane - (membrane >> leak) + current
      spike    = v > threshold
      membrane = spike ? v - threshold : v
delivery: { spikes: same-timestep }
weights: { type: -1000000..1000000, bits: 21, encodes: weight * scale }
core: { neurons: { value: 9, source: nothing, confidence: assumption } }
chip: { cores: { value: 9, source: nothing, confidence: assumption } }
`);

function compiled(options: CellOptions, weight = 1): Program {
  const cells = cell("c", { reset: "subtract", ...options });
  return compile(networkOf([input("in", 1), dense("fc", [[weight]]), cells, output("out")], "in fc c out"), shifting);
}

const codes = ({ warnings }: Program): string[] => warnings.map(({ code }) => code);

/** One event in the first timestep. */
const pulse: Stimulus = {
  samples: 1,
  steps: 200,
  shape: [1],
  kind: "spikes",
  constant: false,
  read: (_sample, step, out) => out.fill(Number(step === 0)),
};

/** What one event adds to a membrane over all timesteps, in float units. */
async function chargeOf(options: CellOptions): Promise<number> {
  const program = compiled({ beta: 0.5, threshold: 100, ...options });
  const probes = [{ population: "c", register: "current" }];
  const { populations } = await openInterpreter(program).run(new Map([["in", pulse]]), { probes });
  const current = Float64Array.from(populations[0]!.traces.get("current")!);
  return current.reduce((sum, value) => sum + value, 0) / program.populations[0]!.scale![0]!;
}

describe("decays that only powers of two can have", () => {
  it("are the nearest, by their logarithm", () => {
    const { populations, decisions } = compiled({ alpha: [0.5], beta: [0.95] });
    expect([...populations[0]!.parameters["leak"]!, ...populations[0]!.parameters["fall"]!]).toEqual([4, 1]);
    const leak = decisions.find(({ parameter }) => parameter === "leak")!;
    expect(leak.error).toBeCloseTo(Math.log2(20) - 4, 6);
  });

  it("that are far off are told, with both time constants", () => {
    const { warnings } = compiled({ alpha: 0.75, beta: 0.85 });
    expect(warnings.filter(({ code }) => code === "COMPILE_DECAY")).toEqual([
      {
        code: "COMPILE_DECAY",
        message:
          "c: leak keeps 0.8750 of the membrane per timestep where the network keeps 0.8500 (a time constant of 7.49 timesteps instead of 6.15); 1 of 1 neuron(s) are off by more than 10 %.",
        place: { node: "c" },
      },
    ]);
    expect(codes(compiled({ alpha: 0.75, beta: 0.875 }))).not.toContain("COMPILE_DECAY");
  });

  it("are told where there should be none at all, or no memory", () => {
    const messages = compiled({ beta: 1 }).warnings.map(({ message }) => message);
    expect(messages.find((one) => one.startsWith("c: leak"))).toContain("timesteps instead of infinity");
    expect(messages.find((one) => one.startsWith("c: fall"))).toContain("1.44 timesteps instead of 0");
  });
});

describe("what an event adds to the membrane over all timesteps", () => {
  it("is what it adds in the network, however far the decay is off", async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 0.97, noNaN: true }), async (alpha) => {
        const wanted = 1 / (1 - alpha);
        expect(Math.abs((await chargeOf({ alpha })) / wanted - 1)).toBeLessThan(0.01);
      }),
      { numRuns: 30 },
    );
  });

  it("is the weight itself where the network has no current", async () => {
    expect(await chargeOf({})).toBeCloseTo(1, 2);
  });
});

describe("a network whose current never falls", () => {
  it("keeps its weights", () => expect(codes(compiled({ alpha: 1 }))).toContain("COMPILE_DECAY"));
});

describe("a chip without biases", () => {
  it("refuses them with what to do", () => {
    const nodes = [
      input("in", 1),
      dense("fc", [[1]], [0.5]),
      cell("c", { beta: 0.5, reset: "subtract" }),
      output("out"),
    ];
    const { code, hint } = mistakeOf(() => compile(networkOf(nodes, "in fc c out"), shifting))!;
    expect([code, hint]).toEqual([
      "COMPILE_UNSUPPORTED",
      "The chip has no bias: train without biases. Or see what is lost without, with --approximate bias.",
    ]);
  });
});
