/** The equations of one kind of neuron, parsed and checked. */

import { BitspikeError, located, mistake, type Place } from "../errors.ts";
import { checkBlock, type BlockRules } from "./check.ts";
import { parseBlock, parseDefinitions } from "./parse.ts";
import { parseReal } from "./real.ts";
import type { DatapathSpec, ParameterSpec } from "./spec.ts";
import { namesIn, type Block, type Definition } from "./syntax.ts";

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
export const neuronQuantities = ["alpha", "beta", "threshold", "bias", "subtract", "scale"] as const;

/**
 * Parse and check a datapath.
 *
 * @param settings the target's chip-wide options, readable everywhere
 * @returns every mistake found, or the datapath
 */
export function readDatapath(
  spec: DatapathSpec,
  settings: Readonly<Record<string, ParameterSpec>>,
): { datapath: Datapath | null; issues: BitspikeError[] } {
  const issues: BitspikeError[] = [];
  const words = readWords(spec, settings, issues);
  const definitions =
    attempt(issues, placeOf(spec, "define"), () => parseDefinitions(spec.blocks["define"] ?? "")) ?? [];
  const blocks = new Map<BlockName, Block>();
  for (const name of blockNames) {
    const block = readBlock(name, spec, settings, words, definitions, issues);
    if (block !== null) blocks.set(name, block);
  }
  for (const name of ["on spike", "on timestep"]) {
    if (spec.blocks[name] === undefined) issues.push(mistake("DATAPATH_NO_BLOCK", { name }));
  }
  checkEncodings(spec, issues);
  if (issues.length === 0) checkUse(spec, [...blocks.values()], issues);
  if (issues.length > 0) return { datapath: null, issues };
  const datapath = {
    spec,
    words,
    onSpike: blocks.get("on spike")!,
    onTotal: blocks.get("on total") ?? null,
    onTimestep: blocks.get("on timestep")!,
    onLoad: blocks.get("on load") ?? null,
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
  const block = attempt(issues, placeOf(spec, name), () => parseBlock(text, definitions));
  if (block === null) return null;
  const found = checkBlock(block, rulesOf(name, spec, [...Object.keys(settings), ...words.keys()]));
  issues.push(...found.map((issue) => shifted(issue, placeOf(spec, name))));
  return block;
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
  return {
    readable: new Set([...builtIn[name], ...own, ...everywhere]),
    writable: new Set(writable),
    registers: new Set(states),
    result: name === "on timestep" ? "spike" : name === "on load" ? "stored" : null,
  };
}

function readWords(
  spec: DatapathSpec,
  settings: Readonly<Record<string, ParameterSpec>>,
  issues: BitspikeError[],
): Map<string, number> {
  const words = new Map<string, number>();
  for (const group of [spec.parameters, spec.projection, settings]) {
    for (const parameter of Object.values(group)) {
      for (const [number, word] of (parameter.words ?? []).entries()) {
        const before = words.get(word);
        if (before !== undefined && before !== number) issues.push(mistake("DATAPATH_WORD_AMBIGUOUS", { word }));
        words.set(word, number);
      }
    }
  }
  return words;
}

function checkEncodings(spec: DatapathSpec, issues: BitspikeError[]): void {
  const groups = [
    { field: "parameters", parameters: spec.parameters, known: [...neuronQuantities, ...Object.keys(spec.parameters)] },
    { field: "projection", parameters: spec.projection, known: ["graded", "signs"] },
  ];
  for (const { field, parameters, known } of groups) {
    for (const [name, { encodes }] of Object.entries(parameters)) {
      if (encodes !== undefined) issues.push(...checkEncoding(encodes, known, `${field}.${name}.encodes`));
    }
  }
  for (const [name, { encodes }] of Object.entries(spec.state)) {
    if (encodes !== undefined) issues.push(...checkEncoding(encodes, [name, "scale"], `state.${name}.encodes`));
  }
}

/** Mistakes of one real expression; `field` is put into their place. */
export function checkEncoding(text: string, known: readonly string[], field: string): BitspikeError[] {
  const issues: BitspikeError[] = [];
  const expression = attempt(issues, { field }, () => parseReal(text));
  if (expression === null) return issues;
  for (const name of namesIn(expression)) {
    if (!known.includes(name)) {
      issues.push(mistake("DATAPATH_QUANTITY", { name, known: known.join(", ") }, { field, ...expression.at }));
    }
  }
  return issues;
}

/** A register or constant that no equation mentions is a mistake in the text, or left over. */
function checkUse(spec: DatapathSpec, blocks: readonly Block[], issues: BitspikeError[]): void {
  const used = new Set<string>();
  for (const block of blocks) {
    for (const line of block) {
      used.add(line.name);
      namesIn(line.value, used);
    }
  }
  for (const group of ["state", "parameters", "projection"] as const) {
    for (const name of Object.keys(spec[group])) {
      if (!used.has(name)) issues.push(mistake("DATAPATH_UNUSED", { name }, { field: `${group}.${name}` }));
    }
  }
}

function placeOf(spec: DatapathSpec, block: string): Place {
  return { field: block, ...spec.origin[block] };
}

function attempt<T>(issues: BitspikeError[], origin: Place, parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
    issues.push(shifted(error, origin));
    return null;
  }
}

/** A place within a text as a place within the file that the text stands in. */
function shifted(issue: BitspikeError, { line, column, field }: Place): BitspikeError {
  const { place } = issue;
  const moved = {
    ...(line !== undefined && place.line !== undefined ? { line: line + place.line - 1 } : {}),
    ...(column !== undefined && place.column !== undefined ? { column: column + place.column } : {}),
    ...(field === undefined ? {} : { field }),
  };
  return located(new BitspikeError(issue.code, issue, {}, { issues: issue.issues }), moved);
}
