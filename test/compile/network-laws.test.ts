import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DraftEdge, DraftNode } from "../../src/network/draft.ts";
import { createNetwork } from "../../src/network/create.ts";
import { discretize } from "../../src/network/discretize.ts";
import { sizeOf, type DiscreteNetwork } from "../../src/network/types.ts";
import { Dice } from "../dice.ts";
import { cell, delay, dense, input, output } from "./networks.ts";
import { simulate } from "./simulate.ts";
import { compileWide, spikesOf, wide, wideAtOnce } from "./wide.ts";

/** Values without a simple ratio, so that no membrane lands on a threshold by design. */
function real(dice: Dice, low: number, high: number): number {
  return dice.between(low * 9973, high * 9973) / 9973;
}

function reals(dice: Dice, count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, () => real(dice, low, high));
}

function randomCell(name: string, size: number, dice: Dice): DraftNode {
  const each = (low: number, high: number): number[] => reals(dice, size, low, high);
  const reset = dice.one(["zero", "subtract"] as const);
  return cell(name, {
    ...(dice.chance(40) ? { alpha: each(0, 0.9), currentGain: each(0.5, 1.5) } : {}),
    beta: dice.chance(20) ? 1 : each(0, 1),
    gain: dice.chance(50) ? 1 : each(0.2, 2),
    leak: dice.chance(60) ? 0 : each(-0.2, 0.2),
    threshold: each(0.3, 1.5),
    reset,
    resetTo: reset === "zero" && dice.chance(30) ? each(-0.5, 0.2) : 0,
  });
}

interface Options {
  readonly loops: boolean;
  readonly delays: boolean;
}

/** 1 to 4 populations, joined forward and, where asked for, backward, some with delays on the way. */
function randomNetwork(dice: Dice, { loops, delays }: Options): DiscreteNetwork {
  const sizes = new Map([["in", dice.between(1, 3)]]);
  const nodes: DraftNode[] = [input("in", sizes.get("in")!)];
  const edges: DraftEdge[] = [];
  const join = (from: string, to: string): void => {
    const name = `${from}-${to}`;
    if (nodes.some((node) => node.name === name)) return;
    const rows = Array.from({ length: sizes.get(to)! }, () => reals(dice, sizes.get(from)!, -1, 1.4));
    // A bias before a delay would begin late, which no chip does.
    const late = delays && dice.chance(40);
    const bias = dice.chance(30) && !late ? reals(dice, rows.length, -0.3, 0.3) : undefined;
    nodes.push(dense(name, rows, bias));
    edges.push([from, name]);
    if (!late) return void edges.push([name, to]);
    const steps = dice.chance(50) ? dice.between(0, 4) : [...dice.list(rows.length, 0, 4)];
    nodes.push(delay(`${name} late`, steps));
    edges.push([name, `${name} late`], [`${name} late`, to]);
  };
  const names = Array.from({ length: dice.between(1, 4) }, (_, i) => `p${i}`);
  for (const [index, name] of names.entries()) {
    sizes.set(name, dice.between(1, 3));
    nodes.push(randomCell(name, sizes.get(name)!, dice));
    join(index === 0 ? "in" : names[index - 1]!, name);
    if (dice.chance(40)) join(dice.one(["in", ...names.slice(0, index)]), name);
  }
  if (loops) {
    for (const name of names) if (dice.chance(50)) join(name, dice.one(names.slice(0, names.indexOf(name) + 1)));
  }
  nodes.push(output("out"));
  edges.push([names.at(-1)!, "out"]);
  return discretize(createNetwork(nodes, edges).network, {
    dt: null,
    method: "euler",
    reset: null,
    resetDelay: false,
  }).network;
}

function randomFrames(network: DiscreteNetwork, steps: number, dice: Dice): Record<string, number[][]> {
  const inputs = network.nodes.filter(({ kind }) => kind === "input");
  const row = (size: number): number[] =>
    Array.from({ length: size }, () => (dice.chance(40) ? dice.between(1, 2) : 0));
  return Object.fromEntries(
    inputs.map(({ name, outputShape }) => [name, Array.from({ length: steps }, () => row(sizeOf(outputShape)))]),
  );
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe.each([
  { chip: wide, name: "in the next timestep" },
  { chip: wideAtOnce, name: "in the same timestep" },
])("a chip of many bits that delivers $name", ({ chip }) => {
  it.each([
    { loops: false, delays: false },
    { loops: true, delays: false },
    { loops: false, delays: true },
    { loops: true, delays: true },
  ])("fires as the float network does, with loops: $loops, delays: $delays", async (options) => {
    let spikes = 0;
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const dice = new Dice(seed);
        const network = randomNetwork(dice, options);
        const frames = randomFrames(network, 12, dice);
        const program = compileWide(network, chip);
        // A loop of several layers is late on a chip that delivers in the next timestep, and warned of.
        fc.pre(program.warnings.every(({ code }) => code !== "COMPILE_LOOP_LATE"));
        const got = await spikesOf(program, frames);
        const run = simulate(network, frames);
        fc.pre([...run.values()].every(({ margin }) => margin > 1e-4));
        for (const [name, expected] of run) {
          expect(got.get(name)).toEqual(expected.spikes);
          spikes += expected.spikes.flat().filter((spike) => spike === 1).length;
        }
      }),
      { numRuns: 150 },
    );
    expect(spikes).toBeGreaterThan(500);
  });
});
