/** How long a chip takes for what a run did on it, as far as its times are published. */

import type { Program } from "../compile/program.ts";
import type { Recording, Stimuli } from "../engine.ts";
import type { LatencySpec, Sourced, Target } from "../target/types.ts";
import { costsOf, eventNames } from "./costs.ts";
import { barrierOf, SimpleLatency } from "./latency.ts";
import type { LedgerPlan } from "./ledger.ts";
import { MeshLatency } from "./mesh-latency.ts";
import { tileOf } from "../target/mesh.ts";

/** Times of the chip's timesteps, in ns. */
export interface StepTimes {
  readonly mean: number;
  readonly shortest: number;
  readonly longest: number;
  /** [timesteps of the chip], mean over samples. */
  readonly byStep: readonly number[];
  /** [samples] all timesteps of one together. */
  readonly bySample: readonly number[];
}

/** Time of a run on the chip. */
export interface TimeEstimate {
  /** `events`: from what each event takes. `timestep`: a published length of a timestep. `none`: not known. */
  readonly basis: "events" | "timestep" | "none";
  /** What would be needed to know it, or what is not in it. */
  readonly missing: readonly string[];
  /** The chip's timesteps of one sample, its latency included. */
  readonly steps: number;
  /** Each core does one thing after another, and messages take no time on their way; null: not known. */
  readonly simple: StepTimes | null;
  /** Messages cross the mesh and hold each other up; null: not known. */
  readonly mesh: StepTimes | null;
  /**
   * ns of one sample; null: not known. With messages on their way where they are known, by as much longer as in the
   * samples in which they were followed.
   */
  readonly perSample: number | null;
  /** One sample after another; null: not known. */
  readonly samplesPerSecond: number | null;
  /** The numbers that it rests on, each source once. */
  readonly sources: readonly Pick<Sourced, "source" | "confidence">[];
}

/** To follow messages takes time: beyond so many only those of the first samples are followed. */
const mostMessages = 20_000;

/**
 * Time of a run.
 *
 * @param recording as for `LedgerPlan.visit`
 */
export function estimateTime(plan: LedgerPlan, program: Program, stimuli: Stimuli, recording: Recording): TimeEstimate {
  const { latency: spec, events } = program.target;
  const steps = recording.steps + program.latency;
  const none = { simple: null, mesh: null, perSample: null, samplesPerSecond: null, steps, sources: [] };
  if (spec === undefined) {
    const missing = events === null ? ["times per event, or of a timestep"] : ["times per event"];
    return { ...none, basis: "none", missing };
  }
  if (spec.timestep !== undefined) {
    const perSample = spec.timestep.value * steps;
    return { ...none, basis: "timestep", missing: [], perSample, ...rate(perSample), sources: [spec.timestep] };
  }
  const tiles = tilesOf(program.target, plan);
  if (tiles === null && barrierOf(spec, Infinity) > 0) {
    return { ...none, basis: "none", missing: ["how the cores are joined, which the end of a timestep depends on"] };
  }
  const { simple, messages } = simpleTimes(plan, program, stimuli, recording, spec, tiles ?? 1);
  const mesh = meshTimes(plan, program, stimuli, recording, messages);
  const perSample = simple.mean * steps * (typeof mesh === "string" ? 1 : slowdown(simple, mesh));
  return {
    basis: "events",
    missing: [
      ...untimed(plan, program, spec),
      ...unrecorded(plan, program),
      ...(typeof mesh === "string" ? [mesh] : []),
    ],
    steps,
    simple,
    mesh: typeof mesh === "string" ? null : mesh,
    perSample,
    ...rate(perSample),
    sources: sourcesOf(plan, program, spec),
  };
}

/** By how much messages make the samples longer in which they were followed. */
function slowdown(simple: StepTimes, mesh: StepTimes): number {
  const alone = total(simple.bySample.slice(0, mesh.bySample.length));
  return alone === 0 ? 1 : total(mesh.bySample) / alone;
}

function total(times: readonly number[]): number {
  return times.reduce((sum, one) => sum + one, 0);
}

