/** The target sana-fe-loihi against two models in doubles, written from a description of SANA-FE. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { ProgramPopulation } from "../../src/compile/program.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import type { DiscreteNetwork, DiscreteNode, PopulationNode } from "../../src/network/types.ts";
import { readTarget } from "../../src/files.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { spikesOf } from "../compile/wide.ts";
import { Dice } from "../dice.ts";
import { programOf } from "./programs.ts";

const target = readTarget("sana-fe-loihi");
const modes = ["none", "hard", "soft", "saturate"] as const;
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** What a neuron is in one timestep: potential after it, spike, and whether it counts as updated. */
type Row = readonly [potential: number, fired: number, updated: number];
type Neuron = Readonly<Record<string, number>>;
/** Weights of the events that reach the neuron, by timestep. */
type Events = readonly (readonly number[])[];

function modelOfLif(neuron: Neuron, events: Events): Row[] {
  let [potential, current, refractory] = [0, 0, 0];
  return events.map((weights): Row => {
    const active = potential !== 0 || weights.length > 0 || neuron["bias"] !== 0;
    current *= neuron["input_decay"]!;
    potential = Math.trunc(potential * neuron["leak_decay"]! * 64) / 64;
    let fired = false;
    if (refractory === 0) {
      current += weights.reduce((sum, one) => sum + one, 0);
      potential += neuron["bias"]! + current;
      fired = potential > neuron["threshold"]!;
      if (fired) {
        const mode = modes[neuron["reset_mode"]!];
        if (mode === "hard") potential = neuron["reset"]!;
        if (mode === "soft") potential -= neuron["threshold"]!;
        refractory = neuron["refractory_delay"]!;
      }
      if (potential < neuron["reverse_threshold"]!) {
        const mode = modes[neuron["reverse_mode"]!];
        if (mode === "hard") potential = neuron["reverse_reset"]!;
        if (mode === "soft") potential -= neuron["reverse_threshold"]!;
        if (mode === "saturate") potential = neuron["reverse_threshold"]!;
      }
    }
    refractory = Math.max(0, refractory - 1);
    return [potential + 0, Number(fired), Number(active || fired)];
  });
}

function modelOfTrueNorth(neuron: Neuron, events: Events): Row[] {
  let potential = 0;
  return events.map((weights): Row => {
    const active = potential !== 0 || weights.length > 0 || neuron["bias"] !== 0;
    if (neuron["leak_direction"] === 1) potential += neuron["leak"]!;
    else if (potential > 0) potential -= neuron["leak"]!;
    else if (potential < 0) potential += neuron["leak"]!;
    potential += neuron["bias"]! + weights.reduce((sum, one) => sum + one, 0);
    const fired = potential >= neuron["threshold"]!;
    const mode = modes[neuron[fired ? "reset_mode" : "reverse_mode"]!];
    if (fired) {
      if (mode === "hard") potential = neuron["reset"]!;
      if (mode === "soft") potential -= neuron["threshold"]!;
      if (mode === "saturate") potential = neuron["threshold"]!;
    } else if (potential <= neuron["reverse_threshold"]!) {
      if (mode === "hard") potential = neuron["reverse_reset"]!;
      if (mode === "soft") potential += neuron["reverse_threshold"]!;
      if (mode === "saturate") potential = neuron["reverse_threshold"]!;
    }
    return [potential + 0, Number(fired), Number(active || fired)];
  });
}

/** How many LSBs make one of the model's numbers. */
const units: Readonly<Record<string, number>> = {
  input_decay: 2 ** 20,
  leak_decay: 2 ** 20,
  refractory_delay: 1,
  reset_mode: 1,
  reverse_mode: 1,
  leak_direction: 1,
};

/** One neuron of the target fed by one source per event of the busiest step, at 2^fraction LSBs per number. */
async function emulate(
  datapath: string,
  neuron: Neuron,
  events: Events,
  fraction: number,
  plain: boolean,
): Promise<Row[]> {
  const unit = 2 ** fraction;
  const parameters = Object.entries(neuron).map(([name, value]) => [
    name,
    Int32Array.of(value * (units[name] ?? unit)),
  ]);
  const own = datapath === "truenorth" ? [] : [["fraction", Int32Array.of(fraction)]];
  const population: ProgramPopulation = {
    name: "neuron",
    shape: [1],
    neurons: 1,
    datapath,
    parameters: Object.fromEntries([...parameters, ...own]) as ProgramPopulation["parameters"],
    initial: {},
    offset: 0,
    scale: null,
    origin: null,
  };
  const weights = [...new Set(events.flat())];
  const size = Math.max(1, weights.length);
  const program = programOf({
    target,
    inputs: [{ name: "in", shape: [size], payloadScale: null, payloadLimit: 100 }],
    populations: [population],
    projections: [
      {
        name: "weights",
        from: "in",
        to: "neuron",
        arrivesAfter: 0,
        parameters: {},
        accumulator: "input",
        synapses: {
          kind: "sparse",
          start: Uint32Array.from({ length: size + 1 }, (_, i) => Math.min(i, weights.length)),
          target: new Uint32Array(weights.length),
          weight: Int32Array.from(weights, (weight) => weight * unit),
        },
      },
    ],
  });
  const read = (_: number, step: number, out: Float32Array | Float64Array): void => {
    out.fill(0);
    for (const weight of events[step]!) out[weights.indexOf(weight)]! += 1;
  };
  const stimulus = { samples: 1, steps: events.length, shape: [size], kind: "spikes", constant: false, read } as const;
  const probes = ["membrane", "spike", "updated"].map((register) => ({ population: "neuron", register }));
  const recording = await openInterpreter(program, { plain }).run(new Map([["in", stimulus]]), { probes });
  const trace = (name: string) => recording.populations[0]!.traces.get(name)!;
  return events.map((_, t): Row => [trace("membrane")[t]! / unit + 0, trace("spike")[t]!, trace("updated")[t]!]);
}

