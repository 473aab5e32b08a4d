/**
 * How does the cost of a timestep depend on how many inputs are active? One dense layer on the kernels, against the same
 * layer in torch's floats, which costs the same whatever its input is: `node dist-bench/activity.js [--json FILE] [--repeats N]`.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openInterpreter, openKernels, writeNpy, type Engine, type Recording, type Stimuli } from "bitspike";
import { activityPage, type ActivityResults } from "./pages/activity.ts";
import { openPeer, type PeerProcess } from "./peers/process.ts";
import { chances, denseProgram, stimuliOf } from "./programs.ts";
import { facts, inTurns, main, peersPython, projectPath, readOptions, seconds, type Contestant } from "./shared.ts";

/** Inputs and neurons of the layers: weights in the second-level cache, and beyond it. */
const layers = [
  { inputs: 784, neurons: 1000 },
  { inputs: 4096, neurons: 4096 },
];
type Layer = (typeof layers)[number];
const activities = [0.001, 0.01, 0.1, 0.5, 1];
const batches = [1, 32];
const target = "loihi2";
const decays = { current_decay: 4095, membrane_decay: 410 };

type Measured = ActivityResults["layers"][number];

await main(async () => {
  const options = readOptions(["json", "repeats"]);
  const repeats = Number(options.repeats ?? "9");
  const at = facts();
  const measured: Measured[] = [];
  let versions = at.versions;
  for (const layer of layers) {
    const found = await measure(layer, repeats);
    if (found === null) return false;
    measured.push(found.layer);
    versions = { ...versions, ...found.versions };
  }
  const results: ActivityResults = { ...at, versions, repeats, target, batches, activities, layers: measured };
  console.log(activityPage(results));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  return true;
});

/** @returns null when the kernels differ from the interpreter */
async function measure(
  { inputs, neurons }: Layer,
  repeats: number,
): Promise<{ layer: Measured; versions: Readonly<Record<string, string>> } | null> {
  const chance = chances(11);
  const steps = inputs > 1000 ? 20 : 100;
  const weight = Int32Array.from({ length: inputs * neurons }, () => 2 * Math.floor(chance() * 128) - 128);
  // So that some neurons fire at a tenth.
  const threshold = Math.round(64 * Math.sqrt(inputs));
  const program = denseProgram({
    target,
    datapath: "lif",
    parameters: { ...decays, threshold, bias_mant: 0, bias_exp: 0 },
    constants: { weight_exp: 0, graded: 0, signs: 0, bits: 8 },
    weight,
    inputs,
    neurons,
    arrivesAfter: 0,
  });
  const engine = await openKernels(program);
  const folder = mkdtempSync(join(tmpdir(), "bitspike-activity-"));
  const peers = new Map<number, PeerProcess>();
  try {
    const frames = activities.map((activity) =>
      Uint8Array.from({ length: steps * inputs }, () => (chance() < activity ? 1 : 0)),
    );
    write(folder, "weights.npy", { shape: [inputs, neurons], dtype: "int32", data: weight });
    write(folder, "spikes.npy", { shape: [steps, inputs], dtype: "uint8", data: frames[2]! });
    for (const samples of batches) {
      writeFileSync(join(folder, "parameters.json"), JSON.stringify({ threshold, samples }));
      peers.set(samples, await openPeer(peersPython(), [projectPath("bench/peers/layer_torch.py"), folder]));
    }
    const contestants = new Map<string, Contestant>();
    const points: Omit<Measured["points"][number], "timings">[] = [];
    for (const [i, activity] of activities.entries()) {
      const alone = stimuliOf(frames[i]!, inputs);
      const recording = await engine.run(alone);
      if (!same(recording, await openInterpreter(program).run(alone))) {
        console.log(`✗ ${inputs}-${neurons} at ${100 * activity} %: the kernels differ from the interpreter.`);
        return null;
      }
      points.push({ activity, rate: recording.populations[0]!.spikes.neuron.length / steps / neurons });
      for (const samples of batches) contestants.set(`${activity} ${samples}`, ownRun(engine, alone, samples, steps));
    }
    // Per sample and timestep, in turns with all activities: torch's time is the same for all.
    for (const [samples, peer] of peers) {
      contestants.set(`torch ${samples}`, async () => (await peer.run({ run: 1 })) / samples / steps);
    }
    const timings = await inTurns(contestants, repeats);
    const timingOf = (who: string, samples: number): number[] => [...(timings.get(`${who} ${samples}`) ?? [])];
    return {
      layer: {
        inputs,
        neurons,
        torch: batches.map((samples) => timingOf("torch", samples)),
        points: points.map((point) => ({
          ...point,
          timings: batches.map((samples) => timingOf(String(point.activity), samples)),
        })),
      },
      versions: peers.get(1)!.versions,
    };
  } finally {
    for (const peer of peers.values()) peer.close();
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

function write(folder: string, name: string, array: Parameters<typeof writeNpy>[0]): void {
  writeFileSync(join(folder, name), writeNpy(array));
}

/** Seconds per sample and timestep. */
function ownRun(engine: Engine, alone: Stimuli, samples: number, steps: number): Contestant {
  const stimulus = alone.get("input")!;
  const stimuli = new Map([["input", { ...stimulus, samples }]]);
  const times = samples === 1 ? 4 : 1;
  const run = async (): Promise<void> => {
    for (let i = 0; i < times; i++) await engine.run(stimuli);
  };
  return async () => (await seconds(run)) / times / samples / steps;
}

function same({ populations: [a] }: Recording, { populations: [b] }: Recording): boolean {
  return a!.spikes.start.join() === b!.spikes.start.join() && a!.spikes.neuron.join() === b!.spikes.neuron.join();
}
