/** Turns the values of windows, step-major as the engine computes them, into a recording, sample-major. */

import type { PopulationRecording, Probe, Recording, SpikeTrain } from "../engine.ts";
import { mistake } from "../errors.ts";
import { sizeOf, type DiscreteNetwork, type PopulationNode } from "../network/types.ts";
import { concatTrains, SpikeTrainBuilder } from "../recording.ts";
import { lookup } from "./lookup.ts";

/** Samples and timesteps of one window. */
export interface Window {
  readonly firstSample: number;
  readonly samples: number;
  readonly firstStep: number;
  readonly steps: number;
}

/** Collects one run. Windows of the same samples come one after another, in the order of their steps. */
export class Recorder {
  private readonly length: { readonly samples: number; readonly steps: number };
  private readonly populations: readonly PopulationNode[];
  /** Spikes of the finished samples. */
  private readonly trains = new Map<string, SpikeTrain[]>();
  /** Spikes of the running samples, one train per window so far. */
  private readonly parts = new Map<string, { readonly train: SpikeTrain; readonly steps: number }[]>();
  private readonly traces = new Map<string, Map<string, Float32Array>>();
  private readonly outputs = new Map<string, Float32Array>();

  /** @throws RUN_MEMORY when there is no room for what is to be recorded */
  constructor(network: DiscreteNetwork, length: { samples: number; steps: number }, probes: readonly Probe[]) {
    this.length = length;
    this.populations = network.nodes.filter((node) => node.kind === "population");
    const rows = length.samples * length.steps;
    for (const node of this.populations) {
      const registers = probes.filter((probe) => probe.population === node.name).map((probe) => probe.register);
      const room = (name: string): Float32Array => allocate(rows * sizeOf(node.outputShape), `${name} of ${node.name}`);
      this.traces.set(node.name, new Map(registers.map((name) => [name, room(name)])));
    }
    for (const node of network.nodes) {
      if (node.kind === "output") this.outputs.set(node.name, allocate(rows * sizeOf(node.inputShape), node.name));
    }
  }

  /** Registers of a population to record. */
  probed(population: string): ReadonlySet<string> {
    return new Set(this.traces.get(population)?.keys());
  }

  /** @param fired [steps][samples][neurons], 1 where a neuron fired */
  spikes(population: string, window: Window, fired: Uint8Array): void {
    const { samples, steps } = window;
    const neurons = fired.length / (samples * steps);
    const builder = new SpikeTrainBuilder(samples * steps);
    const ids = new Uint32Array(neurons);
    for (let sample = 0; sample < samples; sample++) {
      for (let step = 0; step < steps; step++) {
        const base = (step * samples + sample) * neurons;
        let count = 0;
        for (let id = 0; id < neurons; id++) if (fired[base + id] !== 0) ids[count++] = id;
        builder.addRow(ids, null, count);
      }
    }
    append(this.parts, population, { train: builder.finish(), steps });
  }

  /** @param values [steps][samples][neurons] */
  trace(population: string, register: string, window: Window, values: Float32Array): void {
    this.write(lookup(lookup(this.traces, population), register), window, values, false);
  }

  /** @param values [steps][samples][size], or [samples][size] when they are the same at every step */
  output(name: string, window: Window, values: Float32Array, constant: boolean): void {
    this.write(lookup(this.outputs, name), window, values, constant);
  }

  /** All windows of the running samples are in. */
  endSamples(): void {
    for (const [name, parts] of this.parts) append(this.trains, name, interleaved(parts));
    this.parts.clear();
  }

  finish(): Recording {
    const { samples, steps } = this.length;
    const populations = this.populations.map((node) => this.population(node));
    return { engine: "reference", samples, steps, populations, projections: [], outputs: this.outputs };
  }

  private population({ name, outputShape }: PopulationNode): PopulationRecording {
    const silent = new SpikeTrainBuilder(this.length.samples * this.length.steps);
    const trains = this.trains.get(name);
    const spikes = trains === undefined ? silent.finish() : concatTrains(trains);
    return { name, shape: outputShape, neurons: sizeOf(outputShape), spikes, traces: lookup(this.traces, name) };
  }

  private write(to: Float32Array, window: Window, values: Float32Array, constant: boolean): void {
    const { firstSample, samples, firstStep, steps } = window;
    const size = values.length / (constant ? samples : samples * steps);
    for (let step = 0; step < steps; step++) {
      for (let sample = 0; sample < samples; sample++) {
        const from = ((constant ? 0 : step * samples) + sample) * size;
        const row = (firstSample + sample) * this.length.steps + firstStep + step;
        to.set(values.subarray(from, from + size), row * size);
      }
    }
  }
}

/** Trains of the same samples over consecutive steps as one train, each sample's steps together. */
function interleaved(parts: readonly { readonly train: SpikeTrain; readonly steps: number }[]): SpikeTrain {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first.train;
  const rows = parts.reduce((sum, { train }) => sum + train.start.length - 1, 0);
  const builder = new SpikeTrainBuilder(rows);
  const samples = rows / parts.reduce((sum, { steps }) => sum + steps, 0);
  for (let sample = 0; sample < samples; sample++) {
    for (const { train, steps } of parts) {
      for (let row = sample * steps; row < (sample + 1) * steps; row++) {
        const ids = train.neuron.subarray(train.start[row], train.start[row + 1]);
        builder.addRow(ids, null, ids.length);
      }
    }
  }
  return builder.finish();
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}

function allocate(length: number, what: string): Float32Array {
  try {
    return new Float32Array(length);
  } catch (cause) {
    throw mistake("RUN_MEMORY", { what, gigabytes: Math.ceil((length * 4) / 1e9) }, {}, { cause });
  }
}
