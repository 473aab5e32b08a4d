/** A target file, read: YAML with places, inheritance, form, then equations. All mistakes are reported at once. */

import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Scalar } from "yaml";
import { checkEncoding, readDatapath } from "../datapath/datapath.ts";
import { BitspikeError, located, mistake, type Place } from "../errors.ts";
import { formTarget } from "./schema.ts";
import type { DatapathSpec, Target } from "./types.ts";

/** Where each key of a file stands, by its dotted path. */
type Places = Map<string, Place>;

interface Source {
  readonly data: unknown;
  readonly places: Places;
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
  const { data, places } = readSource(text, file, readBase, 0);
  const { target, issues } = formTarget(data);
  if (target === null) {
    throw invalid(
      file,
      issues.map(({ path, message }) => formMistake(path, message, places, file)),
    );
  }
  const placed = withOrigins(target, places);
  const mistakes = checkTarget(placed).map((issue) => placeIssue(issue, places, file));
  if (mistakes.length > 0) throw invalid(file, mistakes);
  return placed;
}

function invalid(file: string, issues: readonly BitspikeError[]): BitspikeError {
  return mistake("TARGET_INVALID", { file, count: issues.length }, { file }, { issues });
}

function formMistake(path: readonly (string | number)[], message: string, places: Places, file: string): BitspikeError {
  const field = path.join(".");
  const missing = !places.has(field);
  const reason = missing && /received undefined/.test(message) ? "this field is missing" : message;
  return mistake(
    "TARGET_FIELD",
    { field: field === "" ? "the file" : field, reason },
    { ...nearest(path, places, file), field },
  );
}

/** The place of a path, or of the closest thing around it that stands in the file. */
function nearest(path: readonly (string | number)[], places: Places, file: string): Place {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(path.slice(0, length).join("."));
    if (place !== undefined) return place;
  }
  return { file };
}

function readSource(text: string, file: string, readBase: (name: string) => string | null, depth: number): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return mistake("TARGET_YAML", { reason: error.message }, { file, line, column: col });
    });
    throw invalid(file, issues);
  }
  const own = { data: document.toJS() as unknown, places: placesOf(document, lines, text, file) };
  const base = isRecord(own.data) ? own.data["extends"] : undefined;
  if (typeof base !== "string") return own;
  const place = { file, ...own.places.get("extends") };
  const baseText = depth < longestChain ? readBase(base) : null;
  if (baseText === null) throw mistake("TARGET_BASE", { name: base }, place);
  return merge(readSource(baseText, `${base}.yaml`, readBase, depth + 1), own);
}

/** Maps merge key by key, everything else of `own` replaces what `base` had. */
function merge(base: Source, own: Source): Source {
  return { data: mergeData(base.data, own.data), places: new Map([...base.places, ...own.places]) };
}

function mergeData(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) merged[key] = key in base ? mergeData(base[key], value) : value;
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function placesOf(document: Document, lines: LineCounter, text: string, file: string): Places {
  const places: Places = new Map();
  const visit = (node: unknown, path: string): void => {
    const { range } = (node ?? {}) as Node;
    if (range) {
      const { line, col } = lines.linePos(range[0]);
      places.set(path, { file, line, column: col, ...(isScalar(node) ? contentStart(node, line, text) : {}) });
    }
    const inner = (key: unknown): string => (path === "" ? String(key) : `${path}.${String(key)}`);
    if (isMap(node)) for (const { key, value } of node.items) visit(value, inner(isScalar(key) ? key.value : key));
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, inner(index));
  };
  visit(document.contents, "");
  return places;
}

/** The text of a `|` block begins on the line after it, indented. */
function contentStart(node: Scalar, line: number, text: string): Place {
  if (node.type !== "BLOCK_LITERAL") return {};
  const first = text.split("\n")[line] ?? "";
  return { line: line + 1, column: first.length - first.trimStart().length + 1 };
}

/** Where each block of equations begins, so that a mistake inside an equation has its line and column in the file. */
function withOrigins(target: Target, places: Places): Target {
  const datapaths = Object.entries(target.datapaths).map(([name, spec]): [string, DatapathSpec] => {
    const origin: Record<string, { line: number; column: number }> = {};
    for (const block of Object.keys(spec.blocks)) {
      const place = places.get(`datapaths.${name}.${block}`);
      if (place !== undefined) origin[block] = { line: place.line ?? 1, column: (place.column ?? 1) - 1 };
    }
    return [name, { ...spec, origin }];
  });
  return { ...target, datapaths: Object.fromEntries(datapaths) };
}

/** Mistakes in the equations and in what the fields say about each other. */
function checkTarget(target: Target): BitspikeError[] {
  const issues: BitspikeError[] = [];
  for (const [name, spec] of Object.entries(target.datapaths)) {
    const found = readDatapath(spec, target.settings).issues;
    issues.push(...found.map((issue) => atField(issue, `datapaths.${name}`)));
    const known = ["weight", "scale", ...Object.keys(spec.projection)];
    issues.push(...checkEncoding(target.weights.encodes ?? "", known, "weights.encodes"));
    issues.push(...checkRanges(spec, `datapaths.${name}`));
  }
  for (const [name, recipe] of Object.entries(target.recipes)) {
    for (const parameter of Object.keys(recipe.parameters)) {
      const known = Object.values(target.datapaths).some(
        (spec) => parameter === "weight" || parameter in spec.parameters || parameter in spec.projection,
      );
      if (!known) {
        issues.push(
          mistake("TARGET_RECIPE", { recipe: name, parameter }, { field: `recipes.${name}.parameters.${parameter}` }),
        );
      }
    }
  }
  return issues;
}

function checkRanges(spec: DatapathSpec, field: string): BitspikeError[] {
  const issues: BitspikeError[] = [];
  for (const group of ["state", "parameters", "projection"] as const) {
    for (const [name, { low, high }] of Object.entries(spec[group])) {
      if (low > high) issues.push(mistake("TARGET_RANGE", { low, high }, { field: `${field}.${group}.${name}` }));
    }
  }
  return issues;
}

function atField(issue: BitspikeError, prefix: string): BitspikeError {
  const field = issue.place.field === undefined ? prefix : `${prefix}.${issue.place.field}`;
  return new BitspikeError(issue.code, issue, { ...issue.place, field }, { issues: issue.issues });
}

/** Give an issue the line and column of its field, unless it has its own from inside an equation. */
function placeIssue(issue: BitspikeError, places: Places, file: string): BitspikeError {
  const { field, line } = issue.place;
  const place = nearest((field ?? "").split("."), places, file);
  return line === undefined ? located(issue, place) : located(issue, { file: place.file ?? file });
}
