/** Why a float network and its chip differ, in one sentence. */

import type { Program } from "../compile/program.ts";
import { counted, grouped } from "../measure/numbers.ts";
import type { Cause, Difference, Explanation } from "./explanation.ts";

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

/** Where most of the difference comes from, by spikes, or by classes where every spike agrees. */
export function reasonOf(explanation: Explanation, { warnings }: Program): string {
  const { samples, framework, semantics, quantization, parameters, arithmetic, causes } = explanation;
  const unit = framework.spikes > 0 ? "spikes" : "predictions";
  const text = (difference: Difference): string => amountText(difference, unit);
  const of = (difference: Difference | null): number => difference?.[unit] ?? 0;
  const where = `in ${counted(samples.length, "sample")}`;
  if (2 * of(semantics) > of(framework)) {
    const warned = [...new Set(warnings.map(({ code }) => code).filter((code) => semanticCodes.has(code)))].join(", ");
    return (
      `Most of the difference (${text(framework)} ${where}) is there before anything is rounded ` +
      `(${grouped(of(semantics))}): the chip does something otherwise than the network${warned === "" ? "" : ` (see the warnings ${warned})`}.${restText(explanation, unit)}`
    );
  }
  const all = of(quantization);
  const most = of(semantics) > 0 ? "most of what quantization changes" : "most of the difference";
  const before = of(semantics) > 0 ? ` ${grouped(of(semantics))} differ before anything is rounded.` : "";
  const leading = mostBack(causes, unit);
  const back = of(leading?.undone ?? null);
  if (leading !== undefined && 2 * back > all) {
    return `${capital(most)} (${grouped(back)} of ${text(quantization)} ${where}) comes from ${leading.text}.${before}`;
  }
  const enough = causes.filter(({ alone }) => 2 * of(alone) > all);
  const listed = enough.slice(0, mostNamed).map((one) => `${one.text} (${grouped(of(one.alone))})`);
  if (enough.length > 0) {
    const head = enough.length > 1 ? "Several causes, of which each alone makes" : "One cause alone makes";
    const others = enough.length > 1 ? "" : ", and others together at least half";
    const only = back > 0 ? `more than ${grouped(back)}` : "anything";
    return `${head} ${most} (${text(quantization)} ${where})${others}: ${listed.join("; ")}. Undoing only one of them does not bring back ${only}.${before}`;
  }
  const named = causes.slice(0, mostNamed).map((one) => `${one.text} (alone ${grouped(of(one.alone))})`);
  return `Many small causes: ${halvesText(of(parameters), of(arithmetic), `${text(quantization)} ${where}`)}${named.length === 0 ? "" : `; most of all ${named.join("; ")}`}.${before}`;
}

/** What comes back when all parameters, or all of the arithmetic, is undone. */
function halvesText(parameters: number, arithmetic: number, all: string): string {
  const back = Math.max(parameters, arithmetic);
  if (back <= 0) return `of ${all}, undoing either all parameters or all of the arithmetic brings nothing back`;
  const half = parameters >= arithmetic ? "all rounding of parameters" : "all rounding and overflow in the arithmetic";
  return `undoing ${half} brings back ${grouped(back)} of ${all}`;
}

/** What quantization adds to a difference that is there without it. */
function restText({ quantization, causes }: Explanation, unit: Unit): string {
  const most = mostBack(causes, unit);
  if (most === undefined || 2 * (most.undone?.[unit] ?? 0) <= quantization[unit]) return "";
  return ` Of what quantization changes beside it (${amountText(quantization, unit)}), ${grouped(most.undone![unit])} come from ${most.text}.`;
}

type Unit = keyof Difference;

function mostBack(causes: readonly Cause[], unit: Unit): Cause | undefined {
  return causes.toSorted((a, b) => (b.undone?.[unit] ?? -Infinity) - (a.undone?.[unit] ?? -Infinity))[0];
}

/** `1,518 spikes` or `3 classes`. */
function amountText(difference: Difference, unit: Unit): string {
  const amount = difference[unit];
  if (unit === "spikes") return counted(amount, "spike");
  return `${grouped(amount)} ${amount === 1 ? "class" : "classes"}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
