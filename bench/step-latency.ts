/**
 * How long does one timestep of a closed loop take, from events in to spikes out? Every engine that steps:
 * `node dist-bench/step-latency.js [--json FILE] [--rounds N]`.
 */

import { writeFileSync } from "node:fs";
import {
  compile,
  connect,
  defaultTime,
  discretize,
  input,
  leaky,
  linear,
  openInterpreter,
  openKernels,
  readTarget,
  sequential,
  type ConnectedEngine,
  type Program,
  type Recording,
  type StepInputs,
  type StepResult,
  type SteppingEngine,
  type Stimuli,
} from "bitspike";
import { stepPage, type StepResults } from "./pages/steps.ts";
import { facts, main, median, percentile, readOptions } from "./shared.ts";

const target = "loihi2";
const hidden = [100, 1000];
/** Timesteps in one round: few, so that some rounds are not disturbed by other work. */
const steps = 100;
/** Rounds that do not count. */
const warmUp = 20;
/** In one round. */
const snapshots = 10;
const inputs = 784;

type Engine = SteppingEngine | ConnectedEngine;
type Measured = StepResults["networks"][number];

/** Every way to step a program. */
const openers: Readonly<Record<string, (program: Program) => Engine | Promise<Engine>>> = {
  interpreter: openInterpreter,
  kernels: openKernels,
  "kernels, connect()": (program) => connect(program),
};

await main(async () => {
  const options = readOptions(["json", "rounds"]);
  const rounds = Number(options.rounds ?? "150");
  const at = facts();
  const networks: Measured[] = [];
  for (const neurons of hidden) {
    const one = await measure(neurons, rounds);
    if (one === null) return false;
    networks.push(one);
  }
  const results: StepResults = { ...at, rounds, steps, target, networks };
  console.log(stepPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

/** @returns null when an engine's steps differ from a run of the interpreter */
async function measure(neurons: number, rounds: number): Promise<Measured | null> {
  const program = programOf(neurons);
  const active = Array.from({ length: steps }, (_, step) => activeAt(step));
  const events: StepInputs[] = active.map((neuron) => new Map([["input", { neuron }]]));
  const expected = await openInterpreter(program).run(stimuliOf(active), { chipTime: true });
  const engines = new Map<string, Engine>();
  try {
    for (const [name, open] of Object.entries(openers)) {
      const engine = await open(program);
      engines.set(name, engine);
      if (await stepsAre(engine, events, expected)) continue;
      console.log(`✗ ${inputs}-${neurons}-10: steps of ${name} differ from a run of the interpreter.`);
      return null;
    }
    return { ...activityOf(expected, neurons), engines: await inRounds(engines, events, rounds) };
  } finally {
    for (const engine of engines.values()) await engine.close();
  }
}

/** The tutorial's network with another number of hidden neurons, and random weights. */
function programOf(neurons: number): Program {
  const network = sequential(
    input([inputs]),
    linear(inputs, neurons),
    leaky({ beta: 0.9, reset: "zero" }),
    linear(neurons, 10),
    leaky({ beta: 0.9, reset: "zero" }),
  );
  return compile(discretize(network, defaultTime).network, readTarget(target));
}

/** One of every ten inputs, another one in each step. */
function activeAt(step: number): Uint32Array {
  return Uint32Array.from({ length: Math.floor(inputs / 10) }, (_, i) => {
    return 10 * i + ((Math.imul(step * 79 + i, 0x9e3779b1) >>> 16) % 10);
  });
}

function stimuliOf(active: readonly Uint32Array[]): Stimuli {
  const read = (_sample: number, step: number, out: Float32Array | Float64Array): void => {
    out.fill(0);
    for (const neuron of active[step] ?? []) out[neuron] = 1;
  };
  return new Map([["input", { samples: 1, steps, shape: [inputs], kind: "spikes", constant: false, read }]]);
}

async function stepsAre(engine: Engine, events: readonly StepInputs[], expected: Recording): Promise<boolean> {
  for (const [step, given] of events.entries()) {
    const result = await engine.step(given);
    for (const { name, spikes } of expected.populations) {
      const [begin, end] = [spikes.start[step] ?? 0, spikes.start[step + 1] ?? 0];
      if (idsOf(result, name) !== spikes.neuron.subarray(begin, end).join()) return false;
    }
  }
  return true;
}

function idsOf(result: StepResult, population: string): string {
  const { neuron, count } = result.get(population) ?? { neuron: new Uint32Array(0), count: -1 };
  return count === -1 ? "missing" : neuron.subarray(0, count).join();
}

function activityOf({ populations, projections }: Recording, neurons: number): Omit<Measured, "engines"> {
  const spikes = populations.reduce((all, one) => all + one.spikes.neuron.length, 0);
  const synops = projections.reduce((all, one) => all + (one.synops[0] ?? 0), 0);
  return { name: `${inputs}-${neurons}-10`, spikesPerStep: spikes / steps, synopsPerStep: synops / steps };
}

/** All engines in turns, round by round, so that what else goes on at the machine meets all alike. */
async function inRounds(
  engines: ReadonlyMap<string, Engine>,
  events: readonly StepInputs[],
  rounds: number,
): Promise<Measured["engines"]> {
  const measured = new Map([...engines.keys()].map((name) => [name, [] as { p50: number; p99: number }[]]));
  const snapshotTimes = new Map([...engines.keys()].map((name) => [name, [] as number[]]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, engine] of engines) {
      await engine.reset();
      const times = await timesOf(engine, events);
      const snapshot = await snapshotTime(engine);
      if (round < 0) continue;
      measured.get(name)?.push({ p50: percentile(times, 50), p99: percentile(times, 99) });
      snapshotTimes.get(name)?.push(snapshot);
    }
  }
  return Object.fromEntries(
    [...measured].map(([name, own]) => [name, { rounds: own, snapshot: median(snapshotTimes.get(name) ?? []) }]),
  );
}

/** Microseconds of each step. */
async function timesOf(engine: Engine, events: readonly StepInputs[]): Promise<Float64Array> {
  const times = new Float64Array(events.length);
  for (const [step, given] of events.entries()) {
    const begin = performance.now();
    const result = engine.step(given);
    // Waiting for what is there already would count as well.
    if (result instanceof Promise) await result;
    times[step] = 1000 * (performance.now() - begin);
  }
  return times;
}

/** Microseconds to take a snapshot and to go back to it. */
async function snapshotTime(engine: Engine): Promise<number> {
  const room = new Uint8Array(2 ** 20);
  const begin = performance.now();
  for (let i = 0; i < snapshots; i++) {
    const snapshot = engine.snapshot(room);
    const restored = engine.restore(snapshot instanceof Promise ? await snapshot : snapshot);
    if (restored instanceof Promise) await restored;
  }
  return (1000 * (performance.now() - begin)) / snapshots;
}
