/** How well a number is known, in the words that stand beside it wherever it is shown. */

import type { Confidence } from "../target/types.ts";

/** Whether a number must never be shown without its mark. */
export function needsMark(confidence: Confidence): boolean {
  return confidence === "literature-unverified" || confidence === "assumption";
}

/** `[unverified]` or `[assumed]`; empty where the number was read in its source. */
export function markOf(confidence: Confidence): string {
  if (!needsMark(confidence)) return "";
  return confidence === "assumption" ? "[assumed]" : "[unverified]";
}

/** The marks of several numbers, each once. */
export function marksOf(confidences: readonly Confidence[]): string {
  return [...new Set(confidences.map(markOf))].filter((mark) => mark !== "").join(" ");
}

/** What the marks in a text mean; empty when there are none in it. */
export function legendOf(text: string): string {
  const meanings = [
    text.includes("[unverified]")
      ? "[unverified]: a figure of the literature that was not checked against the paper."
      : "",
    text.includes("[assumed]") ? "[assumed]: nobody has published this; it was chosen." : "",
  ];
  return meanings.filter((meaning) => meaning !== "").join(" ");
}