/** Values few enough that thresholds are met exactly now and then. */
function randomEvents(dice: Dice, steps: number, part: number): Events {
  return Array.from({ length: steps }, () =>
    Array.from({ length: dice.one([0, 0, 1, 1, 2, 3]) }, () => dice.between(-4, 6) / part),
  );
}

function randomLif(dice: Dice): Neuron {
  return {
    input_decay: dice.one([0, 0.5]),
    leak_decay: dice.one([0, 0.5, 0.75, 0.9375, 1]),
    bias: dice.one([0, 0, 0.25, -0.5]),
    threshold: dice.between(-2, 8) / 4,
    reset: dice.between(-2, 2) / 4,
    reset_mode: dice.between(0, 3),
    reverse_threshold: dice.between(-6, 2) / 4,
    reverse_reset: dice.between(-4, 4) / 4,
    reverse_mode: dice.between(0, 3),
    refractory_delay: dice.between(0, 4),
  };
}

function randomTrueNorth(dice: Dice): Neuron {
  return {
    leak: dice.between(-2, 3),
    leak_direction: dice.between(0, 1),
    bias: dice.one([0, 0, 1, -2]),
    threshold: dice.between(-2, 8),
    reset: dice.between(-2, 2),
    reset_mode: dice.between(0, 3),
    reverse_threshold: dice.between(-8, 2),
    reverse_reset: dice.between(-4, 4),
    reverse_mode: dice.between(0, 3),
  };
}

describe.each([{ plain: false }, { plain: true }])("one neuron, plain walk $plain", ({ plain }) => {
  it("with leaky_integrate_fire does in each timestep what SANA-FE describes", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const neuron = randomLif(dice);
        // A current in quarters that is halved in each of 16 steps stays within 20 bits below 1.
        const events = randomEvents(dice, 16, 4);
        expect(await emulate("leaky_integrate_fire", neuron, events, 20, plain)).toEqual(modelOfLif(neuron, events));
      }),
      { numRuns: 150 },
    );
  });

  it("without a decaying current needs 6 bits below 1 and no more", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 6, max: 20 }), async (seed, fraction) => {
        const dice = new Dice(seed);
        const neuron = { ...randomLif(dice), input_decay: 0 };
        const events = randomEvents(dice, 24, 64);
        const wanted = modelOfLif(neuron, events);
        expect(await emulate("leaky_integrate_fire", neuron, events, fraction, plain)).toEqual(wanted);
      }),
      { numRuns: 80 },
    );
  });

  it("with truenorth does in each timestep what SANA-FE describes", async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const neuron = randomTrueNorth(dice);
        const events = randomEvents(dice, 24, 1);
        expect(await emulate("truenorth", neuron, events, 6, plain)).toEqual(modelOfTrueNorth(neuron, events));
      }),
      { numRuns: 150 },
    );
  });
});

describe("leaky_integrate_fire", () => {
  const neuron: Neuron = {
    input_decay: 0.5,
    leak_decay: 1,
    bias: 0,
    threshold: 1,
    reset: 0,
    reset_mode: modes.indexOf("soft"),
    reverse_threshold: 0,
    reverse_reset: 0,
    reverse_mode: modes.indexOf("none"),
    refractory_delay: 3,
  };

  it("loses what arrives while it is refractory, and does not fire though it is above the threshold", async () => {
    const rows = await emulate("leaky_integrate_fire", neuron, [[2.5], [4], [], []], 20, false);
    // The current of 2.5 decays on to 0.3125 and counts again in the fourth step.
    expect(rows.map(([potential, fired]) => [potential, fired])).toEqual([
      [1.5, 1],
      [1.5, 0],
      [1.5, 0],
      [0.8125, 1],
    ]);
  });

  it("does not fire at the threshold", async () => {
    const [row] = await emulate("leaky_integrate_fire", { ...neuron, input_decay: 0 }, [[1]], 6, false);
    expect(row).toEqual([1, 0, 1]);
  });

  it("is updated by events whose sum is 0", async () => {
    const rows = await emulate("leaky_integrate_fire", { ...neuron, input_decay: 0 }, [[], [0.5, -0.5], []], 6, false);
    expect(rows.map(([, , updated]) => updated)).toEqual([0, 1, 0]);
  });
});

