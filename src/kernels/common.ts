/** Synapses that one thread has packed in a memory that kernels of all threads work on, instead of a copy for each. */

import { partsOf } from "../compile/parts.ts";
import type { Program } from "../compile/program.ts";
import { projectionConstants, sumOf } from "../core/delivery.ts";
import { constantsOf } from "../core/population.ts";
import { isMemory } from "../core/synapses.ts";
import { packSynapses, writeSynapses, type PackedSynapses } from "./delivery.ts";
import type { Targets } from "./form.ts";
import { Layout, openMemory } from "./memory.ts";
import { bytesOfSynapses, mostTogether } from "./pieces.ts";
import type { WasmMemory } from "./wasm.ts";

/** The synapses onto a whole population, and the memory that they lie in; sums of every thread come behind them. */
export interface CommonSynapses {
  readonly memory: WasmMemory;
  readonly packed: PackedSynapses;
}

/** By the names of projections. Threads can be sent it. */
export type CommonByName = ReadonlyMap<string, CommonSynapses>;

/**
 * Pack what is large of a program for all threads. Lists that lie in a memory already stay there, and what chips add in the order
 * of events is left to every thread.
 *
 * @param least bytes of the weights of a projection
 * @throws ENGINE_MEMORY
 */
export function packForAll(program: Program, least: number): CommonByName {
  const common = new Map<string, CommonSynapses>();
  for (const { load, neurons, incoming } of partsOf(program)) {
    const targets = { neurons, low: 0, high: neurons };
    for (const projection of incoming) {
      const { synapses, name } = projection;
      if (synapses.weight.byteLength < least || ("memory" in synapses && isMemory(synapses.memory))) continue;
      if (bytesOfSynapses(synapses, targets) > mostTogether) continue;
      const sum = sumOf(load, projection, projectionConstants({ constants: constantsOf(load) }, projection));
      if (sum === null) continue;
      const layout = new Layout();
      const packed = packSynapses(synapses, targets, sum, layout);
      const memory = openMemory(layout, true, true);
      writeSynapses(packed, synapses, memory);
      common.set(name, { memory, packed });
    }
  }
  return common;
}

/** Those of a projection, if they are there and lead to the same targets; whoever has a part of them packs its own. */
export function commonOf(common: CommonByName, name: string, { low, high }: Targets): CommonSynapses | null {
  const own = common.get(name);
  return own !== undefined && own.packed.targets.low === low && own.packed.targets.high === high ? own : null;
}
