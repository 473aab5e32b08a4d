/** Single timesteps of a machine for closed loops: checked inputs, results in place, snapshots. */

import type { ProgramInput } from "../compile/program.ts";
import { copyEvents, emptyList, type EventList } from "../core/events.ts";
import type { StepEvents, StepInput, StepInputs, StepResult, StepSpikes, SteppingEngine } from "../engine.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { noSuchRegister } from "../stimuli.ts";
import type { ChipMachine, ShownNeurons } from "./chip-machine.ts";
import { encodeEvents, encodeFrame } from "./feed.ts";
import { Snapshots } from "./snapshot.ts";

/** One Input node, and what it was given for the timestep to come. */
interface Port {
  readonly input: ProgramInput;
  readonly list: EventList;
  /** [size], for events out of order. */
  readonly sums: Float64Array;
}

type Frame = Float32Array | Float64Array;

const nothing: StepInputs = new Map();

/** Asked of what a caller without types may give, too. */
function isEvents(given: StepInput | null): given is StepEvents {
  return typeof given === "object" && given !== null && "neuron" in given;
}

/** What is no list of events has to be a frame of the input's size. @throws ENGINE_STEP_INPUT, RUN_STIMULUS_SHAPE */
function frameOf(given: Frame | null, input: string, expected: number): Frame {
  if (typeof given?.length !== "number") {
    throw mistake("ENGINE_STEP_INPUT", { input, problem: "is neither" }, { node: input });
  }
  const got = given.length;
  if (got !== expected) throw mistake("RUN_STIMULUS_SHAPE", { input, expected, got }, { node: input });
  return given;
}

/** The stepping half of an engine, over any machine that has all neurons. */
export class Stepper implements Pick<SteppingEngine, "step" | "read" | "reset" | "snapshot" | "restore"> {
  private readonly machine: ChipMachine;
  private readonly neurons: ReadonlyMap<string, ShownNeurons>;
  private readonly snapshots: Snapshots;
  private readonly ports: ReadonlyMap<string, Port>;
  private readonly result: ReadonlyMap<string, { -readonly [Field in keyof StepSpikes]: StepSpikes[Field] }>;
  /** A timestep has begun and not ended. */
  private broken = false;
  /** A function of its own, made once. */
  private readonly feed = (name: string, list: EventList): boolean => {
    copyEvents(this.ports.get(name)!.list, list);
    return false;
  };

  constructor(machine: ChipMachine) {
    const { program } = machine;
    this.machine = machine;
    this.neurons = new Map(program.populations.map(({ name }) => [name, machine.population(name)]));
    this.snapshots = new Snapshots(machine);
    this.ports = new Map(
      program.inputs.map((input): [string, Port] => {
        return [input.name, { input, list: emptyList(), sums: new Float64Array(sizeOf(input.shape)) }];
      }),
    );
    const { neuron, payload } = emptyList();
    this.result = new Map(program.populations.map(({ name }) => [name, { neuron, payload, count: 0 }]));
  }

  step(inputs: StepInputs = nothing): StepResult {
    if (this.broken) throw mistake("ENGINE_STEP_BROKEN", {});
    this.take(inputs);
    this.broken = true;
    this.machine.advance(this.feed);
    this.broken = false;
    this.show();
    return this.result;
  }

  read(population: string, register: string, into?: Float64Array): Float64Array {
    const array = this.neurons.get(population)?.registers.get(register);
    if (array === undefined) throw this.unknownRegister(population, register);
    const values = into ?? new Float64Array(array.length);
    if (values.length !== array.length) {
      const facts = { register, population, got: values.length, expected: array.length };
      throw mistake("ENGINE_READ_SIZE", facts, { node: population });
    }
    values.set(array);
    return values;
  }

  reset(): void {
    this.machine.reset();
    this.broken = false;
    this.show();
  }

  snapshot(into?: Uint8Array): Uint8Array {
    if (this.broken) throw mistake("ENGINE_STEP_BROKEN", {});
    return this.snapshots.take(into);
  }

  restore(snapshot: Uint8Array): void {
    this.snapshots.restore(snapshot);
    this.broken = false;
    this.show();
  }

  /** All inputs are checked and translated before anything of the machine moves. */
  private take(inputs: StepInputs): void {
    const { delivery } = this.machine.program.target;
    let known = 0;
    for (const [name, { input, list, sums }] of this.ports) {
      const given = inputs.get(name);
      list.count = 0;
      if (given === undefined) continue;
      known++;
      if (isEvents(given)) encodeEvents(given, input, delivery, sums, list);
      else encodeFrame(frameOf(given, name, sums.length), input, delivery, list);
    }
    if (known < inputs.size) this.refuseUnknown(inputs);
  }

  private refuseUnknown(inputs: StepInputs): void {
    for (const input of inputs.keys()) {
      if (this.ports.has(input)) continue;
      throw mistake("RUN_STIMULUS_UNKNOWN", { input, known: [...this.ports.keys()].join(", ") });
    }
  }

  private unknownRegister(population: string, register: string): BitspikeError {
    const names = new Map([...this.neurons].map(([name, { registers }]) => [name, [...registers.keys()]]));
    return noSuchRegister(names, { population, register });
  }

  private show(): void {
    for (const [name, spikes] of this.result) {
      // They begin at 0.
      const { neuron, payload, count } = this.neurons.get(name)!.fired;
      spikes.neuron = neuron;
      spikes.payload = payload;
      spikes.count = count;
    }
  }
}
