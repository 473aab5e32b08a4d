/** A recipe at work: what it makes of one population before its integers are derived. */

import { readRecipe } from "../datapath/datapath.ts";
import { evaluateLines, evaluateReal, type Quantities } from "../datapath/real.ts";
import type { DatapathSpec } from "../datapath/spec.ts";
import type { RecipeSpec } from "../target/types.ts";
import { encodingOf, roundOf, roundTo } from "./encode.ts";
import type { FloatSynapses } from "./linear.ts";
import type { PopulationQuantities } from "./quantities.ts";

/** The scale that a recipe fixes and the other numbers it works out; null where it leaves the scale to the compiler. */
export function recipeNumbers(
  recipe: RecipeSpec | null,
  quantities: PopulationQuantities,
  synapses: readonly FloatSynapses[],
): { readonly scale: number; readonly numbers: Quantities } | null {
  if (recipe?.scale !== undefined) return { scale: recipe.scale, numbers: {} };
  if (recipe?.population === undefined) return null;
  const { alpha, beta, threshold, bias, lowerBound, initialCurrent, initialMembrane } = quantities;
  const known = {
    ...weightExtremes(synapses),
    ...extremes("alpha", [alpha]),
    ...extremes("beta", [beta]),
    ...extremes("threshold", [threshold]),
    ...extremes("bias", [bias]),
    ...extremes("lower_bound", [lowerBound]),
    ...extremes("current", [initialCurrent]),
    ...extremes("membrane", [initialMembrane]),
  };
  const { lines } = readRecipe(recipe);
  const { scale = NaN, ...numbers } = evaluateLines(lines, known, roundOf(recipe));
  return { scale, numbers };
}

/** Smallest and largest weight of some projections. */
export function weightExtremes(synapses: readonly FloatSynapses[]): Record<string, number> {
  return extremes(
    "weight",
    synapses.map(({ weight }) => weight),
  );
}

/** Infinite values count only where there are no others; without any values both are 0. */
function extremes(name: string, arrays: readonly Float64Array[]): Record<string, number> {
  const find = (counts: (value: number) => boolean): [number, number] => {
    let [low, high] = [Infinity, -Infinity];
    for (const values of arrays) {
      for (const value of values) {
        if (!counts(value)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return [low, high];
  };
  const finite = find(Number.isFinite);
  const [low, high] = finite[0] <= finite[1] ? finite : find(() => true);
  const none = low > high;
  return { [`lowest_${name}`]: none ? 0 : low, [`highest_${name}`]: none ? 0 : high };
}

/** The constants of a projection that a recipe sets. */
export function recipeConstants(
  recipe: RecipeSpec | null,
  spec: DatapathSpec,
  synapses: FloatSynapses,
  numbers: Quantities,
): Record<string, number> {
  const constants: Record<string, number> = {};
  const known = { ...numbers, ...weightExtremes([synapses]) };
  for (const [name, own] of Object.entries(spec.projection)) {
    if (recipe?.parameters[name] === undefined) continue;
    const encoding = encodingOf(name, own, recipe)!;
    const value =
      encoding.kind === "constant"
        ? encoding.value
        : roundTo(evaluateReal(encoding.expression, known, encoding.roundEach), encoding.round);
    constants[name] = Math.max(own.low, Math.min(own.high, value)) + 0;
  }
  return constants;
}
