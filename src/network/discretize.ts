/** From neurons in continuous time to one update per timestep: the coefficients of `PopulationNode`. */

import { mistake, type Warning } from "../errors.ts";
import type {
  DelayNode,
  DiscreteNetwork,
  DiscreteNode,
  Floats,
  Network,
  NetworkNode,
  NeuronNode,
  NeuronRule,
  PopulationNode,
  ResetKind,
  StepDelayNode,
} from "./types.ts";

/** How the equations are solved over one timestep. */
export type TimeMethod =
  /** Forward Euler; a synaptic current is updated first and the membrane sees the new one. */
  | "euler"
  /** Forward Euler in which the membrane sees the synaptic current from before the update, as Norse has it. */
  | "lagged"
  /** The exact solution for an input held constant over the timestep. */
  | "exact";

export interface TimeOptions {
  /** Seconds per timestep; null: 1e-4, and 1 for the leakless types I and IF. */
  readonly dt: number | null;
  readonly method: TimeMethod;
  /** null: to the `vReset` of each neuron. `zero` means 0 whatever `vReset` is. */
  readonly reset: ResetKind | null;
  /** Whether a reset takes effect in the timestep after its spike. */
  readonly resetDelay: boolean;
}

/** What a network in continuous time leaves open and was taken to be. */
export interface TimeAssumptions {
  /** Seconds per timestep. */
  readonly dt: number;
  /** What one timestep counts for the leakless types I and IF. */
  readonly integratorDt: number;
  readonly method: TimeMethod;
  readonly reset: ResetKind | "v_reset";
  readonly resetDelay: boolean;
}

export interface Discretized {
  readonly network: DiscreteNetwork;
  readonly assumptions: TimeAssumptions;
  readonly warnings: readonly Warning[];
}

/** The reading of a file that says nothing about time. */
export const defaultTime: TimeOptions = { dt: null, method: "euler", reset: null, resetDelay: false };

const DEFAULT_DT = 1e-4;
/** Largest part of a timestep that a rounded delay may be off before it is worth a word. */
const DELAY_TOLERANCE = 0.01;
/** With a shorter synaptic time constant (in timesteps) the exact coefficients lose more than a thousandth. */
const LARGEST_EXACT_RATIO = 10;

/**
 * Put a network on a grid of timesteps. Nodes that are discrete already stay as they are.
 *
 * @throws TIME_DT when `dt` is not a positive number, TIME_DELAY when a delay has too many timesteps, TIME_EXACT when
 *   the exact coefficients of a neuron are no finite numbers
 */
export function discretize(network: Network, options: TimeOptions): Discretized {
  const { method, reset, resetDelay } = options;
  const dt = options.dt ?? DEFAULT_DT;
  if (!(dt > 0 && Number.isFinite(dt))) throw mistake("TIME_DT", { dt }, { field: "dt" });
  const assumptions = { dt, integratorDt: options.dt ?? 1, method, reset: reset ?? "v_reset", resetDelay } as const;
  const warnings: Warning[] = [];
  const nodes = network.nodes.map((node) => discreteNode(node, assumptions, warnings));
  return { network: { nodes, edges: network.edges }, assumptions, warnings };
}

function discreteNode(node: NetworkNode, time: TimeAssumptions, warnings: Warning[]): DiscreteNode {
  if (node.kind === "delay") return stepDelay(node, time.dt, warnings);
  if (node.kind === "neuron") return population(node, time, warnings);
  return node;
}

function stepDelay(node: DelayNode, dt: number, warnings: Warning[]): StepDelayNode {
  const exact = Float64Array.from(node.delay, (delay) => delay / dt);
  const steps = exact.map(Math.round);
  const longest = steps.reduce((a, b) => Math.max(a, b), 0);
  if (longest >= 2 ** 31) throw mistake("TIME_DELAY", { steps: longest, dt }, { node: node.name });
  const error = exact.reduce((worst, value, i) => Math.max(worst, Math.abs(value - steps[i]!)), 0);
  if (error > DELAY_TOLERANCE) {
    const message = `Delays of ${node.name} are no whole number of timesteps of ${dt} s; they were rounded by up to ${percent(error)} of a timestep.`;
    warnings.push({ code: "TIME_DELAY_ROUNDED", message, place: { node: node.name } });
  }
  const { name, inputShape, outputShape } = node;
  return { kind: "stepDelay", name, inputShape, outputShape, steps: Int32Array.from(steps) };
}

function population(node: NeuronNode, time: TimeAssumptions, warnings: Warning[]): PopulationNode {
  if (time.method === "exact") warnExact(node, time.dt, warnings);
  else warnEuler(node, time.dt, warnings);
  const { name, inputShape, outputShape } = node;
  const coefficients = node.tauMem === null ? integrator(node, time) : leaky(node, node.tauMem, time);
  const reset = node.threshold === null ? "none" : time.reset === "v_reset" ? "zero" : time.reset;
  const resetTo = time.reset === "v_reset" ? node.vReset : null;
  if (node.vReset !== null && time.reset !== "v_reset") warnReset(node, node.vReset, time.reset, warnings);
  return {
    kind: "population",
    name,
    inputShape,
    outputShape,
    ...coefficients,
    threshold: node.threshold === null ? null : Float64Array.from(node.threshold),
    reset,
    resetTo: Float64Array.from(node.r, (_, i) => resetTo?.[i] ?? 0),
    resetDelay: node.threshold !== null && time.resetDelay,
    ...(time.method === "lagged" && node.tauSyn !== null ? { rule: laggedRule } : {}),
  };
}

/** The usual order but for the current. */
const laggedRule: NeuronRule = {
  response: "leaky",
  sees: "old",
  tested: "after",
  replaced: "after",
  settled: false,
  inhibition: false,
};

