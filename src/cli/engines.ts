/** The engines of the command line: the float reference, and the integer engine here or over worker threads. */

import type { Program, Synapses } from "../compile/program.ts";
import type { Recording, RunOptions, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { hasSimd } from "../kernels/wasm.ts";
import type { EmulatorEngine, Engines } from "../validate.ts";
import type { RunFlags } from "./options.ts";

/**
 * Each is loaded when it is opened: TensorFlow.js and the workers take longer to start than small networks to run.
 *
 * @param backend of TensorFlow.js; the best usable one when missing
 */
export function enginesOf(flags: Partial<RunFlags> & { readonly backend?: string }): Engines {
  return {
    async openReference(network) {
      const { openReference } = await import("../reference/engine.ts");
      return openReference(network, { backend: flags.backend });
    },
    openEmulator(program) {
      const { threads, split } = flags;
      const chosen = threads !== undefined || split !== undefined;
      return chosen ? openWorkers(program, flags) : Promise.resolve(new Emulator(program));
    },
  };
}

async function openWorkers(program: Program, { threads, split }: Partial<RunFlags>): Promise<EmulatorEngine> {
  const { openShards } = await import("../shard/engine.ts");
  return openShards(program, { threads, split });
}

async function openHere(program: Program): Promise<EmulatorEngine> {
  const { openKernels } = await import("../kernels/engine.ts");
  const engine = await openKernels(program);
  return Object.assign(engine, { threads: 1, split: null });
}

/** Where nothing is said: this thread for what ends before workers have started, else workers. */
class Emulator implements EmulatorEngine {
  readonly #program: Program;
  #opened: EmulatorEngine | null = null;
  #closed = false;

  constructor(program: Program) {
    this.#program = program;
  }

  get name(): string {
    return this.#opened?.name ?? "emulator";
  }

  get threads(): number {
    return this.#opened?.threads ?? 1;
  }

  get split(): "sample" | "core" | null {
    return this.#opened?.split ?? null;
  }

  async run(stimuli: Stimuli, options?: RunOptions): Promise<Recording> {
    if (this.#closed) throw mistake("ENGINE_CLOSED", {});
    const program = this.#program;
    this.#opened ??= await (endsSoon(program, stimuli) ? openHere(program) : openWorkers(program, {}));
    return this.#opened.run(stimuli, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opened?.close();
  }
}

/** About what workers take to start. */
const soonSeconds = 0.3;
/** Guesses on the slow side, where a tenth of all sources is active. */
const secondsPerNeuron = 2e-9;
const secondsPerSynapse = 1e-10;

/** Where there are no compiled kernels it takes a hundred times as long, and longer on chips that run on events. */
function endsSoon({ target, populations, projections }: Program, stimuli: Stimuli): boolean {
  if (target.events !== null || !hasSimd()) return false;
  const frames = Math.max(0, ...[...stimuli.values()].map(({ samples, steps }) => samples * steps));
  const neurons = populations.reduce((sum, one) => sum + one.neurons, 0);
  const synapses = projections.reduce((sum, one) => sum + synapsesOf(one.synapses), 0);
  return frames * (neurons * secondsPerNeuron + synapses * secondsPerSynapse) < soonSeconds;
}

function synapsesOf(synapses: Synapses): number {
  const places = synapses.kind === "conv2d" ? synapses.outputShape.slice(1) : [];
  return places.reduce((product, size) => product * size, synapses.weight.length);
}
