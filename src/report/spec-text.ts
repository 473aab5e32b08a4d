/** Registers, constants and equations of a target as text. */

import type { ParameterSpec, TypeSpec } from "../datapath/spec.ts";
import type { Style } from "./style.ts";

/** `mixed | silicon`, or `-128..127`. */
export function typeText({ low, high, words }: TypeSpec): string {
  return words === undefined ? `${low}..${high}` : words.join(" | ");
}

/** ` = beta * 256, rounded to the nearest`. */
export function encodesText({ encodes, round }: Pick<ParameterSpec, "encodes" | "round">): string {
  if (encodes === undefined) return "";
  return ` = ${encodes}${round === undefined ? "" : `, rounded ${roundings[round]}`}`;
}

const roundings = {
  nearest: "to the nearest",
  "nearest-even": "to the nearest, halves to even",
  down: "down",
  "toward-zero": "toward zero",
  above: "to the next larger one",
} as const;

/** Equations below their name. */
export function linesText(name: string, text: string, style: Style): string[] {
  const lines = text.trimEnd().split("\n");
  return ["", `  ${style.title(name)}`, ...lines.map((line) => `    ${line}`)];
}

/** What an integer stands for, in a few words. */
export function meaning(spec: ParameterSpec): string {
  const parts = [
    encodesText(spec).replace(/^ = /, ""),
    spec.documented === undefined ? "" : `documented ${typeText(spec.documented)}`,
    spec.chosen === undefined ? "" : "chosen by the compiler",
  ];
  return parts.filter((part) => part !== "").join("; ");
}
