/** Programs put together from their parts. */

import type { Program } from "../../src/compile/program.ts";

/** What a program with nothing in it has. */
export function programOf(parts: Partial<Program> & Pick<Program, "target" | "populations">): Program {
  const settings = Object.entries(parts.target.settings).map(
    ([name, spec]) => [name, spec.default ?? spec.low] as const,
  );
  return {
    format: "bitspike-program",
    version: 1,
    recipe: null,
    settings: Object.fromEntries(settings),
    inputs: [],
    projections: [],
    outputs: [],
    latency: Math.max(...parts.populations.map(({ offset }) => offset)),
    decisions: [],
    warnings: [],
    fit: { fits: true, cores: 1, coresAvailable: null, placement: [], reasons: [] },
    ...parts,
  };
}
