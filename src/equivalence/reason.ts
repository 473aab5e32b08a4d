/** Why a float network and its chip differ, in one sentence. */

import type { Program } from "../compile/program.ts";
import { counted, grouped } from "../measure/numbers.ts";
import type { Explanation } from "./explanation.ts";

/** Warnings of what a chip does otherwise than a network, with integers or without. */
const semanticCodes = new Set([
  "COMPILE_APPROXIMATED",
  "COMPILE_BIAS_DELAYED",
  "COMPILE_EVENTS_DROPPED",
  "COMPILE_FIRES_REPEATEDLY",
  "COMPILE_FLOOR",
  "COMPILE_LOOP_EARLY",
  "COMPILE_LOOP_LATE",
  "COMPILE_OPEN_LOOP",
  "COMPILE_RESET_DELAY",
  "COMPILE_RESET_SETTLED",
]);
/** Causes that the reason names. */
const mostNamed = 3;

/** Where most of the difference comes from. */
export function reasonOf(explanation: Explanation, { warnings }: Program): string {
  const { samples, framework, semantics, quantization, parameters, arithmetic, causes } = explanation;
  const where = `in ${counted(samples.length, "sample")}`;
  if (2 * semantics.spikes > framework.spikes) {
    const warned = [...new Set(warnings.map(({ code }) => code).filter((code) => semanticCodes.has(code)))].join(", ");
    return (
      `Most of the difference (${counted(framework.spikes, "spike")} ${where}) is there before anything is rounded ` +
      `(${grouped(semantics.spikes)}): the chip does something otherwise than the network${warned === "" ? "" : ` (see the warnings ${warned})`}.${restText(explanation)}`
    );
  }
  const of = (spikes: number): string => `${grouped(spikes)} of ${counted(quantization.spikes, "spike")} ${where}`;
  const most = causes.toSorted((a, b) => b.undone.spikes - a.undone.spikes)[0];
  if (most !== undefined && 2 * most.undone.spikes > quantization.spikes) {
    return `Most of the difference (${of(most.undone.spikes)}) comes from ${most.text}.`;
  }
  const enough = causes.filter(({ alone }) => 2 * alone.spikes > quantization.spikes);
  const listed = enough.slice(0, mostNamed).map(({ text, alone }) => `${text} (${grouped(alone.spikes)})`);
  const [first] = enough;
  if (first !== undefined) {
    const head =
      enough.length > 1
        ? `Several causes, of which each alone makes most of the difference (${counted(quantization.spikes, "spike")} ${where})`
        : `One cause alone makes most of the difference (${counted(quantization.spikes, "spike")} ${where}), and others together as much`;
    const back = most!.undone.spikes > 0 ? `more than ${grouped(most!.undone.spikes)}` : "anything";
    return `${head}: ${listed.join("; ")}. Undoing only one of them does not bring back ${back}.`;
  }
  const byParameters = parameters.spikes >= arithmetic.spikes;
  const part = byParameters ? "rounding all parameters" : "rounding and overflow in the arithmetic";
  const named = causes.slice(0, mostNamed).map(({ text, alone }) => `${text} (alone ${grouped(alone.spikes)})`);
  return `Many small causes: ${part} makes ${of(Math.max(0, parameters.spikes, arithmetic.spikes))}; most of all ${named.join("; ")}.`;
}

/** What quantization adds to a difference that is there without it. */
function restText({ quantization, causes }: Explanation): string {
  const most = causes.toSorted((a, b) => b.undone.spikes - a.undone.spikes)[0];
  if (most === undefined || 2 * most.undone.spikes <= quantization.spikes) return "";
  return ` Of what quantization changes beside it (${counted(quantization.spikes, "spike")}), ${grouped(most.undone.spikes)} come from ${most.text}.`;
}
