/** Single timesteps of a machine for closed loops: checked inputs, results in place, snapshots. */

import type { ProgramInput } from "../compile/program.ts";
import { clearList, emptyList } from "../core/events.ts";
import type { StepEvents, StepInput, StepInputs, StepResult, StepSpikes, SteppingEngine } from "../engine.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { noSuchRegister } from "../stimuli.ts";
import type { ChipMachine, Feed, ShownNeurons } from "./chip-machine.ts";
import { encodeEvents, encodeFrame } from "./feed.ts";
import { Snapshots } from "./snapshot.ts";

/** One Input node. */
interface Port {
  readonly input: ProgramInput;
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

/** One population and what is shown of it. */
interface Shown {
  readonly neurons: ShownNeurons;
  readonly spikes: { -readonly [Field in keyof StepSpikes]: StepSpikes[Field] };
}

/** The stepping half of an engine, over any machine that has all neurons. */
export class Stepper implements Pick<SteppingEngine, "step" | "read" | "reset" | "snapshot" | "restore"> {
  private readonly machine: ChipMachine;
  private readonly snapshots: Snapshots;
  /** Lists, not maps: those who go through a map make an object for each entry. */
  private readonly ports: readonly Port[];
  private readonly shown: readonly Shown[];
  private readonly result: StepResult;
  /** A timestep has begun and not ended. */
  private broken = false;
  private inputs: StepInputs = nothing;
  /** How many of them there are nodes for. */
  private known = 0;
  /** A function of its own, made once. */
  private readonly feed: Feed = (index, list) => {
    const { input, sums } = this.ports[index]!;
    const { delivery } = this.machine.program.target;
    const given = this.inputs.get(input.name);
    clearList(list);
    if (given === undefined) return false;
    this.known++;
    if (isEvents(given)) encodeEvents(given, input, delivery, sums, list);
    else encodeFrame(frameOf(given, input.name, sums.length), input, delivery, list);
    return false;
  };

  constructor(machine: ChipMachine) {
    const { program } = machine;
    this.machine = machine;
    this.snapshots = new Snapshots(machine);
    this.ports = program.inputs.map((input) => ({ input, sums: new Float64Array(sizeOf(input.shape)) }));
    const { neuron, payload } = emptyList();
    this.shown = program.populations.map(({ name }) => {
      return { neurons: machine.population(name), spikes: { neuron, payload, count: 0 } };
    });
    this.result = new Map(program.populations.map(({ name }, index) => [name, this.shown[index]!.spikes]));
  }

  step(inputs: StepInputs = nothing): StepResult {
    if (this.broken) throw mistake("ENGINE_STEP_BROKEN", {});
    this.take(inputs);
    this.broken = true;
    this.machine.advance();
    this.broken = false;
    this.show();
    return this.result;
  }

  read(population: string, register: string, into?: Float64Array): Float64Array {
    const array = this.neurons(population)?.registers.get(register);
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
    this.inputs = inputs;
    this.known = 0;
    this.machine.take(this.feed);
    this.inputs = nothing;
    if (this.known < inputs.size) this.refuseUnknown(inputs);
  }

  private neurons(population: string): ShownNeurons | undefined {
    return this.shown[this.machine.program.populations.findIndex(({ name }) => name === population)]?.neurons;
  }

  private refuseUnknown(inputs: StepInputs): void {
    for (const input of inputs.keys()) {
      const known = this.ports.map((port) => port.input.name);
      if (!known.includes(input)) throw mistake("RUN_STIMULUS_UNKNOWN", { input, known: known.join(", ") });
    }
  }

  private unknownRegister(population: string, register: string): BitspikeError {
    const names = new Map(
      this.machine.program.populations.map(({ name }) => [name, [...this.neurons(name)!.registers.keys()]]),
    );
    return noSuchRegister(names, { population, register });
  }

  private show(): void {
    for (const { neurons, spikes } of this.shown) {
      // They begin at 0.
      const { neuron, payload, count } = neurons.fired;
      spikes.neuron = neuron;
      spikes.payload = payload;
      spikes.count = count;
    }
  }
}
