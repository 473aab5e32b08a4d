/** What a population needs of a chip's neurons, whether they have it, and what a user can do where they have not. */

import type { Datapath, neuronQuantities } from "../datapath/datapath.ts";
import { mistake, type BitspikeError } from "../errors.ts";
import type { RecipeSpec } from "../target/types.ts";
import { approximationOf } from "./approximate.ts";
import { encodingOf, mentions } from "./encode.ts";
import type { PopulationQuantities } from "./quantities.ts";

/** A quantity that a parameter has to encode, or the other kind of reset. */
export type Need = Exclude<(typeof neuronQuantities)[number], "scale"> | "zero";

const words: Readonly<Partial<Record<Need, string>>> = {
  alpha: "synaptic current (alpha)",
  beta: "leak by a factor (beta)",
  lower_bound: "lower bound of the membrane",
  subtract: "reset by subtraction",
  zero: "reset to zero",
};

function inWords(need: Need): string {
  return words[need] ?? need;
}

/** What to do about a quantity that a chip cannot hold. */
const remedies: Readonly<Record<Need, string>> = {
  alpha: "The chip has no synaptic current: use neurons without one, or another target.",
  beta: "The chip's membrane does not leak by a factor: use neurons that do not leak (beta of 1), or another target.",
  bias: "The chip has no bias: train without biases.",
  lower_bound: "The chip's membrane has no lower bound of its own: train without one.",
  subtract: "The chip resets to zero only: train with that, or see what it does with --reset zero.",
  zero: "The chip resets by subtraction only: train with that, or see what it does with --reset subtract.",
  threshold: "The chip has no threshold of its own.",
};

/** Quantities that differ from what a register would do without being told. */
export function needsOf({ alpha, beta, bias, subtract, threshold, lowerBound }: PopulationQuantities): Need[] {
  const needs: Need[] = [];
  if (alpha.some((kept) => kept !== 0)) needs.push("alpha");
  if (beta.some((kept) => kept !== 1)) needs.push("beta");
  if (bias.some((drive) => drive !== 0)) needs.push("bias");
  if (lowerBound.some((bound) => bound !== -Infinity)) needs.push("lower_bound");
  if (threshold.some((value) => value !== Infinity)) needs.push("threshold", subtract === 1 ? "subtract" : "zero");
  return needs;
}

/** Whether some parameter of a datapath, or its equations, stand for what is needed. */
export function provides(datapath: Datapath, recipe: RecipeSpec | null, need: Need): boolean {
  if (need === datapath.spec.reset) return true;
  const quantity = need === "zero" ? "subtract" : need;
  return Object.entries(datapath.spec.parameters).some(([name, spec]) => {
    // A recipe may put a constant where the target has an expression; the parameter still stands for the quantity.
    return mentions(encodingOf(name, spec, recipe), quantity) || mentions(encodingOf(name, spec, null), quantity);
  });
}

/** The mistake that tells what is missing, where, and what can be done. */
export function unsupported(target: string, missing: readonly Need[], nodes: readonly string[]): BitspikeError {
  const names = missing.map(approximationOf);
  const accept = names.includes(null) ? "" : ` Or see what is lost without, with --approximate ${names.join(",")}.`;
  const facts = {
    population: nodes.join(" and "),
    target,
    missing: missing.map(inWords).join(" and "),
    remedy: missing.map((need) => remedies[need]).join(" ") + accept,
  };
  return mistake("COMPILE_UNSUPPORTED", facts, { node: nodes[0]! });
}
