/** The equations of one kind of neuron, parsed and checked. */

import { BitspikeError, located, mistake } from "../errors.ts";
import { checkBlock, type BlockRules } from "./check.ts";
import { parseBlock, parseDefinitions, parseExpression, type Dialect } from "./parse.ts";
import type { DatapathSpec, ParameterSpec } from "./spec.ts";
import { childrenOf, namesIn, type Block, type Definition, type Expression, type Position } from "./syntax.ts";

export interface Datapath {
  readonly spec: DatapathSpec;
  /** Words of all enumerations and the numbers they stand for. */
  readonly words: ReadonlyMap<string, number>;
  /** One arriving event and one neuron: adds to `total` or to an accumulator. */
  readonly onSpike: Block;
  /** Events of one projection that arrive together: adds `total` to an accumulator; null: `input = input + total`. */
  readonly onTotal: Block | null;
  /** Every neuron, once per timestep. */
  readonly onTimestep: Block;
  /** How a weight is stored: `stored` from `weight`; null: as it is. */
  readonly onLoad: Block | null;
  /** How parameters are stored: `stored` from the parameter's own name; those that are stored as they are have none. */
  readonly loads: ReadonlyMap<string, Block>;
}

/** What `on spike`, `on total`, `on timestep` and `on load` know beside the declared names. */
const builtIn = {
  "on spike": ["weight", "payload", "total"],
  "on total": ["total"],
  "on timestep": ["timestep"],
  "on load": ["weight"],
} as const;
type BlockName = keyof typeof builtIn;
const blockNames = Object.keys(builtIn) as BlockName[];

/** Float quantities that an `encodes` of a neuron's parameter may name; docs/targets.md explains each. */
export const neuronQuantities = ["alpha", "beta", "threshold", "bias", "subtract", "lower_bound", "scale"] as const;

/** Quantities of which the lines of a recipe know the smallest and the largest value in a population. */
const populationQuantities = ["weight", "alpha", "beta", "threshold", "bias", "lower_bound", "current", "membrane"];

/** `lowest_weight`, `highest_weight`, .. */
export function extremeNames(quantities: readonly string[] = populationQuantities): string[] {
  return quantities.flatMap((name) => [`lowest_${name}`, `highest_${name}`]);
}

/**
 * Parse and check what a recipe works out once per population.
 *
 * @returns its definitions and lines, and every mistake found in them; places name a field of the recipe
 */
export function readRecipe({ define, population }: { define?: string | undefined; population?: string | undefined }): {
  readonly definitions: readonly Definition[];
  readonly lines: Block;
  readonly issues: BitspikeError[];
} {
  const issues: BitspikeError[] = [];
  const definitions = attempt(issues, "define", () => parseDefinitions(define ?? "", "real")) ?? [];
  const field = "on population";
  const lines = attempt(issues, field, () => parseBlock(population ?? "", definitions, "real")) ?? [];
  if (population !== undefined && issues.length === 0) {
    const nothing = new Set<string>();
    const rules = { readable: new Set(extremeNames()), writable: nothing, registers: nothing, result: "scale" };
    issues.push(...checkBlock(lines, rules).map((issue) => inField(issue, field)));
  }
  return { definitions, lines, issues };
}

/**
 * A reading that is asked for again, of the same spec with the same settings, is the one that was made before. Specs and
 * what is read from them are never changed.
 */
export function readOnce<Spec extends object, Settings extends object, T>(
  read: (spec: Spec, settings: Settings) => T,
): (spec: Spec, settings: Settings) => T {
  const made = new WeakMap<Spec, WeakMap<Settings, T>>();
  return (spec, settings) => {
    const own = made.get(spec) ?? new WeakMap<Settings, T>();
    made.set(spec, own);
    const before = own.get(settings);
    if (before !== undefined) return before;
    const reading = read(spec, settings);
    own.set(settings, reading);
    return reading;
  };
}

/** A datapath, or every mistake found; the places name a field of the spec, and where in its text. */
export interface ReadDatapath {
  readonly datapath: Datapath | null;
  readonly issues: readonly BitspikeError[];
}

/** Parse and check a datapath; the settings, the target's chip-wide options, are readable everywhere. */
export const readDatapath: (spec: DatapathSpec, settings: Readonly<Record<string, ParameterSpec>>) => ReadDatapath =
  readOnce(parseDatapath);

