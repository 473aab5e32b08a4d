/** Synapses whose registers saturate at every event, so that events act one after the other. */

import { readTarget, type Synapses } from "bitspike";
import { Delivery } from "../dist/core/delivery.js";
import type { EventList } from "../dist/core/events.js";
import { Population } from "../dist/core/population.js";
import { openRows } from "../dist/core/rows.js";
import { Layout, openMemory, viewOf } from "../dist/kernels/memory.js";
import { planOrdered } from "../dist/kernels/ordered.js";
import { planPopulation } from "../dist/kernels/population.js";
import { packRows, writeRows } from "../dist/kernels/rows.js";
import type { WasmMemory } from "../dist/kernels/wasm.js";
import { loadOf } from "./driven.ts";

/** A chip that saturates a 16-bit current at every event. */
const [target, datapath] = ["xylo-audio", "hidden"];

export interface InOrder {
  readonly memory: WasmMemory;
  readonly neuron: Uint32Array;
  readonly payload: Int32Array;
  readonly addresses: Uint32Array;
  /** Of one row; 0 where none is stored. */
  readonly rowBytes: number;
  readonly rowAt: (source: number) => number;
  /** How rows are stored. */
  readonly form: string;
  deliver(list: EventList): void;
  /** @returns synops; null when accumulators differ from the interpreter's */
  check(list: EventList): number | null;
}

export function openInOrder(synapses: Synapses, sources: number, neurons: number): InOrder {
  const load = loadOf(readTarget(target), datapath, neurons);
  const [accumulator = ""] = load.datapath.spec.inputs;
  const projection = {
    name: "incoming",
    parameters: { weight_shift: 0 },
    accumulator,
    payload: { low: 1n, high: 1n },
  };
  const layout = new Layout();
  const plan = planPopulation(load, new Map(), layout, { shared: false });
  const rows = packRows(synapses, { neurons, low: 0, high: neurons }, layout);
  const ordered = planOrdered(plan, projection, rows, layout, false);
  const list = layout.reserve("u32", sources);
  const payloads = layout.reserve("i32", sources);
  const addresses = layout.reserve("u32", sources + 8);
  const memory = openMemory(layout);
  const kernel = plan.open(memory);
  writeRows(rows, synapses, memory);
  const delivery = ordered.open(memory, kernel, synapses);
  const start = viewOf(memory, rows.start);
  const dense = rows.kind === "dense";
  return {
    memory,
    neuron: viewOf(memory, list),
    payload: viewOf(memory, payloads).fill(1),
    addresses: viewOf(memory, addresses),
    // A listed synapse has the number of its neuron beside its weight.
    rowBytes: dense ? rows.stride : (5 * rows.weights.length) / sources,
    rowAt: (source) =>
      dense ? rows.weights.offset + source * rows.stride : rows.neurons.offset + 4 * start[2 * source]!,
    form: `${rows.kind}, in order`,
    deliver: (events) => delivery.deliver(events, false),
    check(events) {
      const plain = new Population(load, false);
      const expected = new Delivery(projection, openRows(synapses, neurons, 0, neurons), plain, false);
      expected.deliver(events);
      delivery.deliver(events, false);
      const [own, wanted] = [kernel.accumulators.get(accumulator)!, plain.accumulators.get(accumulator)!];
      return wanted.every((value, i) => value === own[i]) ? expected.synops : null;
    },
  };
}