type Coefficients = Pick<PopulationNode, "alpha" | "currentGain" | "beta" | "gain" | "feedthrough" | "leak">;

/** dv/dt = r x; Euler is exact here. */
function integrator(node: NeuronNode, time: TimeAssumptions): Coefficients {
  const each = (value: (i: number) => number): Float64Array => Float64Array.from(node.r, (_, i) => value(i));
  return {
    alpha: null,
    currentGain: null,
    beta: each(() => 1),
    gain: each((i) => time.integratorDt * node.r[i]!),
    feedthrough: null,
    leak: each(() => 0),
  };
}

function leaky(node: NeuronNode, tauMem: Floats, time: TimeAssumptions): Coefficients {
  const each = (value: (i: number) => number): Float64Array => Float64Array.from(node.r, (_, i) => value(i));
  const ratio = (i: number): number => time.dt / tauMem[i]!;
  const { tauSyn } = node;
  if (time.method === "exact" && tauSyn !== null) return exactCurrentBased(node, tauMem, tauSyn, time.dt);
  // Share of the way to its resting value that the membrane (or current) goes in one timestep.
  const share = time.method === "exact" ? (x: number): number => -Math.expm1(-x) : (x: number): number => x;
  const synaptic = (i: number): number => time.dt / tauSyn![i]!;
  return {
    alpha: tauSyn === null ? null : each((i) => 1 - synaptic(i)),
    currentGain: tauSyn === null ? null : each((i) => synaptic(i) * (node.wIn?.[i] ?? 1)),
    beta: each((i) => 1 - share(ratio(i))),
    gain: each((i) => share(ratio(i)) * node.r[i]!),
    feedthrough: null,
    leak: each((i) => share(ratio(i)) * (node.vLeak?.[i] ?? 0)),
  };
}

/**
 * tauSyn di/dt = -i + w, tauMem dv/dt = (vLeak - v) + r i, with w = wIn x held constant over dt. With a = dt / tauSyn,
 * b = dt / tauMem and i0 the current before the step,
 *   v = e^-b v0 + (1 - e^-b) vLeak + r K (i0 - w) + r (1 - e^-b) w,   K = b (e^-a - e^-b) / (b - a),  b e^-b for a = b.
 * The population sees the current after the step, i = e^-a i0 + (1 - e^-a) w, so i0 is replaced by (i - (1 - e^-a) w) e^a.
 */
function exactCurrentBased(node: NeuronNode, tauMem: Floats, tauSyn: Floats, dt: number): Coefficients {
  const each = (value: (a: number, b: number, i: number) => number): Float64Array =>
    Float64Array.from(node.r, (_, i) => value(dt / tauSyn[i]!, dt / tauMem[i]!, i));
  const wIn = (i: number): number => node.wIn?.[i] ?? 1;
  const coefficients = {
    alpha: each((a) => Math.exp(-a)),
    currentGain: each((a, _, i) => -Math.expm1(-a) * wIn(i)),
    beta: each((_, b) => Math.exp(-b)),
    gain: each((a, b, i) => node.r[i]! * perCurrent(a, b)),
    feedthrough: each((a, b, i) => node.r[i]! * wIn(i) * (-Math.expm1(-b) - perCurrent(a, b))),
    leak: each((_, b, i) => -Math.expm1(-b) * (node.vLeak?.[i] ?? 0)),
  };
  if (!coefficients.gain.every((gain) => Number.isFinite(Math.fround(gain)))) {
    throw mistake("TIME_EXACT", { dt }, { node: node.name });
  }
  return coefficients;
}

/** K e^a of `exactCurrentBased`: what a current after the step contributes to the membrane. */
function perCurrent(a: number, b: number): number {
  return b * meanExponential(a - b);
}

/** Mean of e^x over 0 .. d: (e^d - 1) / d, 1 at d = 0. */
function meanExponential(d: number): number {
  return d === 0 ? 1 : Math.expm1(d) / d;
}

function warnEuler(node: NeuronNode, dt: number, warnings: Warning[]): void {
  for (const [field, tau] of [["tau_syn", node.tauSyn] as const, ["tau_mem", node.tauMem] as const]) {
    const ratio = largestRatio(dt, tau);
    if (ratio <= 1) continue;
    const [code, effect] =
      ratio > 2 ? ["TIME_UNSTABLE", "grow without bound"] : ["TIME_COARSE", "overshoot and change sign"];
    const message = `A timestep of ${dt} s is ${rounded(ratio)} times the shortest ${field} of ${node.name}; Euler steps ${effect}. Use a smaller dt or the exact method.`;
    warnings.push({ code, message, place: { node: node.name, field } });
  }
}

function warnExact(node: NeuronNode, dt: number, warnings: Warning[]): void {
  const ratio = largestRatio(dt, node.tauSyn);
  if (ratio <= LARGEST_EXACT_RATIO) return;
  const message = `A timestep of ${dt} s is ${rounded(ratio)} times the shortest tau_syn of ${node.name}; the exact method loses precision there. Use a smaller dt.`;
  warnings.push({ code: "TIME_COARSE", message, place: { node: node.name, field: "tau_syn" } });
}

function warnReset(node: NeuronNode, vReset: Floats, reset: ResetKind, warnings: Warning[]): void {
  if (vReset.every((value) => value === 0)) return;
  const message = `The file resets ${node.name} to v_reset, which is not 0; the chosen reset, ${reset}, ignores it.`;
  warnings.push({ code: "TIME_RESET_VALUE", message, place: { node: node.name, field: "v_reset" } });
}

function largestRatio(dt: number, tau: Floats | null): number {
  let largest = 0;
  for (const value of tau ?? []) largest = Math.max(largest, dt / value);
  return largest;
}

function rounded(value: number): string {
  return value.toPrecision(3);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
