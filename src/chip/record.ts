/** Recording one sample after another from a machine. */

import type { Program } from "../compile/program.ts";
import type { EventList } from "../core/events.ts";
import type { Register } from "../datapath/prepare.ts";
import { parseBlock, parseDefinitions } from "../datapath/parse.ts";
import type {
  PopulationRecording,
  ProjectionRecording,
  QueueRecording,
  Recording,
  RunOptions,
  SpikeTrain,
} from "../engine.ts";
import { SpikeTrainBuilder } from "../recording.ts";
import { sizeOf } from "../network/types.ts";
import type { ChipMachine, ShownNeurons } from "./chip-machine.ts";

interface ProbeBuffer {
  readonly register: string;
  readonly source: Register;
  readonly trace: Int32Array | Float64Array;
}

/** Which probed names are no register or accumulator, by population: the machine has to keep them. */
export function probedNames(options: RunOptions): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { population, register } of options.probes ?? []) {
    names.set(population, [...(names.get(population) ?? []), register]);
  }
  return names;
}

/** Names that a probe may ask for, by population: registers, and what a timestep works out on its way. */
export function probeNames(program: Program): ReadonlyMap<string, readonly string[]> {
  return new Map(
    program.populations.map(({ name, datapath }) => {
      const { state, blocks } = program.target.datapaths[datapath]!;
      const lines = parseBlock(blocks["on timestep"] ?? "", parseDefinitions(blocks["define"] ?? ""));
      return [name, [...new Set([...Object.keys(state), ...lines.map((line) => line.name)])]];
    }),
  );
}

/** One population being recorded. */
interface Train {
  readonly offset: number;
  readonly fired: EventList;
  readonly spikes: SpikeTrainBuilder;
  readonly probes: readonly ProbeBuffer[];
}

/** One projection being recorded. */
interface Traffic {
  /** Of the population it leads to. */
  readonly offset: number;
  readonly delivery: { synops: number };
  /** [samples] */
  readonly synops: Float64Array;
}

/** Collects what a machine does in the samples `first` to `end` (excluded) of a run. */
export class Recorder {
  private readonly program: Program;
  readonly samples: number;
  private readonly chipTime: boolean;
  private readonly rows: number;
  private readonly trains: readonly Train[];
  private readonly traffic: readonly Traffic[];
  private readonly waiting: ChipMachine["queue"];
  private readonly queue: QueueRecording | null;

  /** @param steps of the model */
  constructor(machine: ChipMachine, samples: number, steps: number, options: RunOptions) {
    const { program } = machine;
    this.program = program;
    this.samples = samples;
    this.chipTime = options.chipTime ?? false;
    this.rows = this.chipTime ? steps + program.latency : steps;
    const rows = samples * this.rows;
    this.trains = program.populations.map(({ name, offset }): Train => {
      const population = machine.population(name);
      const probed = (options.probes ?? []).filter((probe) => probe.population === name);
      const probes = probed.map(({ register }) => probeBuffer(population, register, rows));
      return { offset, fired: population.fired, spikes: new SpikeTrainBuilder(rows), probes };
    });
    this.traffic = program.projections.map(({ name, to }): Traffic => {
      const { offset } = program.populations.find((population) => population.name === to)!;
      return { offset, delivery: machine.delivery(name), synops: new Float64Array(samples) };
    });
    this.waiting = machine.queue;
    this.queue = machine.queue === undefined ? null : { longest: new Int32Array(rows), lost: new Int32Array(rows) };
  }

  /** Note what the timestep just done gave; `step` counts the chip's timesteps of this sample from 0. */
  note(sample: number, step: number): void {
    for (const { offset, fired, spikes, probes } of this.trains) {
      const row = this.row(step, offset);
      if (row < 0) continue;
      spikes.addRow(fired.neuron, fired.binary ? null : fired.payload, fired.count);
      for (const { source, trace } of probes) trace.set(source, (sample * this.rows + row) * source.length);
    }
    for (const { offset, delivery, synops } of this.traffic) {
      if (this.row(step, offset) >= 0) synops[sample]! += delivery.synops;
      delivery.synops = 0;
    }
    if (this.queue !== null) this.noteQueue(this.queue, sample * this.rows + step);
  }

  /** Chips with a queue deliver within the timestep: none of their populations is late. */
  private noteQueue({ longest, lost }: QueueRecording, row: number): void {
    const waiting = this.waiting!;
    longest[row] = waiting.longest;
    lost[row] = waiting.lost;
    waiting.longest = 0;
    waiting.lost = 0;
  }

  /** Row of a chip timestep in the recording, or -1 when it lies outside of the population's own steps. */
  private row(step: number, offset: number): number {
    const row = this.chipTime ? step : step - offset;
    return row < this.rows ? row : -1;
  }

  /** @param whole whether all neurons were here; else outputs are left to whoever joins the parts */
  finish(engine: string, whole = true): Recording {
    const { program } = this;
    const populations = program.populations.map(({ name, shape, neurons }, index): PopulationRecording => {
      const { spikes, probes } = this.trains[index]!;
      const traces = new Map(probes.map(({ register, trace }) => [register, trace]));
      return { name, shape, neurons, spikes: spikes.finish(whole), traces };
    });
    const projections = program.projections.map(({ name, from, to }, index): ProjectionRecording => {
      return { name, from, to, synops: this.traffic[index]!.synops };
    });
    if (!whole) {
      return { engine, samples: this.samples, steps: this.rows, populations, projections, outputs: new Map() };
    }
    const recording = recordingOf(program, engine, this.samples, this.rows, populations, projections);
    return this.queue === null ? recording : { ...recording, queue: this.queue };
  }
}

function probeBuffer({ registers, probes, size }: ShownNeurons, register: string, rows: number): ProbeBuffer {
  const source = registers.get(register) ?? probes.get(register)!;
  const trace = source instanceof Float64Array ? new Float64Array(rows * size) : new Int32Array(rows * size);
  return { register, source, trace };
}

/** A recording with its outputs, which are the spikes of the populations that the Output nodes show. */
export function recordingOf(
  program: Program,
  engine: string,
  samples: number,
  steps: number,
  populations: readonly PopulationRecording[],
  projections: readonly ProjectionRecording[],
): Recording {
  const outputs = new Map<string, Float32Array>();
  for (const { name, population } of program.outputs) {
    const source = populations.find((one) => one.name === population)!;
    outputs.set(name, valuesOf(source.spikes, samples * steps, sizeOf(source.shape)));
  }
  return { engine, samples, steps, populations, projections, outputs };
}

function valuesOf({ start, neuron, payload }: SpikeTrain, rows: number, size: number): Float32Array {
  const values = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    for (let i = start[row]!; i < start[row + 1]!; i++) values[row * size + neuron[i]!]! += payload?.[i] ?? 1;
  }
  return values;
}
