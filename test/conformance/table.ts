/** A conformance run as text. */

import type { ConformanceResult, OracleResult } from "./run.ts";

const columns = ["oracle", "files", "cases", "run", "values", "mismatches", "largest error", "engines"];

/** A table of the oracles, and below it what differed, what was left out and why. */
export function tableText({ oracles, absent, unknown }: ConformanceResult): string {
  const rows = [columns, ...oracles.map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
  const notes = absent.map(({ engine, reason }) => `${engine} cannot be used here: ${reason}.`);
  if (unknown.length > 0) notes.push(`There is no adapter for ${unknown.join(", ")}; nothing there was run.`);
  return [...table, "", ...notes, ...oracles.flatMap(notesOn)].join("\n").trimEnd();
}

function rowOf(one: OracleResult): string[] {
  const engines = Object.entries(one.engines).map(([name, cases]) => `${name} ${cases}`);
  const counts = [one.files, one.cases, one.run, one.values, one.mismatches].map(String);
  return [one.name, ...counts, one.worst.toPrecision(3), engines.join(", ")];
}

function notesOn({ name, first, unsupported, unreadable, rounding }: OracleResult): string[] {
  const lines = unreadable.map(({ file, reason }) => `${name}: ${file} cannot be read: ${reason}`);
  if (first !== null) {
    lines.push(
      `${name}: first mismatch in ${first.case}, ${first.where}: expected ${show(first.expected)}, got ${show(first.got)}`,
    );
  }
  for (const [capability, cases] of byCapability(unsupported)) {
    lines.push(`${name}: ${cases.length} left out for want of ${capability}: ${shortList(cases)}`);
  }
  for (const note of rounding) lines.push(`${name}: rounding decides in ${note.case}, ${note.where}: ${note.reason}`);
  return lines;
}

/** The first few; the JSON document has all. */
function shortList(cases: readonly string[]): string {
  const most = 3;
  const rest = cases.length - most;
  return cases.slice(0, most).join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

function byCapability(unsupported: OracleResult["unsupported"]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const one of unsupported) groups.set(one.capability, [...(groups.get(one.capability) ?? []), one.case]);
  return groups;
}

function show(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