function parseDatapath(spec: DatapathSpec, settings: Readonly<Record<string, ParameterSpec>>): ReadDatapath {
  const issues: BitspikeError[] = [];
  const words = readWords(spec, settings, issues);
  const definitions = attempt(issues, "define", () => parseDefinitions(spec.blocks["define"] ?? "")) ?? [];
  checkDeclared(spec, settings, words, definitions, issues);
  const blocks = new Map<BlockName, Block>();
  for (const name of blockNames) {
    const block = readBlock(name, spec, settings, words, definitions, issues);
    if (block !== null) blocks.set(name, block);
  }
  for (const name of ["on spike", "on timestep"]) {
    if (spec.blocks[name] === undefined) issues.push(mistake("DATAPATH_NO_BLOCK", { name }));
  }
  const loads = readLoads(spec, settings, words, definitions, issues);
  checkEncodings(spec, issues);
  if (issues.length === 0) checkUse(spec, blocks, issues);
  if (issues.length > 0) return { datapath: null, issues };
  const datapath = {
    spec,
    words,
    onSpike: blocks.get("on spike")!,
    onTotal: blocks.get("on total") ?? null,
    onTimestep: blocks.get("on timestep")!,
    onLoad: blocks.get("on load") ?? null,
    loads,
  };
  return { datapath, issues };
}

function readBlock(
  name: BlockName,
  spec: DatapathSpec,
  settings: Readonly<Record<string, ParameterSpec>>,
  words: ReadonlyMap<string, number>,
  definitions: readonly Definition[],
  issues: BitspikeError[],
): Block | null {
  const text = spec.blocks[name];
  if (text === undefined) return null;
  const block = attempt(issues, name, () => parseBlock(text, definitions));
  if (block === null) return null;
  const found = checkBlock(block, rulesOf(name, spec, [...Object.keys(settings), ...words.keys()]));
  issues.push(...found.map((issue) => inField(issue, name)));
  return block;
}

/** How each parameter is stored, where it says so. */
export function readLoads(
  spec: DatapathSpec,
  settings: Readonly<Record<string, ParameterSpec>>,
  words: ReadonlyMap<string, number>,
  definitions: readonly Definition[],
  issues: BitspikeError[],
): Map<string, Block> {
  const loads = new Map<string, Block>();
  for (const [name, { onLoad }] of Object.entries(spec.parameters)) {
    if (onLoad === undefined) continue;
    const field = `parameters.${name}.on load`;
    const block = attempt(issues, field, () => parseBlock(onLoad, definitions));
    if (block === null) continue;
    const readable = new Set([name, ...Object.keys(settings), ...words.keys()]);
    const rules = { readable, writable: new Set<string>(), registers: new Set<string>(), result: "stored" };
    issues.push(...checkBlock(block, rules).map((issue) => inField(issue, field)));
    loads.set(name, block);
  }
  return loads;
}

/** Which names each block may read and write. */
function rulesOf(name: BlockName, spec: DatapathSpec, everywhere: readonly string[]): BlockRules {
  const states = Object.keys(spec.state);
  const projection = Object.keys(spec.projection);
  const neuron = [...states, ...Object.keys(spec.parameters), ...spec.inputs];
  const own = name === "on load" ? projection : name === "on timestep" ? neuron : [...neuron, ...projection, "input"];
  const accumulators = [...spec.inputs, "input"];
  const writable = {
    "on spike": ["total", ...accumulators],
    "on total": accumulators,
    "on timestep": [...states, "spike"],
    "on load": [],
  }[name];
  const begins = name === "on timestep" && spec.forward !== undefined ? ["spike"] : [];
  return {
    readable: new Set([...builtIn[name], ...begins, ...own, ...everywhere]),
    writable: new Set(writable),
    registers: new Set(name === "on load" ? [] : states),
    result: name === "on timestep" ? "spike" : name === "on load" ? "stored" : null,
  };
}

/** Words of all enumerations and their numbers. */
export function readWords(
  spec: Pick<DatapathSpec, "parameters" | "projection">,
  settings: Readonly<Record<string, ParameterSpec>>,
  issues: BitspikeError[],
): Map<string, number> {
  const words = new Map<string, number>();
  const groups = { settings, parameters: spec.parameters, projection: spec.projection };
  for (const [group, parameters] of Object.entries(groups)) {
    for (const [name, parameter] of Object.entries(parameters)) {
      for (const [number, word] of (parameter.words ?? []).entries()) {
        const before = words.get(word);
        const place = group === "settings" ? {} : { field: `${group}.${name}` };
        if (before !== undefined && before !== number) issues.push(mistake("DATAPATH_WORD_AMBIGUOUS", { word }, place));
        words.set(word, number);
      }
    }
  }
  return words;
}

/** Names that mean something in some block already; an accumulator may be called `input`. */
const reserved = ["weight", "payload", "total", "spike", "timestep", "stored", "input"];

