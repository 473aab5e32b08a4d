import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alignment,
  bytesOf,
  Layout,
  openMemory,
  paddedLength,
  paddedViewOf,
  viewOf,
  type Storage,
} from "../../src/kernels/memory.ts";

const storage = fc.constantFrom<Storage>("i8", "u8", "i16", "u16", "i32", "u32", "f64");
const requests = fc.array(fc.record({ storage, length: fc.nat(500) }), { minLength: 1, maxLength: 12 });

describe("a layout", () => {
  it("gives every array a place of its own, aligned and padded", () => {
    fc.assert(
      fc.property(requests, fc.boolean(), (asked, shared) => {
        const layout = new Layout();
        const regions = asked.map((one) => layout.reserve(one.storage, one.length));
        const memory = openMemory(layout, shared);
        expect(memory.buffer instanceof SharedArrayBuffer).toBe(shared);
        for (const [index, region] of regions.entries()) {
          expect(region.offset % alignment).toBe(0);
          expect(viewOf(memory, region).length).toBe(asked[index]!.length);
          paddedViewOf(memory, region).fill(index + 1);
        }
        // Nobody wrote into another's elements or padding.
        for (const [index, region] of regions.entries()) {
          const padded = paddedViewOf(memory, region);
          expect(padded.every((value) => value === index + 1)).toBe(true);
          expect(padded.length).toBe(paddedLength(region.length));
          expect(padded.length % 64).toBe(0);
          expect(padded.BYTES_PER_ELEMENT).toBe(bytesOf(region.storage));
        }
      }),
    );
  });

  it("beyond what 32-bit addresses reach is refused", () => {
    const layout = new Layout();
    layout.reserve("f64", 2 ** 29);
    expect(() => openMemory(layout)).toThrow("need 429496");
  });
});
