/** Does the network still work on the chip? A yes or no against stated tolerances, with its reasons. */

import type { Fit } from "../compile/program.ts";
import { markOf } from "../measure/marks.ts";
import { percentInText } from "../measure/numbers.ts";
import type { Confidence } from "../target/types.ts";

/** What a run may lose and still pass. All are fractions of 1. */
export interface Tolerances {
  /** Largest drop of accuracy below the float network's. */
  readonly accuracyDrop: number;
  /** Smallest share of samples with the same class. */
  readonly predictions: number;
  /** Smallest share of spikes that agree; null: not judged. */
  readonly spikes: number | null;
}

/** One percentage point of accuracy, 97 % of the predictions, spikes not judged. */
export const defaultTolerances: Tolerances = { accuracyDrop: 0.01, predictions: 0.97, spikes: null };

/** What is judged. */
export interface Evidence {
  readonly samples: number;
  /** Accuracies, 0 to 1; null without labels. */
  readonly accuracy: { readonly reference: number; readonly emulator: number } | null;
  /** Share of samples with the same class. */
  readonly predictions: number;
  /** Share of spikes that agree. */
  readonly spikes: number;
  readonly fit: Fit;
  /** How well the chip's number of cores is known. */
  readonly coresConfidence: Confidence;
  readonly classes: number;
  /** Samples without an output spike in the run that has fewer of them; 0 where classes are not read from spikes. */
  readonly silent: number;
}

/** One rule of the verdict. */
export interface Check {
  readonly rule: "accuracy" | "predictions" | "spikes" | "fit";
  /** Null: could not be judged, which counts neither way. */
  readonly pass: boolean | null;
  /** A full sentence with the numbers. */
  readonly reason: string;
}

export interface Verdict {
  /** No rule was broken. */
  readonly pass: boolean;
  readonly checks: readonly Check[];
  /** The reasons of all checks, and cautions about what the numbers cannot say; full sentences. */
  readonly reasons: readonly string[];
  readonly tolerances: Tolerances;
}

/** Tolerances and measured shares are decimal fractions, so equality at the limit must survive their rounding. */
const ROUNDING = 1e-9;

/** Judge a comparison. A chip that does better than the float network passes. */
export function judge(evidence: Evidence, tolerances: Tolerances = defaultTolerances): Verdict {
  const checks = [
    judgeAccuracy(evidence, tolerances.accuracyDrop),
    judgePredictions(evidence, tolerances.predictions),
    ...(tolerances.spikes === null ? [] : [judgeSpikes(evidence, tolerances.spikes)]),
    judgeFit(evidence),
  ];
  return {
    pass: checks.every(({ pass }) => pass !== false),
    checks,
    reasons: [...checks.map(({ reason }) => reason), ...cautions(evidence)],
    tolerances,
  };
}

function judgeAccuracy({ accuracy }: Evidence, allowed: number): Check {
  if (accuracy === null) {
    return { rule: "accuracy", pass: null, reason: "There are no labels, so accuracy was not judged." };
  }
  const { reference, emulator } = accuracy;
  const drop = reference - emulator;
  const lost = drop > 0 ? `a drop of ${points(drop)} percentage points` : "which is no drop";
  return {
    rule: "accuracy",
    pass: drop <= allowed + ROUNDING,
    reason:
      `Accuracy is ${percentInText(reference)} in float and ${percentInText(emulator)} on the chip, ${lost}; ` +
      `at most ${points(allowed)} may be lost.`,
  };
}

function judgePredictions({ samples, predictions }: Evidence, least: number): Check {
  const same = Math.round(predictions * samples);
  return {
    rule: "predictions",
    pass: predictions >= least - ROUNDING,
    reason: `${same} of ${samples} predictions agree (${percentInText(predictions)}); at least ${percentInText(least)} must.`,
  };
}

function judgeSpikes({ spikes }: Evidence, least: number): Check {
  return {
    rule: "spikes",
    pass: spikes >= least - ROUNDING,
    reason: `${percentInText(spikes)} of the spikes agree; at least ${percentInText(least)} must.`,
  };
}

function judgeFit({ fit, coresConfidence }: Evidence): Check {
  const reason = fit.fits
    ? `The network fits the chip: it takes ${coresText(fit, coresConfidence)}.`
    : ["The network does not fit the chip.", ...fit.reasons].join(" ");
  return { rule: "fit", pass: fit.fits, reason };
}

/** `3 of 128 cores`, with its mark where the number of cores was not checked; and on how many chips, where on several. */
export function coresText({ cores, coresAvailable, chips = 1 }: Fit, confidence: Confidence): string {
  if (coresAvailable === null) return `${cores} core${cores === 1 ? "" : "s"}`;
  const text = `${cores} of ${coresAvailable} cores ${markOf(confidence)}`.trimEnd();
  return chips === 1 ? text : `${text} on ${chips} chips`;
}

/** What would make agreement worth nothing, said where it happens. */
function cautions({ samples, silent, classes }: Evidence): readonly string[] {
  const found: string[] = [];
  if (samples > 0 && silent === samples) {
    found.push("No output spiked in any sample of either run, so the predictions say nothing about the network.");
  }
  if (classes === 1) found.push("The output has one neuron, so predictions always agree; look at the spikes instead.");
  return found;
}

/** A difference of shares in percentage points. */
function points(share: number): string {
  return String(Number((share * 100).toFixed(2)));
}
