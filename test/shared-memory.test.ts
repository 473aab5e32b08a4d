import { expect, it } from "vitest";
import { canShare, share } from "../src/shared-memory.ts";

it("a value keeps its form and its numbers, and its arrays are in shared memory", () => {
  const value = {
    name: "it",
    none: null,
    lists: [Int8Array.of(-1), Float32Array.of(0.5)],
    map: new Map([["a", Uint32Array.of(2 ** 32 - 1)]]),
    part: Int32Array.of(1, 2, 3).subarray(1),
  };
  const shared = share(value);
  expect(shared).toEqual(value);
  const arrays = [...shared.lists, shared.map.get("a")!, shared.part];
  for (const { buffer } of arrays) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(shared.part.buffer.byteLength).toBe(8);
});

it("what is shared already is not copied again", () => {
  const once = share([Int32Array.of(1)]);
  expect(share(once)[0]).toBe(once[0]);
});

it("memory can be shared here", () => {
  expect(canShare()).toBe(true);
});