function rate(perSample: number): { samplesPerSecond: number | null } {
  return { samplesPerSecond: perSample > 0 ? 1e9 / perSample : null };
}

/** Tiles in use; null where nothing is known of them and several cores are in use. */
function tilesOf({ noc }: Target, { places }: LedgerPlan): number | null {
  const cores = new Set(places.map(({ core }) => core));
  if (noc === undefined) return cores.size <= 1 ? 1 : null;
  return new Set([...cores].map((core) => tileOf(core, noc))).size;
}

function simpleTimes(
  plan: LedgerPlan,
  program: Program,
  stimuli: Stimuli,
  recording: Recording,
  spec: LatencySpec,
  tiles: number,
): { simple: StepTimes; messages: Float64Array } {
  const rule = new SimpleLatency(plan, program, spec, tiles);
  const times: number[] = [];
  const messages = new Float64Array(recording.samples);
  const sent = plan.accounts.flatMap(({ kind }, i) => (kind === "axon-out" ? [i] : []));
  plan.visit(
    stimuli,
    recording,
    (counts, sample) => {
      times.push(rule.of(counts));
      for (const account of sent) messages[sample]! += counts[account]!;
    },
    { chipTime: true },
  );
  return { simple: stepTimes(times, recording.samples), messages };
}

/** @returns why it is not known, where it is not */
function meshTimes(
  plan: LedgerPlan,
  program: Program,
  stimuli: Stimuli,
  recording: Recording,
  messages: Float64Array,
): StepTimes | string {
  const { noc } = program.target;
  if (noc === undefined) return "messages on their way: nothing is known of the network of cores";
  if (noc.copies === "multicast") return "messages on their way: the model of the mesh sends one to each core";
  const cores = noc.width.value * noc.height.value * noc.coresPerTile.value;
  if (plan.places.some(({ core }) => core >= cores)) return "messages on their way: they leave the chip";
  let [samples, total] = [0, 0];
  while (samples < recording.samples && (samples === 0 || total + messages[samples]! <= mostMessages)) {
    total += messages[samples++]!;
  }
  const times = new MeshLatency(program, plan.places, plan).of(
    stimuli,
    // The same arrays, of which only the first samples are read.
    { ...recording, samples },
    plan.sentIn(stimuli, recording),
  );
  return stepTimes([...times], samples);
}

/** @param times [samples][steps] */
function stepTimes(times: readonly number[], samples: number): StepTimes {
  const steps = samples === 0 ? 0 : times.length / samples;
  const byStep = Array.from({ length: steps }, () => 0);
  const bySample = Array.from({ length: samples }, () => 0);
  let [shortest, longest] = [Infinity, 0];
  for (const [at, time] of times.entries()) {
    byStep[at % steps]! += time / samples;
    bySample[Math.floor(at / steps)]! += time;
    shortest = Math.min(shortest, time);
    longest = Math.max(longest, time);
  }
  const mean = times.length === 0 ? 0 : total(times) / times.length;
  return { mean, shortest: times.length === 0 ? 0 : shortest, longest, byStep, bySample };
}

/** Kinds of events that happen and have no time. */
function untimed({ accounts }: LedgerPlan, program: Program, spec: LatencySpec): string[] {
  const costs = accounts.flatMap((account) => costsOf(account, program, spec));
  return [...new Set(costs.flatMap(({ kind, cost }) => (cost === null ? [eventNames[kind][1]] : [])))];
}

function unrecorded({ activity }: LedgerPlan, { populations, target }: Program): string[] {
  const told = populations.some(({ datapath }) => target.datapaths[datapath]!.active !== undefined);
  return told && !activity ? ["active neurons, which were not recorded"] : [];
}

function sourcesOf(
  { accounts }: LedgerPlan,
  program: Program,
  spec: LatencySpec,
): readonly Pick<Sourced, "source" | "confidence">[] {
  const costs = accounts.flatMap((account) => costsOf(account, program, spec).flatMap(({ cost }) => cost ?? []));
  const all = [...costs, ...spec.barrier.map(({ time }) => time)];
  return [...new Map(all.map(({ source, confidence }) => [source, { source, confidence }])).values()];
}
