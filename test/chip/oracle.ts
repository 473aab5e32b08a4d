/** A program run by the letter: every neuron, every synapse and every event one by one, with no thought of speed. */

import type { Program, ProgramPopulation, ProgramProjection, Synapses } from "../../src/compile/program.ts";
import { runBlock, type Observer } from "../../src/datapath/evaluate.ts";
import { realLanes, runIdeal } from "../../src/datapath/ideal.ts";
import { parseBlock, parseDefinitions } from "../../src/datapath/parse.ts";
import type { Block } from "../../src/datapath/syntax.ts";
import type { Stimuli } from "../../src/engine.ts";
import { sizeOf } from "../../src/network/types.ts";

export interface Event {
  readonly neuron: number;
  readonly payload: number;
}

/** What one timestep of the chip gave. */
export interface OracleStep {
  /** By population or input. */
  readonly sent: Map<string, Event[]>;
  /** By population, one map of registers per neuron. */
  readonly registers: Map<string, Map<string, number>[]>;
  /** By projection: spikes delivered through one synapse each. */
  readonly synops: Map<string, number>;
}

/** One way to read equations: what numbers are, and how a block changes the values of names. */
export interface Reading<T> {
  readonly of: (value: number) => T;
  readonly run: (block: Block, values: Map<string, T>) => void;
}

/** Unbounded integers, as the plain walk has them. */
export function integers(observe?: Observer): Reading<bigint> {
  return { of: BigInt, run: (block, values) => runBlock(block, values, observe) };
}

/** Real numbers, without rounding and overflow. */
export const reals: Reading<number> = {
  of: Number,
  run: (block, values) => {
    const lanes = new Map([...values].map(([name, value]) => [name, Float64Array.of(value)]));
    for (const [name, [value]] of runIdeal(block, lanes, realLanes(1))) values.set(name, value!);
  },
};

/** Events of one timestep: payloads rounded and cut, or counts; without payloads a count is as many events. */
export function eventsOf(program: Program, stimuli: Stimuli, step: number): Map<string, Event[]> {
  return new Map(
    program.inputs.map(({ name, shape, payloadScale, payloadLimit }) => {
      const frame = new Float64Array(sizeOf(shape));
      stimuli.get(name)!.read(0, step, frame);
      const events = [...frame].flatMap((value, neuron): Event[] => {
        const rounded = payloadScale === null ? value : Math.round(value * payloadScale);
        const payload = Math.min(Math.max(rounded, -payloadLimit), payloadLimit);
        if (payload === 0) return [];
        if (program.target.delivery.payloadBits > 0) return [{ neuron, payload }];
        const count = Math.min(payload, program.target.delivery.atMost?.inputs ?? payload);
        return Array.from({ length: count }, () => ({ neuron, payload: 1 }));
      });
      return [name, events];
    }),
  );
}

/** A program in integers. @param inputs events of each input, by chip timestep; missing ones are silent */
export function runOracle(
  program: Program,
  inputs: readonly ReadonlyMap<string, Event[]>[],
  steps: number,
): OracleStep[] {
  return runReading(program, inputs, steps, integers());
}

/** A program in one reading of its equations. */
export function runReading<T>(
  program: Program,
  inputs: readonly ReadonlyMap<string, Event[]>[],
  steps: number,
  reading: Reading<T>,
): OracleStep[] {
  const { settings, target } = program;
  const words = new Map<string, number>();
  const states = new Map(
    program.populations.map((population) => [population.name, initialState(program, population, reading)]),
  );
  const done: OracleStep[] = [];
  for (let step = 0; step < steps; step++) {
    const sent = new Map<string, Event[]>(inputs[step] ?? []);
    const synops = new Map(program.projections.map(({ name }) => [name, 0]));
    done.push({ sent, synops, registers: new Map() });
    for (const population of program.populations) {
      const spec = target.datapaths[population.datapath]!;
      for (const group of [spec.parameters, spec.projection, target.settings]) {
        for (const own of Object.values(group)) for (const [i, word] of (own.words ?? []).entries()) words.set(word, i);
      }
      const neurons = states.get(population.name)!;
      const common = { ...Object.fromEntries(words), ...settings };
      const block = (name: string, text = ""): Block => parsed(spec.blocks[name] ?? text, spec.blocks["define"] ?? "");
      if (step < population.offset) {
        sent.set(population.name, []);
        continue;
      }
      for (const projection of program.projections.filter(({ to }) => to === population.name)) {
        const fired = done[step - projection.arrivesAfter]?.sent.get(projection.from) ?? [];
        const events = target.delivery.payloadBits > 0 ? fired : fired.flatMap((event) => repeated(event, program));
        if (events.length === 0) continue;
        for (const [index, neuron] of neurons.entries()) {
          const scope = scopeOf(
            neuron,
            { ...common, ...parametersAt(population, index), ...projection.parameters },
            reading,
          );
          // `input` stands for the accumulator that the projection feeds.
          scope.set("input", scope.get(projection.accumulator)!);
          scope.set("total", reading.of(0));
          const run = (name: string, text?: string): void => {
            reading.run(aliased(block(name, text), projection.accumulator), scope);
          };
          for (const event of events) {
            const weight = weightOf(projection, population, event.neuron, index);
            if (weight === null) continue;
            synops.set(projection.name, synops.get(projection.name)! + 1);
            scope.set("weight", reading.of(weight));
            scope.set("payload", reading.of(event.payload));
            run("on spike");
          }
          run("on total", "input = input + total");
          // An accumulator of the name `input` that the projection does not feed stays as it was.
          const { accumulator } = projection;
          for (const name of neuron.keys()) {
            if (name !== "input" || accumulator === "input") neuron.set(name, scope.get(name)!);
          }
        }
      }
      const fired: Event[] = [];
      const counts = neurons.map(() => 0);
      for (const [index, neuron] of neurons.entries()) {
        const scope = scopeOf(neuron, { ...common, ...parametersAt(population, index), timestep: step + 1 }, reading);
        scope.set("spike", reading.of(counts[index]!));
        reading.run(block("on timestep"), scope);
        counts[index] = Number(scope.get("spike"));
        const other = spec.forward === undefined ? -1 : (population.forwards?.[index] ?? -1);
        if (other >= 0) counts[other] = Math.min(counts[other]! + counts[index]!, spec.forward!.atMost);
        for (const name of Object.keys(spec.state)) neuron.set(name, scope.get(name)!);
        for (const name of spec.inputs) if (!(name in spec.state)) neuron.set(name, reading.of(0));
      }
      for (const [neuron, payload] of counts.entries()) if (payload !== 0) fired.push({ neuron, payload });
      sent.set(population.name, fired);
    }
    for (const [name, neurons] of states) {
      const registers = neurons.map((neuron) => new Map([...neuron].map(([key, value]) => [key, Number(value)])));
      done[step]!.registers.set(name, registers);
    }
  }
  return done;
}

