/** A target file, read: YAML with places, inheritance, form, then equations. All mistakes are reported at once. */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Scalar,
} from "yaml";
import type { Position } from "../datapath/syntax.ts";
import { BitspikeError, mistake, type Place } from "../errors.ts";
import { checkTarget } from "./check.ts";
import { formTarget } from "./schema.ts";
import type { Target } from "./types.ts";

/** Where the value of a key stands, and where in the file a position in its text is; null: not to be said exactly. */
interface Spot {
  readonly place: Place;
  readonly within: ((at: Position) => Position) | null;
}

/** By dotted path. */
type Spots = Map<string, Spot>;

interface Source {
  readonly data: unknown;
  readonly spots: Spots;
}

/** Longest chain of `extends`; a longer one is a loop. */
const longestChain = 8;

/**
 * Read a target.
 *
 * @param text the YAML file
 * @param file its name, for messages
 * @param readBase gives the text of the target that `extends` names, or null when there is none
 * @throws TARGET_INVALID with every mistake as an issue, each with file, line, column and hint
 */
export function loadTarget(text: string, file: string, readBase: (name: string) => string | null): Target {
  const { data, spots } = readSource(text, file, readBase, 0);
  const { target, issues } = formTarget(data);
  if (target === null) {
    throw invalid(
      file,
      issues.map(({ path, message }) => formMistake(path, message, spots, file)),
    );
  }
  const mistakes = checkTarget(target).map((issue) => inFile(issue, spots, file));
  if (mistakes.length > 0) throw invalid(file, mistakes);
  return target;
}

function invalid(file: string, issues: readonly BitspikeError[]): BitspikeError {
  return mistake("TARGET_INVALID", { file, count: issues.length }, { file }, { issues });
}

function formMistake(path: readonly (string | number)[], message: string, spots: Spots, file: string): BitspikeError {
  const field = path.join(".");
  const missing = !spots.has(field);
  const reason = missing && /received undefined/.test(message) ? "this field is missing" : message;
  const { place } = nearest(path, spots, file);
  return mistake("TARGET_FIELD", { field: field === "" ? "the file" : field, reason }, { ...place, field });
}

/** Give an issue the file, and the line and column of its field or, where the field holds a text, inside of that. */
function inFile(issue: BitspikeError, spots: Spots, file: string): BitspikeError {
  const { field = "", line, column } = issue.place;
  const { place, within } = spots.get(field) ?? { ...nearest(field.split("."), spots, file), within: null };
  const inside = within !== null && line !== undefined && column !== undefined ? within({ line, column }) : {};
  return new BitspikeError(issue.code, issue, { ...place, ...inside, field }, { issues: issue.issues });
}

/** The place of a path, or of the closest thing around it that stands in the file. */
function nearest(path: readonly (string | number)[], spots: Spots, file: string): { place: Place } {
  for (let length = path.length; length >= 0; length--) {
    const spot = spots.get(path.slice(0, length).join("."));
    if (spot !== undefined) return spot;
  }
  return { place: { file } };
}

function readSource(text: string, file: string, readBase: (name: string) => string | null, depth: number): Source {
  const own = readYaml(text, file);
  const base = isRecord(own.data) ? own.data["extends"] : undefined;
  if (typeof base !== "string") return own;
  const place = own.spots.get("extends")?.place ?? { file };
  const baseText = depth < longestChain ? readBase(base) : null;
  if (baseText === null) throw mistake("TARGET_BASE", { name: base }, place);
  if (!own.spots.has("name")) {
    const reason = "a target that extends another needs a name of its own";
    throw invalid(file, [mistake("TARGET_FIELD", { field: "name", reason }, { ...place, field: "name" })]);
  }
  return merge(readSource(baseText, `${base}.yaml`, readBase, depth + 1), own);
}

function readYaml(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // A warning is a tag that nobody knows: the `!` in front of an expression.
  const issues = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return mistake("TARGET_YAML", { reason: error.message }, { file, line, column: col });
  });
  if (issues.length > 0) throw invalid(file, issues);
  try {
    return { data: document.toJS() as unknown, spots: spotsOf(document, lines, text, file) };
  } catch (error) {
    // An alias without its anchor, or too many of them, shows only here.
    throw invalid(file, [mistake("TARGET_YAML", { reason: (error as Error).message }, { file })]);
  }
}

/** Maps merge key by key, everything else of `own` replaces what `base` had. */
function merge(base: Source, own: Source): Source {
  return { data: mergeData(base.data, own.data), spots: new Map([...base.spots, ...own.spots]) };
}

function mergeData(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    merged[key] = Object.hasOwn(base, key) ? mergeData(base[key], value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function spotsOf(document: Document, lines: LineCounter, text: string, file: string): Spots {
  const spots: Spots = new Map();
  const visit = (given: unknown, path: string): void => {
    const node = isAlias(given) ? given.resolve(document) : given;
    const { range } = (node ?? {}) as Node;
    if (range) {
      const { line, col } = lines.linePos(range[0]);
      const within = isScalar(node) ? positions(node, { line, column: col }, text) : null;
      spots.set(path, { place: { file, line, column: col }, within });
    }
    const inner = (key: unknown): string => (path === "" ? String(key) : `${path}.${String(key)}`);
    if (isMap(node)) for (const { key, value } of node.items) visit(value, inner(isScalar(key) ? key.value : key));
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, inner(index));
  };
  visit(document.contents, "");
  return spots;
}

/** From positions in a scalar's value to those in the file, where the value stands there letter by letter. */
function positions(node: Scalar, start: Position, text: string): Spot["within"] {
  const { value, type, range } = node;
  if (typeof value !== "string" || !range) return null;
  if (type === "BLOCK_LITERAL") {
    // The text begins on the line after the `|`; its first line that is not empty shows how far it is indented.
    const first = value.split("\n").findIndex((line) => line !== "");
    const inFile = (text.split("\n")[start.line + first] ?? "").replace(/\r$/, "");
    const indent = inFile.length - (value.split("\n")[first] ?? "").length;
    return (at) => ({ line: start.line + at.line, column: indent + at.column });
  }
  const quote = type === "PLAIN" ? 0 : 1;
  if (text.slice(range[0] + quote, range[1] - quote) !== value) return null;
  return (at) => ({ line: start.line, column: start.column + quote + at.column - 1 });
}
