/**
 * How fast does one dense layer of a chip's integers run here, and in what others have published for the chip? 784 inputs of
 * which a tenth is active, 1000 neurons, 200 timesteps; spikes are compared where both compute the same bits:
 * `node dist-bench/layer-against-emulators.js [--json FILE] [--repeats N] [--only PEER]`.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInterpreter, openKernels, parseNpy, writeNpy, type Recording } from "bitspike";
import { layerPage, type LayerResults } from "./pages/layer.ts";
import { openPeer, type PeerProcess } from "./peers/process.ts";
import { chances, denseProgram, stimuliOf } from "./programs.ts";
import { facts, inTurns, main, peersPython, projectPath, readOptions, seconds, type Contestant } from "./shared.ts";

const [inputs, neurons, steps, activity] = [784, 1000, 200, 0.1];
/** How often bitspike runs all timesteps in one turn: a peer takes as long for once. */
const times = 5;

interface Emulator {
  readonly name: string;
  readonly environment: "venv" | "venv-numpy1";
  readonly script: string;
  /** Whose bits it computes. */
  readonly target: string;
  readonly datapath: string;
  /** What the peer is told, by the names of its script. */
  readonly told: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly constants: Readonly<Record<string, number>>;
  /** Timesteps from input to neurons. */
  readonly arrivesAfter: number;
  /** A weight of 8 bits as the peer takes it, and as the program stores it. */
  readonly weight: (eight: number) => number;
  readonly stored: (eight: number) => number;
}

const decays = { current_decay: 500, membrane_decay: 300 };
const loihi2 = {
  target: "loihi2",
  datapath: "lif",
  told: { ...decays, threshold: 20_000 },
  parameters: { ...decays, threshold: 20_000, bias_mant: 0, bias_exp: 0 },
  constants: { weight_exp: 0, graded: 0, signs: 0, bits: 8 },
  arrivesAfter: 0,
  // With both signs the lowest of nine bits is lost.
  weight: (eight: number) => 2 * eight,
  stored: (eight: number) => 2 * eight,
};
const xylo = { membrane_shift: 3, current_shift: 2, threshold: 4000 };
const speck = { threshold: 1500, lower_bound: -3000 };

const emulators: readonly Emulator[] = [
  { name: "Lava", environment: "venv-numpy1", script: "lava", ...loihi2, arrivesAfter: 1 },
  {
    name: "nengo-loihi",
    environment: "venv-numpy1",
    script: "nengo-loihi",
    ...loihi2,
    target: "loihi",
    arrivesAfter: 1,
    parameters: {
      ...decays,
      threshold: 20_000 << 6,
      bias: 0,
      refractory_delay: 1,
      minimum: -8_388_607,
      maximum: 8_388_607,
    },
    constants: { weight_exp: 0, signs: 0, bits: 8 },
    stored: (eight) => (2 * eight) << 6,
  },
  { name: "Brian 2, C++", environment: "venv-numpy1", script: "brian2", ...loihi2 },
  {
    name: "xylosim",
    environment: "venv",
    script: "xylosim",
    target: "xylo-audio",
    datapath: "hidden",
    told: xylo,
    parameters: { ...xylo, current_2_shift: 0, spike_limit: 31 },
    constants: { weight_shift: 0 },
    arrivesAfter: 0,
    weight: (eight) => eight,
    stored: (eight) => eight,
  },
  {
    name: "sinabs",
    environment: "venv",
    script: "sinabs",
    target: "speck",
    datapath: "integrate_and_fire",
    told: speck,
    parameters: { ...speck, bias: 0, spike_limit: 0, reset_to_zero: 0 },
    constants: {},
    arrivesAfter: 0,
    weight: (eight) => eight,
    stored: (eight) => eight,
  },
];

type Measured = LayerResults["emulators"][number];

