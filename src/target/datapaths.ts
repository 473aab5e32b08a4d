/** The equations of a target's neurons as the compiler reads them, whether the chip runs in timesteps or on events. */

import { readDatapath, type Datapath } from "../datapath/datapath.ts";
import { readEventDatapath } from "../datapath/event-datapath.ts";
import type { DatapathSpec } from "../datapath/spec.ts";
import type { Target } from "./types.ts";

/** One datapath of a sound target. On events, `onSpike` is an input's event and `onTimestep` what ends a timestep. */
export function datapathOf(target: Target, spec: DatapathSpec): Datapath {
  const { events, settings } = target;
  if (events === null) return readDatapath(spec, settings).datapath!;
  const { words, blocks, loads } = readEventDatapath(spec, settings).datapath!;
  const linesOf = (kind: string): Datapath["onSpike"] => blocks.get(events.kinds[kind]!.runs!) ?? [];
  const { input, end } = events.timestep ?? { input: null, end: [] };
  return {
    spec,
    words,
    onSpike: input === null ? [] : linesOf(input),
    onTotal: null,
    onTimestep: end.flatMap(linesOf),
    onLoad: null,
    loads,
  };
}
