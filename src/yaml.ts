/** YAML files read with the place of everything in them, so that a mistake found later can be shown where it stands. */

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
import type { z } from "zod";
import { BitspikeError, type Place } from "./errors.ts";

/** A place in a text, both 1-based. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Where a value stands, and where in the file a position in its text is; null: not to be said exactly. */
export interface Spot {
  readonly place: Place;
  readonly within: ((at: TextPosition) => TextPosition) | null;
}

/** By the dotted path of keys and indices. */
export type Spots = Pick<ReadonlyMap<string, Spot>, "get" | "has">;

/** A file as data, with the places of its values. */
export interface Source {
  readonly data: unknown;
  readonly spots: Spots;
}

/** What is no valid YAML. */
export interface YamlProblem {
  readonly reason: string;
  readonly place: Place;
}

/**
 * Read a YAML file.
 *
 * @param file its name, for places
 * @returns the data, or every problem
 */
export function readYaml(text: string, file: string): Source | { readonly problems: readonly YamlProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // A warning is a tag that nobody knows: the `!` in front of an expression.
  const problems = [...document.errors, ...document.warnings].map(({ message, pos }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { reason: message, place: { file, line, column: col } };
  });
  if (problems.length > 0) return { problems };
  try {
    return { data: document.toJS() as unknown, spots: spotsOf(document, lines, text, file) };
  } catch (error) {
    // An alias without its anchor, or too many of them, shows only here.
    return { problems: [{ reason: (error as Error).message, place: { file } }] };
  }
}

/** The place of a path, or of the closest thing around it that stands in the file. */
export function nearest(path: readonly (string | number)[], spots: Spots, file: string): { readonly place: Place } {
  for (let length = path.length; length >= 0; length--) {
    const spot = spots.get(path.slice(0, length).join("."));
    if (spot !== undefined) return spot;
  }
  return { place: { file } };
}

/** Give an issue the file, and the line and column of its field or, where the field holds a text, inside of that. */
export function placed(issue: BitspikeError, spots: Spots, file: string): BitspikeError {
  const { field = "", line, column, node } = issue.place;
  const { place, within } = spots.get(field) ?? { ...nearest(field.split("."), spots, file), within: null };
  const inside = within !== null && line !== undefined && column !== undefined ? within({ line, column }) : {};
  const whole = { ...(node === undefined ? {} : { node }), ...place, ...inside, field };
  return new BitspikeError(issue.code, issue, whole, { issues: issue.issues });
}

/** What is wrong with the form of a file: the path of keys to the place, and what was expected there. */
export interface FormIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The issues of a check by zod, one per wrong field. */
export function formIssues(error: z.ZodError): FormIssue[] {
  return error.issues.flatMap((issue) => flatten(issue, []));
}

/** What an issue says, where it is a field that is not there. */
export function reasonOf({ path, message }: FormIssue, spots: Spots): string {
  const missing = !spots.has(path.join("."));
  return missing && /received undefined/.test(message) ? "this field is missing" : message;
}

/** A union's issue hides what was wrong with its alternatives: show the one that got furthest. */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): FormIssue[] {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union") {
    const furthest = issue.errors
      .map((errors) => errors.flatMap((inner) => flatten(inner, path)))
      .toSorted((a, b) => depth(b) - depth(a))[0];
    if (furthest !== undefined && furthest.length > 0) return furthest;
  }
  const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
  const at = path.map((key) => (typeof key === "symbol" ? String(key) : key));
  return keys.length === 0
    ? [{ path: at, message: issue.message }]
    : keys.map((key) => ({ path: [...at, key], message: "this key is unknown here" }));
}

function depth(issues: readonly FormIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

function spotsOf(document: Document, lines: LineCounter, text: string, file: string): Spots {
  const spots = new Map<string, Spot>();
  const anchors = new Map<string, unknown>();
  const visit = (given: unknown, path: string): void => {
    const node = isAlias(given) ? anchors.get(given.source) : given;
    const { range, anchor } = (node ?? {}) as Node & { readonly anchor?: string };
    if (anchor !== undefined) anchors.set(anchor, node);
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
function positions(node: Scalar, start: TextPosition, text: string): Spot["within"] {
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