await main(async () => {
  const options = readOptions(["json", "repeats", "only"]);
  const repeats = Number(options.repeats ?? "15");
  const folder = mkdtempSync(join(tmpdir(), "bitspike-layer-"));
  const contestants = new Map<string, Contestant>();
  const opened: Opened[] = [];
  const missing: Record<string, string> = {};
  const at = facts();
  try {
    for (const emulator of emulators) {
      if (!emulator.name.includes(options.only ?? "")) continue;
      const one = await open(emulator, folder);
      if (typeof one === "string") {
        console.log(`${emulator.name} could not be run: ${one}`);
        missing[emulator.name] = one;
        continue;
      }
      opened.push(one);
      if (one.difference !== null) {
        console.log(`✗ ${emulator.name}: ${one.difference}`);
        return false;
      }
      contestants.set(emulator.name, () => one.process.run({ run: 1 }));
      contestants.set(`bitspike for ${emulator.name}`, () => one.own());
    }
    const timings = await inTurns(contestants, repeats);
    const measured = opened.map(({ emulator: { name, target, datapath }, rate }): Measured => {
      const [peer = [], own = []] = [timings.get(name), timings.get(`bitspike for ${name}`)];
      return { name, target, datapath, rate, peer, own };
    });
    const versions = Object.assign({}, at.versions, ...opened.map(({ process }) => process.versions)) as Record<
      string,
      string
    >;
    const results: LayerResults = {
      ...at,
      versions,
      repeats,
      inputs,
      neurons,
      steps,
      activity,
      missing,
      emulators: measured,
    };
    console.log(layerPage(results));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    return true;
  } finally {
    for (const { process } of opened) process.close();
    rmSync(folder, { recursive: true });
  }
});

/** A peer that waits for tasks, and the same program here. */
interface Opened {
  readonly emulator: Emulator;
  readonly process: PeerProcess;
  /** Seconds for all timesteps. */
  readonly own: Contestant;
  /** Spikes per neuron and timestep. */
  readonly rate: number;
  /** In what the spikes differ; null when they are the same. */
  readonly difference: string | null;
}

/** @returns why the peer could not be run, when it could not */
async function open(emulator: Emulator, parent: string): Promise<Opened | string> {
  const { target, datapath, parameters, constants, arrivesAfter, script } = emulator;
  const chance = chances(7);
  const eight = Int32Array.from({ length: inputs * neurons }, () => Math.floor(chance() * 256) - 128);
  const frames = Uint8Array.from({ length: steps * inputs }, () => (chance() < activity ? 1 : 0));
  const folder = join(parent, script);
  mkdirSync(folder);
  const write = (name: string, array: Parameters<typeof writeNpy>[0]): void =>
    writeFileSync(join(folder, name), writeNpy(array));
  write("weights.npy", { shape: [inputs, neurons], dtype: "int32", data: eight.map(emulator.weight) });
  write("spikes.npy", { shape: [steps, inputs], dtype: "uint8", data: frames });
  writeFileSync(join(folder, "parameters.json"), JSON.stringify(emulator.told));
  let process: PeerProcess;
  try {
    const file = projectPath(`bench/peers/layer_${script.replaceAll("-", "_")}.py`);
    process = await openPeer(peersPython(emulator.environment), [file, folder]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const weight = eight.map(emulator.stored);
  const program = denseProgram({ target, datapath, parameters, constants, weight, inputs, neurons, arrivesAfter });
  const stimuli = stimuliOf(frames, inputs);
  const engine = await openKernels(program);
  const expected = await countsOf(await openInterpreter(program).run(stimuli));
  const own = countsOf(await engine.run(stimuli));
  const theirs = parseNpy(readFileSync(join(folder, `${script}.npy`))).data as Int32Array;
  return {
    emulator,
    process,
    own: async () => {
      const run = async (): Promise<void> => {
        for (let i = 0; i < times; i++) await engine.run(stimuli);
      };
      return (await seconds(run)) / times;
    },
    rate: expected.reduce((sum, count) => sum + count, 0) / (steps * neurons),
    difference: firstDifference("the kernels", own, expected) ?? firstDifference("the peer", theirs, expected),
  };
}

/** [steps][neurons], how often each neuron fired. */
function countsOf({ populations: [only] }: Recording): Int32Array {
  const counts = new Int32Array(steps * neurons);
  const { start, neuron, payload } = only!.spikes;
  for (let step = 0; step < steps; step++) {
    for (let i = start[step]!; i < start[step + 1]!; i++) counts[step * neurons + neuron[i]!]! += payload?.[i] ?? 1;
  }
  return counts;
}

function firstDifference(who: string, got: Int32Array, wanted: Int32Array): string | null {
  const at = wanted.findIndex((count, i) => got[i] !== count);
  if (at === -1) return null;
  const [step, neuron] = [Math.floor(at / neurons), at % neurons];
  return `in timestep ${step} neuron ${neuron} fires ${got[at]} times in ${who}, ${wanted[at]} times in the interpreter.`;
}
