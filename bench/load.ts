/** The roof of synaptic delivery: rows of bytes that are only loaded, some side by side. */

import { Code, encodeModule } from "../dist/kernels/encode.js";
import { webAssembly, type WasmMemory } from "../dist/kernels/wasm.js";

/** Loads the rows at `count` addresses, which lie one behind the other from `addresses` on; `bytes` of each. */
export type LoadRows = (addresses: number, count: number, bytes: number) => number;

/** Vectors of each row per turn of the loop. */
const unrolled = 4;

/**
 * @param together rows side by side: `count` of a call is a multiple of it
 * @returns a function that loads whole 64 bytes, and gives some of their bits, so that they cannot be left out
 */
export function openLoad(memory: WasmMemory, together: number): LoadRows {
  const [list, end, bytes] = [0, 1, 2];
  const rows = Array.from({ length: together }, (_, row) => 3 + row);
  const stop = 3 + together;
  const sums = Array.from({ length: unrolled }, (_, i) => stop + 1 + i);
  const body = new Code();
  // The number of rows becomes the end of the list.
  body.get(list).get(end).int(2).op("i32.shl").op("i32.add").set(end);
  body.block().loop();
  body.get(list).get(end).op("i32.ge_u").branchIf(1);
  for (const [i, row] of rows.entries())
    body
      .get(list)
      .memory("i32.load", 4 * i)
      .set(row);
  body.get(rows[0]!).get(bytes).op("i32.add").set(stop);
  body.loop();
  for (let vector = 0; vector < unrolled; vector++) {
    const sum = sums[vector]!;
    for (const row of rows) {
      body
        .get(sum)
        .get(row)
        .memory("v128.load", 16 * vector)
        .op("v128.or")
        .set(sum);
    }
  }
  for (const row of rows)
    body
      .get(row)
      .int(16 * unrolled)
      .op("i32.add")
      .set(row);
  body.get(rows[0]!).get(stop).op("i32.lt_u").branchIf(0).end();
  body
    .get(list)
    .int(4 * together)
    .op("i32.add")
    .set(list)
    .branch(0)
    .end()
    .end();
  for (const sum of sums) body.get(sum);
  for (let i = 1; i < sums.length; i++) body.op("v128.or");
  body.lane("i32x4.extract_lane", 0);
  const locals = [...rows.map(() => "i32" as const), "i32" as const, ...sums.map(() => "v128" as const)];
  const load = { name: "load", parameters: ["i32", "i32", "i32"], results: ["i32"], locals, body } as const;
  const module = new webAssembly!.Module(encodeModule([load], false));
  return new webAssembly!.Instance(module, { env: { memory } }).exports["load"] as LoadRows;
}
