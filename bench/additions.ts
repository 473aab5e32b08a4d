/** The roofs of a neuron loop: one that moves the same bytes and only adds, and one that adds without moving anything. */

import { Code, encodeModule } from "../dist/kernels/encode.js";
import { bytesOf, type Region } from "../dist/kernels/memory.js";
import { webAssembly, type WasmMemory } from "../dist/kernels/wasm.js";

type AddFunction = (count: number) => void;

/** Neurons per turn: whole vectors of 16-bit elements. */
const turn = 16;

/**
 * Everything that is loaded is added to what is stored; what is stored without being loaded is only written.
 *
 * @returns a function of the number of neurons, a multiple of 16
 */
export function openAdditions(
  memory: WasmMemory,
  { loads, stores }: { readonly loads: readonly Region[]; readonly stores: readonly Region[] },
): AddFunction {
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
  const loaded = new Set(loads.map(({ offset }) => offset));
  for (const region of stores) {
    seek(region);
    for (const offset of vectors(region)) {
      body.get(address);
      if (loaded.has(region.offset)) body.get(address).memory("v128.load", offset).get(sum).op("i32x4.add");
      else body.get(sum);
      body.memory("v128.store", offset);
    }
  }
  body.get(neuron).int(turn).op("i32.add").set(neuron).branch(0).end().end();
  const add = { name: "add", parameters: ["i32"], results: [], locals: ["i32", "i32", "v128"], body } as const;
  const module = new webAssembly!.Module(encodeModule([add], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["add"] as AddFunction;
}

/** Sums that do not wait for each other: more than there are units that add, in fewer registers than there are. */
const sums = 12;
/** Additions per turn of the loop below. */
export const additionsPerTurn: number = 10 * sums;

/**
 * Additions of vectors that are in registers: no loop does more vector instructions in the same time.
 *
 * @returns a function of the number of turns
 */
export function openOperations(memory: WasmMemory): AddFunction {
  const [turns, done, first] = [0, 1, 2];
  const body = new Code().block().loop();
  body.get(done).get(turns).op("i32.ge_u").branchIf(1);
  const one = first + sums;
  for (let i = 0; i < additionsPerTurn; i++) {
    const sum = first + (i % sums);
    body.get(sum).get(one).op("i32x4.add").set(sum);
  }
  body.get(done).int(1).op("i32.add").set(done).get(done).op("i32x4.splat").set(one).branch(0).end().end();
  body.int(0);
  for (let i = 0; i < sums; i++) {
    body.get(first + i);
    if (i > 0) body.op("v128.xor");
  }
  body.memory("v128.store", 0);
  const locals = ["i32", ...Array.from({ length: sums + 1 }, () => "v128" as const)] as const;
  const add = { name: "add", parameters: ["i32"], results: [], locals, body } as const;
  const module = new webAssembly!.Module(encodeModule([add], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["add"] as AddFunction;
}
