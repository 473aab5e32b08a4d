/** A target file, read: YAML with places, inheritance, form, then equations. All mistakes are reported at once. */

import { mistake, type BitspikeError, type Place } from "../errors.ts";
import { nearest, placed, readYaml, reasonOf, type FormIssue, type Source, type Spots } from "../yaml.ts";
import { checkEquations, checkTarget } from "./check.ts";
import { checkRanges } from "./ranges.ts";
import { formEquations, formTarget, runsOnEvents } from "./schema.ts";
import type { Target } from "./types.ts";

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
    const equations = checkEquations(formEquations(data), runsOnEvents(data)).map((issue) =>
      placed(issue, spots, file),
    );
    throw invalid(file, [...issues.map((issue) => formMistake(issue, spots, file)), ...equations]);
  }
  const issuesOfFields = checkTarget(target);
  const sound = Object.keys(target.datapaths).filter((name) => {
    const fields = [`datapaths.${name}.`, "settings."];
    return !issuesOfFields.some(({ place }) => fields.some((field) => place.field?.startsWith(field) === true));
  });
  const mistakes = [...issuesOfFields, ...checkRanges(target, sound)].map((issue) => placed(issue, spots, file));
  if (mistakes.length > 0) throw invalid(file, mistakes);
  return target;
}

function invalid(file: string, issues: readonly BitspikeError[]): BitspikeError {
  return mistake("TARGET_INVALID", { file, count: issues.length }, { file }, { issues });
}

function formMistake(issue: FormIssue, spots: Spots, file: string): BitspikeError {
  const field = issue.path.join(".");
  const reason = reasonOf(issue, spots);
  const { place } = nearest(issue.path, spots, file);
  return mistake("TARGET_FIELD", { field: field === "" ? "the file" : field, reason }, { ...place, field });
}

function readSource(text: string, file: string, readBase: (name: string) => string | null, depth: number): Source {
  const own = readYaml(text, file);
  if ("problems" in own) {
    const issues = own.problems.map(({ reason, place }) => mistake("TARGET_YAML", { reason }, place));
    throw invalid(file, issues);
  }
  const base = isRecord(own.data) ? own.data["extends"] : undefined;
  if (!isRecord(own.data) || typeof base !== "string") return own;
  const place = (): Place => own.spots.get("extends")?.place ?? { file };
  const baseText = depth < longestChain ? readBase(base) : null;
  if (baseText === null) throw mistake("TARGET_BASE", { name: base }, place());
  if (!Object.hasOwn(own.data, "name")) {
    const reason = "a target that extends another needs a name of its own";
    throw invalid(file, [mistake("TARGET_FIELD", { field: "name", reason }, { ...place(), field: "name" })]);
  }
  return merge(readSource(baseText, `${base}.yaml`, readBase, depth + 1), own);
}

/** Maps merge key by key, everything else of `own` replaces what `base` had; an empty value (null) takes it away. */
function merge(base: Source, own: Source): Source {
  const spots: Spots = {
    get: (path) => own.spots.get(path) ?? base.spots.get(path),
    has: (path) => own.spots.has(path) || base.spots.has(path),
  };
  return { data: mergeData(base.data, own.data), spots };
}

function mergeData(base: unknown, own: unknown): unknown {
  if (!isRecord(base) || !isRecord(own)) return own;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    if (value === null && Object.hasOwn(base, key)) delete merged[key];
    else merged[key] = Object.hasOwn(base, key) ? mergeData(base[key], value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
