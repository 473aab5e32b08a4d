/** Synapses that one thread has packed in a memory that kernels of all threads work on, instead of a copy for each. */

import { partsOf } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import { projectionConstants, sumOf } from "../core/delivery.ts";
import { constantsOf } from "../core/population.ts";
import type { Sum } from "../core/sums.ts";
import { isMemory, type Synapses } from "../core/synapses.ts";
import type { StopSignal } from "../engine.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { nextTurn } from "../turn.ts";
import { packSynapses, reserveSums, writeSynapses, type PackedSynapses } from "./delivery.ts";
import type { Targets } from "./form.ts";
import { Layout, openMemory, pagesOf } from "./memory.ts";
import { bytesOfSynapses, mostTogether } from "./pieces.ts";
import type { WasmMemory } from "./wasm.ts";

/** The synapses onto a whole population, and the memory that they lie in; sums of every thread come behind them. */
export interface CommonSynapses {
  readonly memory: WasmMemory;
  readonly packed: PackedSynapses;
}

/** By the names of projections. Threads can be sent it. */
export type CommonByName = ReadonlyMap<string, CommonSynapses>;

/** Workers that may open an engine one after the other in place of one thread: one that dies leaves its room. */
const livesOfThread = 8;

/**
 * Pack what is large of a program for all threads. Lists that lie in a memory already stay there; what chips add in the order
 * of events, and what no memory is found for, is left to every thread.
 *
 * @param least bytes of the weights of a projection
 * @param threads that open an engine on it
 * @throws RUN_INTERRUPTED
 */
export async function packForAll(
  program: Program,
  least: number,
  threads = 1,
  signal?: StopSignal,
): Promise<CommonByName> {
  const common = new Map<string, CommonSynapses>();
  for (const { load, neurons, incoming } of partsOf(program)) {
    const targets = { neurons, low: 0, high: neurons };
    for (const projection of incoming) {
      const { synapses, name } = projection;
      if (synapses.weight.byteLength < least || ("memory" in synapses && isMemory(synapses.memory))) continue;
      if (bytesOfSynapses(synapses, targets) > mostTogether) continue;
      const sum = sumOf(load, projection, projectionConstants({ constants: constantsOf(load) }, projection));
      if (sum === null) continue;
      const packed = packInMemory(synapses, targets, sum, threads);
      if (packed !== null) common.set(name, packed);
      await nextTurn();
      if (signal?.aborted === true) throw mistake("RUN_INTERRUPTED", {});
    }
  }
  return common;
}

/** Null where there is no memory for it. */
function packInMemory(synapses: Synapses, targets: Targets, sum: Sum, threads: number): CommonSynapses | null {
  const layout = new Layout();
  const packed = packSynapses(synapses, targets, sum, layout);
  const behind = new Layout();
  reserveSums(packed, behind);
  try {
    const memory = openMemory(layout, true, livesOfThread * threads * pagesOf(behind));
    writeSynapses(packed, synapses, memory);
    return { memory, packed };
  } catch (error) {
    if (error instanceof BitspikeError && error.code === "ENGINE_MEMORY") return null;
    throw error;
  }
}

/** Those of a projection, if they are there and lead to the same targets; whoever has a part of them packs its own. */
export function commonOf(common: CommonByName, name: string, { low, high }: Targets): CommonSynapses | null {
  const own = common.get(name);
  return own !== undefined && own.packed.targets.low === low && own.packed.targets.high === high ? own : null;
}
