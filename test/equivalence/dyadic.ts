/** Small networks of short numbers by chance, and all rungs from the float network to the chip on the same input. */

import { readSettings, type InputUse } from "../../src/compile/compile.ts";
import { provides, type Need } from "../../src/compile/needs.ts";
import type { Program, ProgramPopulation } from "../../src/compile/program.ts";
import type { Datapath } from "../../src/datapath/datapath.ts";
import { evaluateReal, parseReal } from "../../src/datapath/real.ts";
import { namesIn } from "../../src/datapath/syntax.ts";
import type { Stimuli } from "../../src/engine.ts";
import type { DraftNode } from "../../src/network/draft.ts";
import { sizeOf, type DiscreteNetwork } from "../../src/network/types.ts";
import { datapathOf } from "../../src/target/datapaths.ts";
import type { Target } from "../../src/target/types.ts";
import { eventsOf, integers, reals, runReading, type OracleStep } from "../chip/oracle.ts";
import { cell, dense, input, networkOf, output } from "../compile/networks.ts";
import type { FloatCell } from "../compile/simulate.ts";
import { stimuliOf } from "../compile/wide.ts";
import { Watch } from "../datapath/exactness.ts";
import type { Dice } from "../dice.ts";

/** A network with input for it. */
export interface Trial {
  readonly network: DiscreteNetwork;
  readonly use: InputUse;
  readonly frames: { readonly in: number[][] };
  readonly stimuli: Stimuli;
}

/** What networks may have for a chip to hold them exactly, read from its equations. */
export interface Features {
  /** Shares that a current and a membrane may keep; an alpha of 0 is no current. */
  readonly alphas: readonly number[];
  readonly betas: readonly number[];
  readonly resets: readonly ("zero" | "subtract")[];
  readonly bias: boolean;
  readonly graded: boolean;
  /** Events are served one by one, so that more than one at once may come to something else. */
  readonly alone: boolean;
}

export function featuresOf(target: Target): Features {
  const datapath = datapathOf(target, Object.values(target.datapaths)[0]!);
  const has = (need: Need): boolean => provides(datapath, null, need);
  const held = (quantity: "alpha" | "beta", values: readonly number[]): number[] =>
    values.filter((value) => holds(target, datapath, quantity, value));
  return {
    alphas: has("alpha") ? held("alpha", [0, 0.5, 0.75]) : [0],
    betas: has("beta") ? held("beta", [1, 0, 0.5, 0.75]) : [1],
    resets: (["zero", "subtract"] as const).filter(has),
    bias: has("bias"),
    graded: target.delivery.payloadBits > 0,
    alone: target.events !== null,
  };
}

/** Whether the integer of a decay is whole, within its type, and keeps just that share. */
function holds(target: Target, { spec }: Datapath, quantity: "alpha" | "beta", value: number): boolean {
  return Object.entries(spec.parameters).every(([name, { encodes, decodes, low, high }]) => {
    if (encodes === undefined || !namesIn(parseReal(encodes)).has(quantity)) return true;
    const integer = evaluateReal(parseReal(encodes), { [quantity]: value });
    if (!Number.isInteger(integer) || integer < low || integer > high) return false;
    const known = { ...readSettings(target, {}), [name]: integer };
    return decodes === undefined || evaluateReal(parseReal(decodes), known) === value;
  });
}

/** One or two layers whose numbers are small multiples of a power of two. */
export function dyadicTrial(dice: Dice, features: Features): Trial {
  const unit = 2 ** -dice.between(0, 3);
  const sizes = [dice.between(1, 3), dice.between(1, features.alone ? 2 : 3), dice.between(1, 2)];
  const layers = dice.between(1, 2);
  // What single chips want: weights of one sign, or of one sign per source.
  const signs = dice.one(["any", "positive", "of the source"]);
  const nodes: DraftNode[] = [input("in", sizes[0]!)];
  for (let layer = 1; layer <= layers; layer++) {
    const ofSource = Array.from({ length: sizes[layer - 1]! }, () => (dice.chance(30) ? -1 : 1));
    const weight = (source: number): number => {
      const sign = signs === "positive" ? 1 : signs === "any" ? dice.one([-1, 1, 1]) : ofSource[source]!;
      return dice.chance(15) ? 0 : sign * dice.between(1, 3) * unit;
    };
    const rows = Array.from({ length: sizes[layer]! }, () => ofSource.map((_, source) => weight(source)));
    nodes.push(dense(`w${layer}`, rows), dyadicCell(`p${layer}`, sizes[layer]!, unit, features, dice));
  }
  const network = networkOf([...nodes, output("out")], `${nodes.map(({ name }) => name).join(" ")} out`);
  const graded = features.graded && dice.chance(40);
  // Values in sixteenths, so that payloads are whole.
  const use: InputUse = graded ? { kind: "graded", limit: 255 / 16 } : { kind: "spikes", limit: 1 };
  const value = (): number => (graded ? dice.between(1, 20) / 16 : 1);
  const share = dice.one([30, 60, 90]);
  const row = (): number[] => {
    const only = dice.between(0, sizes[0]! - 1);
    return Array.from({ length: sizes[0]! }, (_, i) => {
      return dice.chance(share) && (!features.alone || i === only) ? value() : 0;
    });
  };
  const frames = { in: Array.from({ length: dice.between(4, 7) }, row) };
  return { network, use, frames, stimuli: stimuliOf(frames, use.kind) };
}

