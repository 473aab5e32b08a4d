import { describe, expect, it } from "vitest";
import { Code, encodeModule, largestMemoryPages } from "../../src/kernels/encode.ts";
import { hasSimd, webAssembly, type WasmMemory } from "../../src/kernels/wasm.ts";

function run(code: Code, memory: WasmMemory, shared: boolean): number {
  const bytes = encodeModule(
    [{ name: "main", parameters: ["i32"], results: ["i32"], locals: ["v128", "i32"], body: code }],
    shared,
  );
  const module = new webAssembly!.Module(bytes);
  const { exports } = new webAssembly!.Instance(module, { env: { memory } });
  return (exports["main"] as (value: number) => number)(7);
}

describe("an encoded module", () => {
  it("runs vector instructions on memory of either kind", () => {
    expect(hasSimd()).toBe(true);
    for (const shared of [false, true]) {
      const memory = new webAssembly!.Memory({ initial: 1, maximum: largestMemoryPages, shared });
      new Int32Array(memory.buffer).set([1, 2, 3, -4], 1000);
      const code = new Code().int(0).memory("v128.load", 4000).get(0).op("i32x4.splat").op("i32x4.mul").set(1);
      code.int(16).get(1).memory("v128.store", 4000).get(1).lane("i32x4.extract_lane", 3);
      expect(run(code, memory, shared)).toBe(-28);
      expect([...new Int32Array(memory.buffer, 4016, 4)]).toEqual([7, 14, 21, -28]);
    }
  });

  it("loops, branches and holds numbers of every length", () => {
    const memory = new webAssembly!.Memory({ initial: 1 });
    for (const value of [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]) {
      // Counted down from 7 to 0: the number is added seven times, modulo 2^32.
      const code = new Code().block().loop().get(0).op("i32.eqz").branchIf(1);
      code.get(2).int(value).op("i32.add").set(2).get(0).int(1).op("i32.sub").set(0).branch(0).end().end().get(2);
      expect(run(code, memory, false)).toBe((value * 7) | 0);
    }
  });
});
