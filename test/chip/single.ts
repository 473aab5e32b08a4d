/** One neuron of a target and what it does, timestep by timestep; small networks on a target and in float. */

import * as fc from "fast-check";
import { expect } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile, readSettings } from "../../src/compile/compile.ts";
import type { ProgramPopulation, ProgramProjection } from "../../src/compile/program.ts";
import type { Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import { sizeOf, type DiscreteNetwork } from "../../src/network/types.ts";
import type { Target } from "../../src/target/types.ts";
import { withWidths } from "../../src/target/widths.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import { simulate } from "../compile/simulate.ts";
import { spikesOf } from "../compile/wide.ts";
import { Dice } from "../dice.ts";
import { programOf } from "./programs.ts";

/** A population whose neurons share their parameters. */
export function load(
  name: string,
  neurons: number,
  datapath: string,
  parameters: Readonly<Record<string, number>>,
): ProgramPopulation {
  const arrays = Object.entries(parameters).map(([key, value]) => [key, Int32Array.of(value)]);
  const empty = { initial: {}, offset: 0, scale: null, origin: null };
  return {
    name,
    shape: [neurons],
    neurons,
    datapath,
    parameters: Object.fromEntries(arrays),
    ...empty,
  };
}

/** Source i onto target i of a list, with weight i. */
export function link(
  from: string,
  to: string,
  targets: readonly number[],
  weights: readonly number[],
): ProgramProjection {
  const start = Uint32Array.from({ length: targets.length + 1 }, (_, i) => i);
  const synapses = {
    kind: "sparse",
    start,
    target: Uint32Array.from(targets),
    weight: Int32Array.from(weights),
  } as const;
  return { name: `${from}->${to}`, from, to, arrivesAfter: 0, parameters: {}, accumulator: "input", synapses };
}

/** Counts as events of `copies` channels, since a channel sends one event per step: [step][source * copies + copy]. */
export function spread(rows: readonly (readonly number[])[], copies: number): number[][] {
  return rows.map((row) => row.flatMap((count) => Array.from({ length: copies }, (_, copy) => Number(copy < count))));
}

/** Each element `copies` times. */
function repeated<T>(list: readonly T[], copies: number): T[] {
  return list.flatMap((one) => Array.from({ length: copies }, () => one));
}

/** Events [step][channel]. */
export function events(rows: readonly (readonly number[])[]): Stimulus {
  const size = rows[0]!.length;
  const read: Stimulus["read"] = (_, step, out) => out.set(rows[step]!);
  return { samples: 1, steps: rows.length, shape: [size], kind: "spikes", constant: false, read };
}

/**
 * Membrane and spike of one neuron after each timestep.
 *
 * @param weights of its sources
 * @param rows events of each source, [step][source]
 */
export async function emulateNeuron(
  target: Target,
  settings: Readonly<Record<string, number>>,
  parameters: Readonly<Record<string, number>>,
  weights: readonly number[],
  rows: readonly (readonly number[])[],
  plain: boolean,
): Promise<number[][]> {
  const copies = Math.max(1, ...rows.flat());
  const channels = repeated(weights, copies);
  const program = programOf({
    target: withWidths(target, settings),
    settings: { ...readSettings(target, {}), ...settings },
    inputs: [{ name: "axons", shape: [channels.length], payloadScale: null, payloadLimit: 1 }],
    populations: [load("neuron", 1, "neuron", parameters)],
    projections: [
      link(
        "axons",
        "neuron",
        channels.map(() => 0),
        channels,
      ),
    ],
  });
  const probes = ["membrane", "spike"].map((register) => ({ population: "neuron", register }));
  const recording = await openInterpreter(program, { plain }).run(new Map([["axons", events(spread(rows, copies))]]), {
    probes,
  });
  const { traces } = recording.populations[0]!;
  return rows.map((_, t) => [traces.get("membrane")![t]!, traces.get("spike")![t]!]);
}

/** One or two layers of neurons that integrate and fire, with weights of -1, 0 and 1 and whole thresholds. */
function wholeNetwork(dice: Dice): DiscreteNetwork {
  const sizes = [dice.between(1, 4), dice.between(1, 4), dice.between(1, 4)];
  const layers = dice.between(1, 2);
  const nodes: DraftNode[] = [input("in", sizes[0]!)];
  for (let layer = 1; layer <= layers; layer++) {
    const rows = Array.from({ length: sizes[layer]! }, () => [...dice.list(sizes[layer - 1]!, -1, 1)]);
    // A weight of 1 makes the scale a whole number: what a unit is in LSBs has no fraction.
    rows[0]![0] = 1;
    const bias = dice.chance(30) ? [...dice.list(sizes[layer]!, -1, 1)] : undefined;
    const threshold = [...dice.list(sizes[layer]!, 0, 3)];
    nodes.push(dense(`w${layer}`, rows, bias), cell(`p${layer}`, { threshold, reset: dice.one(["zero", "subtract"]) }));
  }
  const chain = nodes.map(({ name }) => name).join(" ");
  return networkOf([...nodes, output("out")], `${chain} out`);
}

/** Networks of small whole numbers fire on a target as in float, at thresholds that are met exactly too. */
export async function firesAsInFloat(target: string): Promise<void> {
  let spikes = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 30 }), async (seed) => {
      const dice = new Dice(seed);
      const network = wholeNetwork(dice);
      const size = sizeOf(network.nodes[0]!.outputShape);
      const frames = { in: Array.from({ length: 12 }, () => [...dice.list(size, 0, 1)]) };
      const got = await spikesOf(compile(network, readTarget(target)), frames);
      for (const [name, { spikes: expected }] of simulate(network, frames)) {
        expect(got.get(name)).toEqual(expected);
        spikes += expected.flat().filter((spike) => spike === 1).length;
      }
    }),
    { numRuns: 120 },
  );
  expect(spikes).toBeGreaterThan(500);
}
