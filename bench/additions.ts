/** The roof of a neuron loop: a loop that moves the same bytes and does nothing but additions. */

import { Code, encodeModule } from "../dist/kernels/encode.js";
import { bytesOf, type Region } from "../dist/kernels/memory.js";
import { webAssembly, type WasmMemory } from "../dist/kernels/wasm.js";

/** Neurons per turn: whole vectors of 16-bit elements. */
const turn = 16;

/**
 * Everything is added to what is stored.
 *
 * @returns a function of the number of neurons, a multiple of 16
 */
export function openAdditions(
  memory: WasmMemory,
  { loads, stores }: { readonly loads: readonly Region[]; readonly stores: readonly Region[] },
): (neurons: number) => void {
  const [end, neuron, address, sum] = [0, 1, 2, 3];
  const body = new Code().block().loop();
  body.get(neuron).get(end).op("i32.ge_u").branchIf(1);
  const stored = new Set(stores.map(({ offset }) => offset));
  const vectors = (region: Region): number[] =>
    Array.from({ length: (turn * bytesOf(region.storage)) / 16 }, (_, i) => region.offset + 16 * i);
  const seek = ({ storage }: Region): void => {
    body
      .get(neuron)
      .int(Math.log2(bytesOf(storage)))
      .op("i32.shl")
      .set(address);
  };
  for (const region of loads.filter(({ offset }) => !stored.has(offset))) {
    seek(region);
    for (const offset of vectors(region))
      body.get(sum).get(address).memory("v128.load", offset).op("i32x4.add").set(sum);
  }
  for (const region of stores) {
    seek(region);
    for (const offset of vectors(region)) {
      body.get(address).get(address).memory("v128.load", offset).get(sum).op("i32x4.add").memory("v128.store", offset);
    }
  }
  body.get(neuron).int(turn).op("i32.add").set(neuron).branch(0).end().end();
  const add = { name: "add", parameters: ["i32"], results: [], locals: ["i32", "i32", "v128"], body } as const;
  const module = new webAssembly!.Module(encodeModule([add], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["add"] as (neurons: number) => void;
}