/** Whatever is declared shares one space of names, so that none can hide another. */
export function checkDeclared(
  spec: DatapathSpec,
  settings: Readonly<Record<string, ParameterSpec>>,
  words: ReadonlyMap<string, number>,
  definitions: readonly Definition[],
  issues: BitspikeError[],
): void {
  const taken = new Set([...reserved, ...Object.keys(settings), ...words.keys()]);
  const declare = (name: string, field: string, at?: Position): void => {
    if (taken.has(name)) issues.push(mistake("DATAPATH_DECLARED_TWICE", { name }, { field, ...at }));
    taken.add(name);
  };
  const isInput = (name: string): boolean => name === "input" && spec.inputs.includes(name);
  for (const group of ["state", "parameters", "projection"] as const) {
    for (const name of Object.keys(spec[group])) {
      if (group !== "state" || !isInput(name)) declare(name, `${group}.${name}`);
    }
  }
  for (const [index, name] of spec.inputs.entries()) {
    const first = spec.inputs.indexOf(name) === index;
    if (!first || (!isInput(name) && !Object.hasOwn(spec.state, name))) declare(name, "inputs");
  }
  for (const { name, at } of definitions) declare(name, "define", at);
}

/** What `encodes` expressions name that does not exist. */
export function checkEncodings(spec: DatapathSpec, issues: BitspikeError[]): void {
  const parameters = Object.entries(spec.parameters);
  const exponents = parameters.flatMap(([name, { chosen }]) => (chosen === "exponent" ? [name] : []));
  for (const [name, { encodes }] of parameters) {
    const known = [...neuronQuantities, ...exponents];
    if (encodes !== undefined) issues.push(...checkEncoding(encodes, known, `parameters.${name}.encodes`));
  }
  for (const [name, { encodes }] of Object.entries(spec.state)) {
    if (encodes !== undefined) issues.push(...checkEncoding(encodes, [name, "scale"], `state.${name}.encodes`));
  }
}

/** Mistakes of one expression that may read the `known` quantities; `field` is put into their place. */
export function checkEncoding(
  text: string,
  known: readonly string[],
  field: string,
  dialect: Dialect = "real",
  definitions: readonly Definition[] = [],
): BitspikeError[] {
  const issues: BitspikeError[] = [];
  const expression = attempt(issues, field, () => parseExpression(text, dialect, definitions));
  if (expression !== null) checkQuantities(expression, known, field, issues);
  return issues;
}

function checkQuantities(
  expression: Expression,
  known: readonly string[],
  field: string,
  issues: BitspikeError[],
): void {
  if (expression.kind === "name" && !known.includes(expression.name)) {
    const facts = { name: expression.name, known: known.join(", ") };
    issues.push(mistake("DATAPATH_QUANTITY", facts, { field, ...expression.at }));
  }
  for (const child of childrenOf(expression)) checkQuantities(child, known, field, issues);
}

/** A register, accumulator or constant that no equation mentions is a mistake in the text, or left over. */
function checkUse(spec: DatapathSpec, blocks: ReadonlyMap<BlockName, Block>, issues: BitspikeError[]): void {
  const used = new Set<string>();
  for (const line of [...blocks.values()].flat()) {
    used.add(line.name);
    namesIn(line.value, used);
  }
  for (const group of ["state", "parameters", "projection"] as const) {
    for (const name of Object.keys(spec[group])) {
      if (!used.has(name)) issues.push(mistake("DATAPATH_UNUSED", { name }, { field: `${group}.${name}` }));
    }
  }
  const read = new Set(blocks.get("on timestep")!.flatMap((line) => [...namesIn(line.value)]));
  for (const name of spec.inputs) {
    if (!read.has(name)) issues.push(mistake("DATAPATH_UNUSED", { name }, { field: "inputs" }));
  }
  // A count that was passed on would be lost.
  if (spec.forward !== undefined && !readsAtEntry(blocks.get("on timestep")!, "spike")) {
    issues.push(mistake("DATAPATH_FORWARD", {}, { field: "forward" }));
  }
}

/** Whether a block reads the value that a name has before the block writes it. */
function readsAtEntry(block: Block, name: string): boolean {
  const written = block.findIndex((line) => line.name === name);
  const until = written < 0 ? block.length : written + 1;
  return block.slice(0, until).some((line) => namesIn(line.value).has(name));
}

/** What `parse` gives, or null and its mistake among the issues. */
export function attempt<T>(issues: BitspikeError[], field: string, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    issues.push(inField(error, field));
    return null;
  }
}

/** The same issue with its field known. */
export function inField(issue: BitspikeError, field: string): BitspikeError {
  return located(issue, { field });
}
