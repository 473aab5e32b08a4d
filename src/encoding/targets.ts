/** Target spike trains: what the output neurons should do, given the labels. */

import type { Stimulus } from "../engine.ts";
import { mistake } from "../errors.ts";
import { latencySteps, type LatencyOptions } from "./latency.ts";

export interface TargetOptions {
  /** `rate`: regular trains, busier for the right class; `latency`: the right class first, the others last. */
  readonly code: "rate" | "latency";
  /** Events per timestep of the right class, 0 to 1; 1 when missing. */
  readonly correctRate?: number;
  /** The same of all other classes; 0 when missing. */
  readonly incorrectRate?: number;
  /** Timestep of the first event; 0 when missing. */
  readonly firstSpike?: number;
  /** Value of an event; 1 when missing. */
  readonly onTarget?: number;
  /** Smallest value of a timestep; 0 when missing. */
  readonly offTarget?: number;
}

/**
 * Trains for every label, [samples][steps][classes].
 *
 * @param labels class of each sample, 0 to classes - 1
 * @throws ENCODE_OPTION
 */
export function encodeTargets(labels: Int32Array, classes: number, steps: number, options: TargetOptions): Stimulus {
  const { onTarget = 1, offTarget = 0 } = options;
  check("labels", labels.findLast((label) => label < 0 || label >= classes) ?? 0, 0, classes - 1);
  check("firstSpike", options.firstSpike ?? 0, 0, steps - 1);
  const fires = options.code === "rate" ? regularTrains(options) : firstAndLast(steps, options);
  return {
    samples: labels.length,
    steps,
    shape: [classes],
    kind: onTarget === 1 && offTarget === 0 ? "spikes" : "graded",
    constant: false,
    read(sample, step, out) {
      for (let index = 0; index < classes; index++) {
        out[index] = Math.max(fires(index === labels[sample], step) ? onTarget : 0, offTarget);
      }
    },
  };
}

type Train = (correct: boolean, step: number) => boolean;

/** Event k falls on timestep floor(firstSpike + k / rate). */
function regularTrains({ correctRate = 1, incorrectRate = 0, firstSpike = 0 }: TargetOptions): Train {
  check("correctRate", correctRate, 0, 1);
  check("incorrectRate", incorrectRate, 0, 1);
  return (correct, step) => {
    const rate = correct ? correctRate : incorrectRate;
    const count = Math.ceil((step - firstSpike) * rate);
    return rate > 0 && step >= firstSpike && Math.floor(firstSpike + count / rate) === step;
  };
}

/** The latency code of 1 for the right class and 0 for the others. */
function firstAndLast(steps: number, { firstSpike = 0 }: TargetOptions): Train {
  const options: LatencyOptions = { linear: true, normalize: true, firstSpike };
  const [first = 0, last = 0] = latencySteps(Float32Array.of(1, 0), steps, options);
  return (correct, step) => step === (correct ? first : last);
}

function check(option: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw mistake("ENCODE_OPTION", { option, value, range: `between ${low} and ${high}` });
}
