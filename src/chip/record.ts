/** Recording one sample after another from a machine. */

import type { Program } from "../compile/program.ts";
import { parseBlock, parseDefinitions } from "../datapath/parse.ts";
import type { PopulationRecording, ProjectionRecording, Recording, RunOptions, SpikeTrain, Trace } from "../engine.ts";
import { SpikeTrainBuilder } from "../recording.ts";
import { sizeOf } from "../network/types.ts";
import type { Machine } from "./machine.ts";

interface ProbeBuffer {
  readonly population: string;
  readonly register: string;
  readonly source: Int32Array | Float64Array;
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
      const lines = parseBlock(blocks["on timestep"]!, parseDefinitions(blocks["define"] ?? ""));
      return [name, [...new Set([...Object.keys(state), ...lines.map((line) => line.name)])]];
    }),
  );
}

/** Collects what a machine does in the samples `first` to `end` (excluded) of a run. */
export class Recorder {
  private readonly program: Program;
  private readonly machine: Machine;
  private readonly rows: number;
  private readonly samples: number;
  private readonly chipTime: boolean;
  private readonly trains: ReadonlyMap<string, SpikeTrainBuilder>;
  private readonly probes: readonly ProbeBuffer[];
  private readonly synops: ReadonlyMap<string, Float64Array>;

  /** @param steps of the model */
  constructor(machine: Machine, samples: number, steps: number, options: RunOptions) {
    const { program } = machine;
    this.program = program;
    this.machine = machine;
    this.samples = samples;
    this.chipTime = options.chipTime ?? false;
    this.rows = this.chipTime ? steps + program.latency : steps;
    const rows = samples * this.rows;
    this.trains = new Map(program.populations.map(({ name }) => [name, new SpikeTrainBuilder(rows)]));
    this.synops = new Map(program.projections.map(({ name }) => [name, new Float64Array(samples)]));
    this.probes = (options.probes ?? []).map(({ population, register }): ProbeBuffer => {
      const { registers, probes, size } = machine.population(population);
      const source = registers.get(register) ?? probes.get(register)!;
      const trace = source instanceof Int32Array ? new Int32Array(rows * size) : new Float64Array(rows * size);
      return { population, register, source, trace };
    });
  }

  /** Note what the timestep just done gave; `step` counts the chip's timesteps of this sample from 0. */
  note(sample: number, step: number): void {
    for (const { name, offset } of this.program.populations) {
      const row = this.row(step, offset);
      if (row < 0) continue;
      const { fired } = this.machine.population(name);
      this.trains.get(name)!.addRow(fired.neuron, fired.payload, fired.count);
      for (const { population, source, trace } of this.probes) {
        if (population === name) trace.set(source, (sample * this.rows + row) * source.length);
      }
    }
    for (const { name, to } of this.program.projections) {
      const { offset } = this.program.populations.find((population) => population.name === to)!;
      const synops = this.machine.takeSynops(name);
      if (this.row(step, offset) >= 0) this.synops.get(name)![sample]! += synops;
    }
  }

  /** Row of a chip timestep in the recording, or -1 when it lies outside of the population's own steps. */
  private row(step: number, offset: number): number {
    const row = this.chipTime ? step : step - offset;
    return row < this.rows ? row : -1;
  }

  finish(engine: string): Recording {
    const { program } = this;
    const populations = program.populations.map(({ name, shape, neurons }): PopulationRecording => {
      const traces = new Map<string, Trace>();
      for (const { population, register, trace } of this.probes) if (population === name) traces.set(register, trace);
      return { name, shape, neurons, spikes: this.trains.get(name)!.finish(), traces };
    });
    const projections = program.projections.map(({ name, from, to }): ProjectionRecording => {
      return { name, from, to, synops: this.synops.get(name)! };
    });
    return recordingOf(program, engine, this.samples, this.rows, populations, projections);
  }
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