describe("truenorth", () => {
  const neuron: Neuron = {
    leak: 2,
    leak_direction: 0,
    bias: 0,
    threshold: 3,
    reset: 0,
    reset_mode: modes.indexOf("hard"),
    reverse_threshold: -3,
    reverse_reset: 0,
    reverse_mode: modes.indexOf("saturate"),
  };

  it("fires at the threshold and is cut at the reverse one", async () => {
    expect(await emulate("truenorth", neuron, [[3], [-3], [-4]], 6, false)).toEqual([
      [0, 1, 1],
      [-3, 0, 1],
      [-3, 0, 1],
    ]);
  });

  it("leaks beyond zero", async () => {
    const rows = await emulate("truenorth", neuron, [[1], [], []], 6, false);
    expect(rows.map(([potential]) => potential)).toEqual([1, -1, 1]);
  });
});

/** Layers of neurons with numbers that doubles and 20 bits hold alike. */
function dyadicNetwork(dice: Dice): DiscreteNetwork {
  const sizes = [3, dice.between(1, 4), dice.between(1, 4)];
  const nodes: DraftNode[] = [input("in", sizes[0]!)];
  for (const layer of [1, 2]) {
    const some = (low: number, high: number): number[] =>
      [...dice.list(sizes[layer]!, low, high)].map((one) => one / 64);
    const rows = Array.from({ length: sizes[layer]! }, () =>
      [...dice.list(sizes[layer - 1]!, -40, 80)].map((w) => w / 64),
    );
    const reset = dice.one(["zero", "subtract"] as const);
    const alpha = dice.chance(30) ? 0.5 : undefined;
    const cellOf = { beta: dice.between(0, 16) / 16, threshold: some(10, 90), reset };
    const bias = dice.chance(50) ? some(-10, 10) : undefined;
    nodes.push(dense(`w${layer}`, rows, bias), cell(`p${layer}`, alpha === undefined ? cellOf : { ...cellOf, alpha }));
  }
  const chain = nodes.map(({ name }) => name).join(" ");
  return networkOf([...nodes, output("out")], `${chain} out`);
}

/** Parameters of one neuron with or without a lower bound of its membrane. */
function boundedParameters(lowerBound: number | null) {
  const bound = lowerBound === null ? {} : { lowerBound: { shape: [], data: Float64Array.of(lowerBound) } };
  const parts = [input("in", 1), dense("w", [[1]]), { ...cell("p", { beta: 0.5 }), ...bound }, output("out")];
  return compile(networkOf(parts, "in w p out"), target, { recipe: "as-written" }).populations[0]!.parameters;
}

describe("a network compiled for SANA-FE", () => {
  it("by the recipe as-written does what its model does with the network's own numbers", async () => {
    let spikes = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const network = dyadicNetwork(dice);
        const steps = 10;
        const frames = { in: Array.from({ length: steps }, () => [...dice.list(3, 0, 1)]) };
        const got = await spikesOf(compile(network, target, { recipe: "as-written" }), frames);
        let rows: readonly (readonly number[])[] = frames.in;
        for (const layer of [1, 2]) {
          const weights = network.nodes.find(({ name }) => name === `w${layer}`) as Extract<
            DiscreteNode,
            { kind: "dense" }
          >;
          const cells = network.nodes.find(({ name }) => name === `p${layer}`) as PopulationNode;
          // A constant input of a current is a bias of the membrane, as large as what the current settles at.
          fc.pre(cells.alpha === null || weights.bias === null);
          const fired = Array.from(cells.beta, (beta, neuron) => {
            const width = rows[0]!.length;
            const events = rows.map((row) =>
              row.flatMap((spike, i) => (spike === 1 ? [weights.weight.data[neuron * width + i]!] : [])),
            );
            const own = {
              input_decay: cells.alpha?.[neuron] ?? 0,
              leak_decay: beta,
              bias: weights.bias?.[neuron] ?? 0,
              threshold: cells.threshold![neuron]!,
              reset: 0,
              reset_mode: cells.reset === "subtract" ? 2 : 1,
              reverse_threshold: -Infinity,
              reverse_reset: 0,
              reverse_mode: 0,
              refractory_delay: 0,
            };
            return modelOfLif(own, events).map(([, spike]) => spike);
          });
          rows = rows.map((_, step) => fired.map((own) => own[step]!));
          expect(got.get(`p${layer}`)).toEqual(rows);
          spikes += rows.flat().reduce((sum, spike) => sum + spike, 0);
        }
      }),
      { numRuns: 100 },
    );
    expect(spikes).toBeGreaterThan(500);
  });

  it("has a lower bound of the membrane as a reverse threshold that saturates, where there is one", () => {
    expect(boundedParameters(-0.25)).toMatchObject({
      reverse_threshold: Int32Array.of(-(2 ** 18)),
      reverse_mode: Int32Array.of(modes.indexOf("saturate")),
    });
    expect(boundedParameters(null)).toMatchObject({ reverse_mode: Int32Array.of(modes.indexOf("none")) });
  });
});
