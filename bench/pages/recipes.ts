/** Accuracy of each way to integers, as text. */

import { factLines, table, type Facts } from "../shared.ts";

/** Accuracies, and shares of equal predictions and spikes; null where the run stopped. */
export interface Outcome {
  readonly float: number | null;
  readonly chip: number | null;
  readonly predictions: number | null;
  readonly spikes: number | null;
  /** Code of the error that stopped the run. */
  readonly stopped: string | null;
}

/** What recipes.ts finds out. */
export interface RecipeResults extends Facts {
  readonly rows: readonly ({
    readonly model: string;
    readonly target: string;
    /** Or what stands for the compiler's own rules. */
    readonly recipe: string;
    readonly images: number;
  } & Outcome)[];
}

/** One row for each model, target and recipe. */
export function recipesPage(results: RecipeResults): string {
  const rows = results.rows.map(({ model, target, recipe, images, float, chip, predictions, spikes }) => {
    return [model, target, recipe, String(images), ...[float, chip, predictions, spikes].map(percent)];
  });
  const head = ["model", "target", "integers", "images", "float %", "chip %", "same class %", "same spikes %"];
  const stops = results.rows.some(({ stopped }) => stopped !== null);
  return `Trained networks on MNIST digits, sent as random spikes, on images that neither training nor calibration saw; the calibration has
32 others, without labels. Same spikes are those at the same timestep in both, of those in either. One image is 0.6 points of accuracy
among 168, 1.7 among 60: what tells the ways apart are the spikes.${stops ? " Stops: a register overflows that the target gives no end." : ""}

${table(head, rows)}

${factLines(results)}`;
}

function percent(share: number | null): string {
  return share === null ? "stops" : (100 * share).toFixed(1);
}

/** How much a calibration helps. */
export function recipesHeadline({ rows }: RecipeResults): string {
  const ways = [...new Set(rows.map(({ model, target }) => `${model} ${target}`))].map((key) => {
    const own = rows.filter(({ model, target }) => `${model} ${target}` === key);
    return {
      plain: own.find((row) => row.recipe === "own rules")!,
      fitted: own.find((row) => row.recipe.endsWith("calibrated"))!,
    };
  });
  const closer = ways.filter(({ plain, fitted }) => (fitted.spikes ?? 0) > (plain.spikes ?? 0)).length;
  return `A calibration brings the spikes of ${closer} of ${ways.length} pairs of trained network and chip closer to the float network's.`;
}