/** A count of spikes as single spikes; inputs come as such already. */
function repeated({ neuron, payload }: Event, { target }: Program): Event[] {
  const count = Math.min(payload, target.delivery.atMost?.spikes ?? payload);
  return Array.from({ length: count }, () => ({ neuron, payload: 1 }));
}

/** Registers and accumulators of every neuron. */
function initialState<T>(
  { target }: Program,
  { datapath, neurons, initial }: ProgramPopulation,
  { of }: Reading<T>,
): Map<string, T>[] {
  const spec = target.datapaths[datapath]!;
  return Array.from({ length: neurons }, (_, index) => {
    const accumulators = spec.inputs.map((name) => [name, of(0)] as const);
    const registers = Object.keys(spec.state).map((name) => [name, of(at(initial[name], index))] as const);
    return new Map([...accumulators, ...registers]);
  });
}

function at(values: Int32Array | undefined, index: number): number {
  return values === undefined ? 0 : values.length === 1 ? values[0]! : values[index]!;
}

function parametersAt({ parameters }: ProgramPopulation, index: number): Record<string, number> {
  return Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, at(values, index)]));
}

function scopeOf<T>(
  neuron: ReadonlyMap<string, T>,
  constants: Record<string, number>,
  { of }: Reading<T>,
): Map<string, T> {
  return new Map([...neuron, ...Object.entries(constants).map(([name, value]) => [name, of(value)] as const)]);
}

const blocks = new Map<string, Block>();

function parsed(text: string, definitions: string): Block {
  const key = `${definitions}\n${text}`;
  const before = blocks.get(key) ?? parseBlock(text, parseDefinitions(definitions));
  blocks.set(key, before);
  return before;
}

function copy(from: string, to: string, at: Block[number]["at"]): Block[number] {
  return { name: to, value: { kind: "name", name: from, at }, at };
}

/** After each line, `input` and the accumulator that it stands for are the same. */
function aliased(block: Block, accumulator: string): Block {
  if (accumulator === "input") return block;
  return block.flatMap((line) => {
    if (line.name === "input") return [line, copy("input", accumulator, line.at)];
    return line.name === accumulator ? [line, copy(accumulator, "input", line.at)] : [line];
  });
}

/** The weight between two neurons, or null where there is no synapse. */
export function weightOf(
  { synapses }: ProgramProjection,
  population: ProgramPopulation,
  source: number,
  neuron: number,
): number | null {
  if (synapses.kind === "dense") return synapses.weight[source * population.neurons + neuron]!;
  if (synapses.kind === "conv2d") return convWeight(synapses, source, neuron);
  const { start, target, weight } = synapses;
  const index = target.subarray(start[source]!, start[source + 1]!).indexOf(neuron);
  return index < 0 ? null : weight[start[source]! + index]!;
}

/** Looks through all taps of the output pixel for one that lies on the input pixel. */
function convWeight(conv: Extract<Synapses, { kind: "conv2d" }>, source: number, neuron: number): number | null {
  const { inputShape, outputShape, kernel, stride, padding, dilation, groups, weight } = conv;
  const [channel, y, x] = pixel(source, inputShape);
  const [out, outY, outX] = pixel(neuron, outputShape);
  const [inGroup, outGroup] = [inputShape[0]! / groups, outputShape[0]! / groups];
  if (Math.floor(channel / inGroup) !== Math.floor(out / outGroup)) return null;
  for (let down = 0; down < kernel[0]; down++) {
    for (let across = 0; across < kernel[1]; across++) {
      const sees =
        outY * stride[0] + down * dilation[0] - padding[0] === y &&
        outX * stride[1] + across * dilation[1] - padding[1] === x;
      if (!sees) continue;
      const index = ((out * inGroup + (channel % inGroup)) * kernel[0] + down) * kernel[1] + across;
      return weight[index]!;
    }
  }
  return null;
}

/** Channel, row and column of an element. */
function pixel(index: number, [, height = 1, width = 1]: readonly number[]): [number, number, number] {
  return [Math.floor(index / (height * width)), Math.floor(index / width) % height, index % width];
}

/** How many neurons a program has, to keep it small. */
export function sizeOfProgram({ inputs, populations }: Program): number {
  return [...inputs, ...populations].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
