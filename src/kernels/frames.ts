/** Frames of an input whose values that are not 0 are found many at a time. */

import type { FrameScanner, OnesScanner, OneValues } from "../chip/tabulate.ts";
import { deliveryKernels, type DeliveryKernels, type DeliveryModules } from "./load.ts";
import { Layout, openMemory, viewOf, type Region } from "./memory.ts";
import type { WasmMemory } from "./wasm.ts";

/** Where in the table the places of eight lanes begin. */
const placesOffset = 256;

/**
 * [16 masks][16 bytes]: bytes of the four lanes whose bits are set, moved to the front; then [256 masks][8]: which of eight
 * lanes have their bits set, one behind the other, less 0, 1, 2, 3, 0, 1, 2, 3.
 */
function compactionTable(): Uint8Array {
  const table = new Uint8Array(placesOffset + 256 * 8).fill(0x80, 0, placesOffset);
  for (let mask = 0; mask < 256; mask++) {
    let kept = 0;
    for (let lane = 0; lane < 8; lane++) {
      if ((mask & (1 << lane)) === 0) continue;
      if (mask < 16) for (let byte = 0; byte < 4; byte++) table[mask * 16 + kept * 4 + byte] = lane * 4 + byte;
      table[placesOffset + mask * 8 + kept] = lane - (kept & 3);
      kept++;
    }
  }
  return table;
}

/** Bytes of frames that are looked at in one go: they stay in the second-level cache. */
const bytesAtOnce = 65_536;

/** A frame of so many values, in a memory of its own. @throws ENGINE_MEMORY */
export function openFrame(modules: DeliveryModules, size: number): FrameScanner {
  const layout = new Layout();
  const rows = Math.max(1, Math.floor(bytesAtOnce / 4 / Math.max(1, size)));
  const places: Places = {
    frame: layout.reserve("f64", size),
    found: layout.reserve("u32", rows * size),
    table: layout.reserve("u8", compactionTable().length),
    values: layout.reserve("u8", 4 * rows * size),
    ends: layout.reserve("u32", rows),
  };
  const memory = openMemory(layout);
  const kernels = deliveryKernels(modules, memory);
  viewOf(memory, places.table).set(compactionTable());
  return {
    frame: viewOf(memory, places.frame),
    found: viewOf(memory, places.found),
    scan: () => kernels.listNonZero(places.frame.offset, size, places.found.offset, places.table.offset),
    ones: new Ones(kernels, memory, places, size, rows),
  };
}

interface Places {
  readonly frame: Region<"f64">;
  readonly found: Region<"u32">;
  readonly table: Region<"u8">;
  readonly values: Region<"u8">;
  readonly ends: Region<"u32">;
}

class Ones implements OnesScanner {
  readonly rows: number;
  readonly found: Uint32Array;
  readonly ends: Uint32Array;
  readonly #kernels: DeliveryKernels;
  readonly #places: Places;
  readonly #size: number;
  readonly #bytes: Uint8Array;
  readonly #floats: Float32Array;

  constructor(kernels: DeliveryKernels, memory: WasmMemory, places: Places, size: number, rows: number) {
    this.rows = rows;
    this.found = viewOf(memory, places.found);
    this.ends = viewOf(memory, places.ends);
    this.#kernels = kernels;
    this.#places = places;
    this.#size = size;
    this.#bytes = viewOf(memory, places.values);
    this.#floats = new Float32Array(this.#bytes.buffer, this.#bytes.byteOffset, rows * size);
  }

  list(values: OneValues, first: number, rows: number): number {
    const { found, ends, table, values: to } = this.#places;
    const places = table.offset + placesOffset;
    const size = this.#size;
    if (values instanceof Float32Array) {
      this.#floats.set(values.subarray(first * size, (first + rows) * size));
      return this.#kernels.listOneFloats(to.offset, size, rows, found.offset, ends.offset, places);
    }
    this.#bytes.set(values.subarray(first * size, (first + rows) * size));
    return this.#kernels.listOneBytes(to.offset, size, rows, found.offset, ends.offset, places);
  }
}
