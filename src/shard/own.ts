/** Input that workers read themselves: what our encoders made of data that all threads can see. */

import { Tabulation, type FeedTable, type FrameScanner } from "../chip/tabulate.ts";
import type { Program } from "../compile/program.ts";
import { recipeOf, type Recipe } from "../encoding/recipe.ts";
import { stimulusFrom } from "../encoding/reader.ts";
import type { Stimuli, Stimulus } from "../engine.ts";
import { sizeOf } from "../network/types.ts";
import { share } from "../shared-memory.ts";
import { Stopped } from "./barrier.ts";
import { slots, type OwnInput, type Portion, type SharedRecipe } from "./protocol.ts";

/** Data of more bytes are not copied to shared memory: they are read on the thread that has them. */
const mostCopied = 2 ** 28;

/** Stimuli as plain data; null where one of them is made by a function that no other thread can have. */
export function recipesOf(program: Program, stimuli: Stimuli): OwnInput["recipes"] | null {
  const recipes = new Map<string, SharedRecipe>();
  for (const { name } of program.inputs) {
    const { samples, steps, shape, kind, constant, read } = stimuli.get(name)!;
    const recipe = recipeOf(read);
    if (recipe === null) return null;
    if (!canBeRead(recipe)) return null;
    recipes.set(name, { samples, steps, shape, kind, constant, recipe: share(recipe) });
  }
  return recipes;
}

/** Data of no code are read about as fast as they are copied, so that workers only do so where there is nothing to copy. */
function canBeRead({ data: { values }, code: { encode } }: Recipe): boolean {
  if (values.buffer instanceof SharedArrayBuffer) return true;
  return encode !== "constant" && encode !== "spikes" && values.byteLength <= mostCopied;
}

/** Rows to read before looking at the stop flag. */
const rowsAtOnce = 256;

/** The portions that a worker takes, one after another. */
export class OwnPortions {
  readonly #program: Program;
  readonly #control: Int32Array;
  readonly #stimuli: ReadonlyMap<string, Stimulus>;
  readonly #portions: OwnInput["portions"];
  readonly #scannerFor: (size: number) => FrameScanner;

  constructor(
    program: Program,
    control: Int32Array,
    { recipes, portions }: OwnInput,
    scannerFor: (size: number) => FrameScanner,
  ) {
    this.#program = program;
    this.#control = control;
    this.#portions = portions;
    this.#scannerFor = scannerFor;
    this.#stimuli = new Map(
      [...recipes].map(([name, { recipe, ...facts }]) => [name, { ...facts, read: stimulusFrom(recipe).read }]),
    );
  }

  /** Reads the next portion that is left. @returns null where none is. @throws Stopped, and what is wrong with the data */
  next(): Portion | null {
    const samples = this.#portions[Atomics.add(this.#control, slots.next, 1)];
    if (samples === undefined) return null;
    const { inputs, target } = this.#program;
    const tables = new Map<string, FeedTable>();
    for (const input of inputs) {
      const stimulus = this.#stimuli.get(input.name)!;
      const scanner = this.#scannerFor(sizeOf(input.shape));
      const tabulation = new Tabulation(stimulus, input, target.delivery, scanner, samples);
      do {
        if (Atomics.load(this.#control, slots.stop) === 1) throw new Stopped();
      } while (!tabulation.read(rowsAtOnce));
      tables.set(input.name, tabulation.finish());
    }
    return { first: samples.low, tables };
  }
}
