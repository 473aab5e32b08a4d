/** How a run is cut into parts that fit memory; the cut never changes a result. */

/** Samples that run side by side; more cost memory without saving time. */
const LARGEST_BATCH = 256;
/** Steps that should fit at once before samples are run side by side. */
const ENOUGH_STEPS = 16;

export interface RunSize {
  readonly samples: number;
  readonly steps: number;
  /** Floats held per sample and timestep of a window. */
  readonly floatsPerStep: number;
  /** Floats held per sample whatever the window. */
  readonly floatsPerSample: number;
}

/** Samples and timesteps that run together. */
export interface WindowSize {
  readonly batch: number;
  readonly steps: number;
}

/** The largest batch, and with it the longest window, that stay within `floats`; at least one sample and one step. */
export function windowSize(run: RunSize, floats: number): WindowSize {
  const perSample = run.floatsPerSample + run.floatsPerStep * Math.min(run.steps, ENOUGH_STEPS);
  const batch = clamp(Math.floor(floats / perSample), 1, Math.min(run.samples, LARGEST_BATCH));
  const left = floats / batch - run.floatsPerSample;
  return { batch, steps: clamp(Math.floor(left / run.floatsPerStep), 1, run.steps) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** Ranges of at most `size` that cover 0 .. total. */
export function ranges(total: number, size: number): { readonly first: number; readonly count: number }[] {
  const all: { first: number; count: number }[] = [];
  for (let first = 0; first < total; first += size) all.push({ first, count: Math.min(size, total - first) });
  return all;
}