function dyadicCell(name: string, neurons: number, unit: number, features: Features, dice: Dice): DraftNode {
  const reset = dice.one(features.resets);
  const alpha = dice.one(features.alphas);
  // A chip whose membranes of several thresholds fire as often wants high ones.
  const least = dice.one([1, 4, 8]);
  const level = (): number => dice.between(least, least + 4);
  const common = dice.chance(70) ? level() : null;
  const part = dice.one([1, 2]);
  return cell(name, {
    ...(alpha === 0 ? {} : { alpha }),
    beta: dice.one(features.betas),
    threshold: Array.from({ length: neurons }, () => ((common ?? level()) * unit) / part),
    reset,
    ...(features.bias && dice.chance(25) ? { leak: [...dice.list(neurons, -2, 2)].map((one) => one * unit) } : {}),
    ...(features.bias && reset === "zero" && dice.chance(15) ? { resetTo: -unit } : {}),
  });
}

/** A program by the letter, in integers and in real numbers. */
export interface Readings {
  readonly integer: readonly OracleStep[];
  readonly real: readonly OracleStep[];
  /** No operation rounded and none overflowed. */
  readonly exact: boolean;
}

export function readBoth(program: Program, { frames, stimuli }: Trial): Readings {
  const events = frames.in.map((_, step) => eventsOf(program, stimuli, step));
  const steps = frames.in.length + program.latency;
  const watch = new Watch();
  const integer = runReading(program, events, steps, integers(watch.observe));
  return { integer, real: runReading(program, events, steps, reals), exact: watch.exact };
}

/** Membrane LSBs per float unit of each neuron. */
export function lsbsOf({ target }: Program, { datapath, neurons, scale }: ProgramPopulation): number[] {
  const encodes = parseReal(target.datapaths[datapath]!.state["membrane"]!.encodes!);
  const own = (i: number): number => scale![scale!.length === 1 ? 0 : i]!;
  return Array.from({ length: neurons }, (_, i) => evaluateReal(encodes, { membrane: 1, scale: own(i) }));
}

/** What a membrane of 0 on the chip is in float. */
export function originOf({ origin }: ProgramPopulation, neuron: number): number {
  return origin?.[origin.length === 1 ? 0 : neuron] ?? 0;
}

/** How low each neuron's membrane can fall on the chip, in float units: the end of the register, or a bound of its own. */
export function floorsOf(program: Program, population: ProgramPopulation): number[] {
  const { state, parameters } = program.target.datapaths[population.datapath]!;
  const bounds = Object.entries(parameters).flatMap(([name, { encodes }]) => {
    const names = namesIn(parseReal(encodes ?? "0"));
    return names.has("lower_bound") && names.has("scale")
      ? [{ values: population.parameters[name]!, encodes: encodes! }]
      : [];
  });
  return lsbsOf(program, population).map((lsbs, i) => {
    const scale = population.scale![population.scale!.length === 1 ? 0 : i]!;
    const own = bounds.map(({ values, encodes }) => {
      const unit = evaluateReal(parseReal(encodes), { lower_bound: -1, scale });
      return -values[values.length === 1 ? 0 : i]! / unit;
    });
    return Math.max(state["membrane"]!.low / lsbs, ...own) + originOf(population, i);
  });
}

/** How many events through weights other than 0 the busiest neuron of a float run got in one timestep. */
export function mostEvents({ network, frames }: Trial, run: ReadonlyMap<string, FloatCell>): number {
  let most = 0;
  for (const node of network.nodes) {
    if (node.kind !== "dense") continue;
    const from = network.edges.find(({ to }) => to === node.name)!.from;
    const rows = run.get(from)?.spikes ?? frames.in;
    const width = sizeOf(node.inputShape);
    for (const row of rows) {
      for (let neuron = 0; neuron < sizeOf(node.outputShape); neuron++) {
        const events = row.filter((sent, source) => sent !== 0 && node.weight.data[neuron * width + source] !== 0);
        most = Math.max(most, events.length);
      }
    }
  }
  return most;
}
