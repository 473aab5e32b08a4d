/** The equations of neurons and synapses of a chip that runs on events: blocks by the names under which events run them. */

import { mistake, type BitspikeError } from "../errors.ts";
import { checkBlock, checkReads, type BlockRules } from "./check.ts";
import { attempt, checkDeclared, checkEncodings, inField, readLoads, readOnce, readWords } from "./datapath.ts";
import { parseBlock, parseDefinitions, parseExpression } from "./parse.ts";
import type { DatapathSpec, ParameterSpec, StateSpec } from "./spec.ts";
import { namesIn, type Assignment, type Block, type Definition, type Expression } from "./syntax.ts";

/** Constants by name. */
type Constants = Readonly<Record<string, ParameterSpec>>;

/** One kind of neuron. */
export interface EventDatapath {
  readonly spec: DatapathSpec;
  /** Words of all enumerations and the numbers they stand for. */
  readonly words: ReadonlyMap<string, number>;
  /** By name; lines of texts with several names stand in each of them, in the order of the file. */
  readonly blocks: ReadonlyMap<string, Block>;
  /** The key of the text that a line stands in. */
  readonly keys: ReadonlyMap<Assignment, string>;
  /** A weight is stored by the synapses' own block. */
  readonly onLoad: null;
  /** How parameters are stored, as `Datapath` has it. */
  readonly loads: ReadonlyMap<string, Block>;
}

/** What the target says about its synapses, as far as equations go. */
interface SynapseText {
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly sourceParameters: Constants;
  readonly delivers: string;
  readonly blocks: Readonly<Record<string, string>>;
}

/** The synapses. */
export interface EventSynapses {
  readonly words: ReadonlyMap<string, number>;
  readonly blocks: ReadonlyMap<string, Block>;
  /** The key of the text that a line stands in. */
  readonly keys: ReadonlyMap<Assignment, string>;
  /** Registers from `weight`, the integer that the compiler made; null: the register `weight` is that. */
  readonly onLoad: Block | null;
  readonly delivers: Expression;
}

/** The names of a block's key: `on spike, leak` has two; none for a text that is no block. */
export function namesOfBlock(key: string): readonly string[] {
  return key.startsWith("on ") ? key.slice(3).split(", ") : [];
}

/** Names that mean something in blocks, words or monitors already. */
const reserved = ["weight", "spike", "word", "serving"];

/** A datapath, or every mistake found; the places name a field of the spec, and where in its text. */
export interface ReadEventDatapath {
  readonly datapath: EventDatapath | null;
  readonly issues: readonly BitspikeError[];
}

/** Parse and check the datapath of a chip that runs on events; the settings are readable everywhere. */
export const readEventDatapath: (spec: DatapathSpec, settings: Constants) => ReadEventDatapath =
  readOnce(parseEventDatapath);

function parseEventDatapath(spec: DatapathSpec, settings: Constants): ReadEventDatapath {
  const issues: BitspikeError[] = [];
  const words = readWords(spec, settings, issues);
  const definitions = attempt(issues, "define", () => parseDefinitions(spec.blocks["define"] ?? "")) ?? [];
  checkDeclared(spec, settings, words, definitions, issues);
  for (const group of ["state", "parameters"] as const) {
    for (const name of Object.keys(spec[group])) refuseReserved(name, `${group}.${name}`, issues);
  }
  const registers = Object.keys(spec.state);
  const constants = [...Object.keys(spec.parameters), ...Object.keys(settings), ...words.keys()];
  const { blocks, keys } = readBlocks(spec.blocks, definitions, issues, {
    readable: new Set([...registers, ...constants, "weight"]),
    writable: new Set([...registers, "spike"]),
    registers: new Set(registers),
    result: null,
  });
  const loads = readLoads(spec, settings, words, definitions, issues);
  checkEncodings(spec, issues);
  if (blocks.size === 0) issues.push(mistake("DATAPATH_NO_BLOCK", { name: "on .." }));
  if (issues.length === 0) checkUse(spec, [...blocks.values()].flat(), issues);
  return issues.length > 0
    ? { datapath: null, issues }
    : { datapath: { spec, words, blocks, keys, onLoad: null, loads }, issues };
}

function refuseReserved(name: string, field: string, issues: BitspikeError[]): void {
  const twice = issues.some(({ code, place }) => code === "DATAPATH_DECLARED_TWICE" && place.field === field);
  if (reserved.includes(name) && !twice) issues.push(mistake("DATAPATH_DECLARED_TWICE", { name }, { field }));
}

/** The texts of a datapath by the names in their keys. */
function readBlocks(
  texts: Readonly<Record<string, string>>,
  definitions: readonly Definition[],
  issues: BitspikeError[],
  rules: BlockRules,
): { blocks: Map<string, Block>; keys: Map<Assignment, string> } {
  const blocks = new Map<string, Block>();
  const keys = new Map<Assignment, string>();
  const found: BitspikeError[] = [];
  for (const [key, text] of Object.entries(texts)) {
    const names = namesOfBlock(key);
    if (names.length === 0) continue;
    if (new Set(names).size < names.length)
      found.push(mistake("DATAPATH_DECLARED_TWICE", { name: key }, { field: key }));
    const lines = attempt(found, key, () => parseBlock(text, definitions)) ?? [];
    for (const line of lines) keys.set(line, key);
    for (const name of names) {
      const before = blocks.get(name) ?? [];
      found.push(...checkBlock(lines, rules, before).map((issue) => inField(issue, key)));
      blocks.set(name, [...before, ...lines]);
    }
  }
  // A text of several names is looked at once for each.
  const once = new Map(found.map((issue) => [JSON.stringify([issue.message, issue.place]), issue]));
  issues.push(...once.values());
  return { blocks, keys };
}

