/** The asking side: an engine in a worker, as if it were here. */

import { transfer } from "comlink";
import type { Program } from "../compile/program.ts";
import type {
  ConnectedEngine,
  Recording,
  RunOptions,
  Stimuli,
  StepInput,
  StepInputs,
  StepResult,
  StepSpikes,
} from "../engine.ts";
import { mistake } from "../errors.ts";
import { canShare, share } from "../shared-memory.ts";
import { checkStimuli } from "../stimuli.ts";
import { Connection, type ConnectLimits, type WorkerHandle } from "./connection.ts";
import { ownBuffers, type EngineName, type PackedSpikes } from "./protocol.ts";
import { packStimuli } from "./stimuli.ts";

/** Programs whose arrays have been copied to shared memory, so that all engines of one program have them in common. */
const sharedPrograms = new WeakMap<Program, Program>();

/** What is asked of any worker. */
export interface EngineOptions extends ConnectLimits {
  /** Which engine the worker has: the fastest, or the plain one that needs no WebAssembly. `kernels` where missing. */
  readonly engine?: EngineName | undefined;
}

/**
 * Open a program on an engine in a worker.
 *
 * @throws ENGINE_WORKER_START, ENGINE_WORKER_DIED, and what opening the program throws
 */
export async function connectWorker(
  program: Program,
  worker: WorkerHandle,
  { engine = "kernels", ...limits }: EngineOptions = {},
): Promise<ConnectedEngine> {
  const connection = new Connection(worker, limits);
  try {
    await connection.start();
    const name = await connection.call(({ open }) => open(sharedProgram(program), engine));
    return engineOver(connection, program, name);
  } catch (error) {
    await connection.finish(mistake("ENGINE_CLOSED", {}));
    throw error;
  }
}

function sharedProgram(program: Program): Program {
  if (!canShare()) return program;
  const shared = sharedPrograms.get(program) ?? share(program);
  sharedPrograms.set(program, shared);
  return shared;
}

function engineOver(connection: Connection, program: Program, name: string): ConnectedEngine {
  const populations = program.populations.map((population) => population.name);
  return {
    name,
    run: (stimuli, options = {}) => runIn(connection, program, stimuli, options),
    async step(inputs = new Map()) {
      const packed = packInputs(inputs);
      return unpackSpikes(await connection.call(({ step }) => step(packed)), populations);
    },
    read: (population, register) => connection.call(({ read }) => read(population, register)),
    reset: () => connection.call(({ reset }) => reset()),
    snapshot: () => connection.call(({ snapshot }) => snapshot()),
    restore: (bytes) => connection.call(({ restore }) => restore(whole(bytes))),
    close: () => connection.finish(mistake("ENGINE_CLOSED", {})),
  };
}

async function runIn(
  connection: Connection,
  program: Program,
  stimuli: Stimuli,
  options: RunOptions,
): Promise<Recording> {
  connection.refuseEnded();
  const { samples } = checkStimuli(program.inputs, stimuli);
  const packed = await packStimuli(stimuli, options.signal);
  const arrays = [...packed.values()].flatMap(({ start, index, value }) => [start, index, value]);
  const { probes = [], chipTime = false } = options;
  const recording = await connection.callRun(options, ({ run }, id) =>
    run(id, transfer(packed, ownBuffers(arrays)), { probes, chipTime }),
  );
  options.onProgress?.(samples, samples);
  return recording;
}

/** The same inputs, with no array that shows a part of a larger one, which would cross with it. */
function packInputs(inputs: StepInputs): StepInputs {
  return new Map([...inputs].map(([name, given]) => [name, packInput(given)]));
}

function packInput(given: StepInput): StepInput {
  if (given instanceof Float32Array || given instanceof Float64Array) return whole(given);
  // Whatever else it is, the engine says what is wrong with it.
  if (typeof given !== "object" || given === null || !("neuron" in given)) return given;
  const { neuron, payload = null, count = neuron?.length } = given;
  const end = Number.isInteger(count) && count >= 0 ? count : undefined;
  return { neuron: first(neuron, end), payload: payload === null ? null : first(payload, end), count };
}

/** The entries of a list that are meant, in an array of their own. */
function first(list: ArrayLike<number>, end: number | undefined): ArrayLike<number> {
  return ArrayBuffer.isView(list) || Array.isArray(list) ? (list as Uint32Array | number[]).slice(0, end) : list;
}

/** The same array where it has its memory for itself or shares it with other threads, else a copy. */
function whole<A extends Uint8Array | Float32Array | Float64Array>(array: A): A {
  const { buffer, byteLength } = array;
  const alone = !(buffer instanceof ArrayBuffer) || buffer.byteLength === byteLength;
  return alone ? array : (array.slice() as A);
}

function unpackSpikes(packed: PackedSpikes, populations: readonly string[]): StepResult {
  const total = (packed.length - populations.length) / 2;
  const ids = new Uint32Array(packed.buffer, 4 * populations.length, total);
  const payloads = packed.subarray(populations.length + total);
  let at = 0;
  return new Map(
    populations.map((name, i): [string, StepSpikes] => {
      const [begin, end] = [at, at + packed[i]!];
      at = end;
      return [name, { count: end - begin, neuron: ids.subarray(begin, end), payload: payloads.subarray(begin, end) }];
    }),
  );
}
