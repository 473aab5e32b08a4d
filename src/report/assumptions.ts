/** How a model was read and run, as label and value; the same rows in the terminal and on the page. */

import { counted, significant } from "../measure/numbers.ts";
import type { Assumptions } from "./document.ts";

const decodeWords: Readonly<Record<string, string>> = {
  spikes: "output with most spikes, lowest index on a tie",
  membrane: "output with the largest membrane after the last step",
  "max-membrane": "output with the largest membrane of any step",
  "first-spike": "output that spikes first, lowest index on a tie",
};

/** How floats became integers. */
export function integersText(recipe: string | null, calibration: string | null): string {
  const rules = recipe === null ? "by the target's own rules" : `by the recipe ${recipe}`;
  return calibration === null ? rules : `${rules}, weights rounded for ${calibration} (without labels)`;
}

/** One row per assumption, in the order of a run. */
export function assumptionRows(assumptions: Assumptions): readonly (readonly [label: string, value: string])[] {
  const { dt, method, reset, resetDelay, scale, encode, decode, seed, latency, recipe, notes } = assumptions;
  const time = dt === null ? "discrete in the model" : `dt = ${significant(dt)} s, ${method ?? "euler"} method`;
  return [
    ["time", time],
    ["reset", `${reset}, ${resetDelay ? "one step after the spike" : "in the step of the spike"}`],
    ["input", `${encode}${scale === null || scale === 1 ? "" : `, values times ${significant(scale, 4)}`}`],
    ["class", decodeWords[decode] ?? decode],
    ["seed", String(seed)],
    ["latency", `${counted(latency, "chip timestep")} beyond the model's`],
    ["integers", integersText(recipe, assumptions.calibration)],
    ...notes.map((note) => ["note", note] as const),
  ];
}