/** A register or constant that no equation mentions is a mistake in the text, or left over. */
function checkUse(spec: DatapathSpec, lines: Block, issues: BitspikeError[]): void {
  const used = mentionedIn(lines);
  for (const group of ["state", "parameters"] as const) {
    for (const name of Object.keys(spec[group])) {
      if (!used.has(name)) issues.push(mistake("DATAPATH_UNUSED", { name }, { field: `${group}.${name}` }));
    }
  }
  if (!used.has("spike")) issues.push(mistake("DATAPATH_NO_RESULT", { name: "spike" }));
}

/** Every name that lines read or assign. */
export function mentionedIn(lines: Block): Set<string> {
  const used = new Set<string>();
  for (const line of lines) {
    used.add(line.name);
    namesIn(line.value, used);
  }
  return used;
}

/** The synapses, or every mistake found; places name a field of `synapses`. */
export interface ReadEventSynapses {
  readonly synapses: EventSynapses | null;
  readonly issues: readonly BitspikeError[];
}

/**
 * Parse and check the equations of the synapses.
 *
 * @param neuronRegisters those that every datapath declares, which blocks may read
 * @returns as `readEventDatapath`; places name a field of `synapses`
 */
export function readEventSynapses(
  text: SynapseText,
  neuronRegisters: readonly string[],
  settings: Constants,
): ReadEventSynapses {
  const made = synapsesByRegisters(text, settings);
  const key = neuronRegisters.join(" ");
  const read = made.get(key) ?? parseEventSynapses(text, neuronRegisters, settings);
  made.set(key, read);
  return read;
}

const synapsesByRegisters = readOnce((_text: SynapseText, _settings: Constants) => {
  return new Map<string, ReadEventSynapses>();
});

function parseEventSynapses(
  text: SynapseText,
  neuronRegisters: readonly string[],
  settings: Constants,
): ReadEventSynapses {
  const issues: BitspikeError[] = [];
  const parameters = text.sourceParameters;
  const words = readWords({ parameters, projection: {} }, settings, issues);
  const definitions = attempt(issues, "define", () => parseDefinitions(text.blocks["define"] ?? "")) ?? [];
  const registers = Object.keys(text.state);
  const constants = [...Object.keys(parameters), ...Object.keys(settings), ...words.keys()];
  checkSynapseNames(text, neuronRegisters, [...Object.keys(settings), ...words.keys()], definitions, issues);
  const { "on load": load, ...others } = text.blocks;
  const states = { writable: new Set(registers), registers: new Set(registers), result: null };
  const { blocks, keys } = readBlocks(others, definitions, issues, {
    ...states,
    readable: new Set([...registers, ...constants, ...neuronRegisters]),
  });
  const onLoad = load === undefined ? null : attempt(issues, "on load", () => parseBlock(load, definitions));
  if (onLoad !== null) {
    const rules = { ...states, readable: new Set(["weight", ...constants]), registers: new Set<string>() };
    issues.push(...checkBlock(onLoad, rules).map((issue) => inField(issue, "on load")));
  }
  const delivers = readExpression(text.delivers, [...registers, ...constants], "delivers", issues, definitions);
  if (issues.length > 0 || delivers === null) return { synapses: null, issues };
  const used = mentionedIn([...[...blocks.values()].flat(), ...(onLoad ?? [])]);
  namesIn(delivers, used);
  for (const [field, names] of Object.entries({ state: registers, "source-parameters": Object.keys(parameters) })) {
    for (const name of names) {
      if (!used.has(name)) issues.push(mistake("DATAPATH_UNUSED", { name }, { field: `${field}.${name}` }));
    }
  }
  return issues.length > 0
    ? { synapses: null, issues }
    : { synapses: { words, blocks, keys, onLoad, delivers }, issues };
}

/** An integer expression that may read `known`, or null with its mistakes among the issues. */
export function readExpression(
  text: string,
  known: readonly string[],
  field: string,
  issues: BitspikeError[],
  definitions: readonly Definition[] = [],
): Expression | null {
  const expression = attempt(issues, field, () => parseExpression(text, "integer", definitions));
  const found = expression === null ? [] : checkReads(expression, new Set(known));
  issues.push(...found.map((issue) => inField(issue, field)));
  return found.length > 0 ? null : expression;
}

/** The names of synapses stand beside those of the neurons' registers that they read. */
function checkSynapseNames(
  { state, sourceParameters }: SynapseText,
  neuronRegisters: readonly string[],
  everywhere: readonly string[],
  definitions: readonly Definition[],
  issues: BitspikeError[],
): void {
  const taken = new Set([...everywhere, ...neuronRegisters, "spike", "word", "serving"]);
  const declare = (name: string, place: { field: string; line?: number; column?: number }): void => {
    if (taken.has(name)) issues.push(mistake("DATAPATH_DECLARED_TWICE", { name }, place));
    taken.add(name);
  };
  for (const name of Object.keys(state)) declare(name, { field: `state.${name}` });
  for (const name of Object.keys(sourceParameters)) declare(name, { field: `source-parameters.${name}` });
  for (const { name, at } of definitions) declare(name, { field: "define", ...at });
}
