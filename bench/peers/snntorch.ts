/** The tutorial's 784-1000-10 network in snnTorch, as speed.py runs it, and as bitspike reads it. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseNpz, writeNpz, type Stimulus } from "bitspike";
import { peersPython, projectPath } from "../shared.ts";
import { readPeer, type Peer } from "./compare.ts";
import { openPeer, type PeerProcess } from "./process.ts";

/** What a NIR file does not say: the tutorial's neurons, and so snnTorch's defaults. */
const unsaid = { reset: "subtract", resetDelay: true, classes: { 1: "Leaky", 3: "Leaky" } } as const;

/** `step`: layer after layer in every timestep, as in the tutorial; `layer`: each linear layer for all timesteps at once. */
export type Way = "step" | "layer";

/**
 * @param folder is written to: the network, its input, and what snnTorch records
 * @param samples how many there are
 * @param checked of how many of them everything is recorded
 */
export function openSnnTorch(folder: string, samples: number, checked: number): Promise<PeerProcess> {
  return openPeer(peersPython(), [projectPath("bench/peers/speed.py"), folder, String(samples), String(checked)]);
}

/** The network with what snnTorch recorded of the first samples, and the input of all of them. */
export function peerOf(folder: string): Peer {
  const npz = (name: string): ReturnType<typeof parseNpz> => parseNpz(readFileSync(join(folder, name)));
  const all = writeNpz(new Map([...npz("input.npz"), ...npz("expected.npz")]), false);
  return readPeer(readFileSync(join(folder, "net.nir")), all, unsaid);
}

export function firstSamples(stimulus: Stimulus, samples: number): Stimulus {
  return { ...stimulus, samples };
}

/** The number of threads with which torch can be fastest. */
export async function bestThreads(snnTorch: PeerProcess, way: Way, batch: number, rounds: number = 8): Promise<number> {
  let best = { threads: 1, time: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (let threads = 1; threads <= availableParallelism(); threads++) {
      const time = await snnTorch.run({ way, batch, threads });
      if (time < best.time) best = { threads, time };
    }
  }
  return best.threads;
}
