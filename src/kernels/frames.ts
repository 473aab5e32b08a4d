/** Frames of an input whose values that are not 0 are found four at a time. */

import type { FrameScanner } from "../chip/feed.ts";
import { deliveryKernels, type DeliveryModules } from "./load.ts";
import { compactionTable } from "./compaction.ts";
import { Layout, openMemory, viewOf } from "./memory.ts";

/** A frame of so many values, in a memory of its own. @throws ENGINE_MEMORY */
export function openFrame(modules: DeliveryModules, size: number): FrameScanner {
  const layout = new Layout();
  const places = {
    frame: layout.reserve("f64", size),
    found: layout.reserve("u32", size),
    table: layout.reserve("u8", compactionTable().length),
  };
  const memory = openMemory(layout);
  const { listNonZero } = deliveryKernels(modules, memory);
  viewOf(memory, places.table).set(compactionTable());
  return {
    frame: viewOf(memory, places.frame),
    found: viewOf(memory, places.found),
    scan: () => listNonZero(places.frame.offset, size, places.found.offset, places.table.offset),
  };
}
