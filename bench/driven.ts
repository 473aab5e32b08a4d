/** Populations of any datapath with inputs by chance. */

import type { readTarget } from "bitspike";
import { encodingOf, roundTo, wantedValue } from "../dist/compile/encode.js";
import type { PopulationLoad } from "../dist/core/population.js";
import { readDatapath } from "../dist/datapath/datapath.js";
import type { DatapathSpec, ParameterSpec, TypeSpec } from "../dist/datapath/spec.js";
import { Layout, openMemory } from "../dist/kernels/memory.js";
import type { KernelNeurons } from "../dist/kernels/neurons.js";
import { planPopulation, type PopulationPlan } from "../dist/kernels/population.js";
import { openAdditions } from "./additions.ts";

export type Target = ReturnType<typeof readTarget>;

/** What 1024 synapses of 8 bits can add up to. */
export const bound: number = 2 ** 17;

let state = 1;
/** A number from -1 to 1 by chance, the same in every run. */
function chance(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 31 - 1;
}

/** Float quantities from which parameters are made: a leaky neuron of some tens of timesteps. */
const quantities = { alpha: 0.75, beta: 0.9375, threshold: 1, bias: 0.01, subtract: 0 };
/** A register is to hold so many thresholds. */
const headroom = 64;

/** The value of a parameter: its default, what it encodes, or a small number. */
function valueOf(name: string, spec: ParameterSpec, all: DatapathSpec): number {
  const chosen = Object.entries(all.parameters).flatMap(([key, one]) => (one.chosen === "exponent" ? [[key, 0]] : []));
  const encoding = spec.default === undefined ? encodingOf(name, spec, null) : null;
  const wanted =
    encoding === null
      ? 3
      : wantedValue(encoding, { ...quantities, scale: scaleOf(all), ...Object.fromEntries(chosen) });
  const value = spec.default ?? roundTo(wanted, spec.round ?? "nearest");
  return Math.max(spec.low, Math.min(spec.high, value));
}

/** LSBs per float unit, by the narrowest register that stands for a float. */
function scaleOf({ state }: DatapathSpec): number {
  const encoded = Object.values(state).filter(({ encodes }) => encodes !== undefined);
  return Math.min(2 ** 16, ...encoded.map(({ high }) => high / headroom));
}

/** A population of one datapath whose neurons are all alike. */
export function loadOf(target: Target, name: string, neurons: number): PopulationLoad {
  const spec = target.datapaths[name]!;
  const { datapath } = readDatapath(spec, target.settings);
  const values = Object.entries(spec.parameters).map(([key, one]) => [key, Int32Array.of(valueOf(key, one, spec))]);
  const settings = Object.entries(target.settings).map(([key, { low, default: own }]) => [key, own ?? low]);
  return {
    name,
    datapath: datapath!,
    low: 0,
    high: neurons,
    parameters: Object.fromEntries(values) as Record<string, Int32Array>,
    initial: {},
    settings: Object.fromEntries(settings) as Record<string, number>,
  };
}

/** A population of kernels with random inputs. */
export class Driven {
  readonly plan: PopulationPlan;
  readonly neurons: KernelNeurons;
  readonly add: () => void;
  /** [inputs] by accumulator; an accumulator that is a register is set to what it holds. */
  readonly frames: readonly ReadonlyMap<string, Int32Array>[];
  /** The same as the kernel's accumulators store them. */
  readonly #stored: readonly Frame[];

  constructor(load: PopulationLoad, amplitude: number, frames: number) {
    const range = { low: BigInt(-bound), high: BigInt(bound) };
    const layout = new Layout();
    const { inputs, state: registers } = load.datapath.spec;
    const bounds = new Map(inputs.map((input) => [input, { range }]));
    this.plan = planPopulation(load, bounds, layout, { shared: false });
    const memory = openMemory(layout);
    this.neurons = this.plan.open(memory);
    const add = openAdditions(memory, this.plan.kernel?.traffic ?? { loads: [], stores: [] });
    this.add = () => add(load.high);
    state = 1;
    const type = (input: string): TypeSpec => registers[input] ?? { low: -bound, high: bound };
    this.frames = Array.from({ length: frames }, () => {
      return new Map(inputs.map((input) => [input, valuesOf(load.high, amplitude, type(input))]));
    });
    this.#stored = this.frames.map((frame) => {
      return new Map([...frame].map(([name, values]) => [name, as(this.neurons.accumulators.get(name)!, values)]));
    });
  }

  /** Put the inputs of one timestep into accumulators of the same names: the kernel's, or others. */
  feed(step: number, others?: Pick<KernelNeurons, "accumulators">): void {
    const { accumulators } = others ?? this.neurons;
    const frames = others === undefined ? this.#stored : this.frames;
    for (const [name, values] of frames[step % frames.length]!) accumulators.get(name)!.set(values);
  }
}

type Numbers = Int16Array | Uint16Array | Int32Array | Float64Array;

/** Values of every accumulator, by name. */
export type Frame = ReadonlyMap<string, Numbers>;

/** Copied as fast as may be. */
function as(array: object, values: Int32Array): Numbers {
  if (array instanceof Int16Array) return Int16Array.from(values);
  if (array instanceof Uint16Array) return Uint16Array.from(values);
  return array instanceof Float64Array ? Float64Array.from(values) : values;
}

/** Values that come again after so many: more would take long to draw. */
const period = 2 ** 16;

function valuesOf(neurons: number, amplitude: number, { low, high }: TypeSpec): Int32Array {
  const values = new Int32Array(neurons);
  for (let i = 0; i < Math.min(neurons, period); i++) {
    values[i] = Math.max(low, Math.min(high, Math.round((chance() + 0.3) * amplitude * 0.75)));
  }
  for (let done = period; done < neurons; done *= 2) values.copyWithin(done, 0, done);
  return values;
}
