/** Compares what came out with what an oracle recorded, and counts. */

/** The first value of a case that differs. */
export interface Difference {
  readonly case: string;
  readonly where: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** A spike that the order of summation decides. */
export interface RoundingNote {
  readonly case: string;
  readonly where: string;
  /** How it was told apart from an error. */
  readonly reason: string;
}

type Values = ArrayLike<number>;

/** Spikes with the membranes that decided about them, all [steps][size]. */
export interface Decisions {
  readonly spikes: Values;
  readonly membranes: Values;
}

const ABSOLUTE = 1e-5;
const RELATIVE = 1e-5;

/** Counts the values of one case on one engine. */
export class Tally {
  values = 0;
  mismatches = 0;
  /** Largest difference of two numbers, divided by 1 + |expected|, as the tolerance is. */
  worst = 0;
  first: Difference | null = null;
  readonly notes: RoundingNote[] = [];
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Numbers that must be identical. @param size of the last axis, to say where a difference is */
  exact(what: string, got: Values, expected: Values, size: number = expected.length): void {
    this.compare(what, got, expected, size, (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b)));
  }

  /** Numbers within 1e-5 absolute plus 1e-5 relative. */
  close(what: string, got: Values, expected: Values, size: number = expected.length): void {
    this.compare(what, got, expected, size, within);
  }

  /** Anything with one right answer. */
  same(what: string, got: unknown, expected: unknown): void {
    this.values++;
    if (JSON.stringify(got) !== JSON.stringify(expected)) this.differ(what, got, expected);
  }

  /**
   * Spikes that must be identical. Where the first that differs comes from membranes that are the same within tolerance and
   * that close to the threshold, the order of summation decided it: a note says so.
   *
   * @param thresholds [size]
   * @returns how many of the values can be compared at all: those of the steps before such a decision
   */
  spikes(got: Decisions, expected: Decisions, thresholds: Values): number {
    const size = thresholds.length;
    const length = expected.spikes.length;
    let at = 0;
    while (at < length && got.spikes[at] === expected.spikes[at]) at++;
    const [mine, theirs, threshold] = [got.membranes[at] ?? NaN, expected.membranes[at] ?? NaN, thresholds[at % size]!];
    const rounding = at < length && within(mine, theirs) && within(theirs, threshold) && within(mine, threshold);
    if (!rounding) {
      this.exact("spk", got.spikes, expected.spikes, size);
      return length;
    }
    const [step, neuron] = [Math.floor(at / size), at % size];
    const reason = `membranes ${mine} here and ${theirs} there agree and lie within rounding of the threshold ${threshold}; compared up to there`;
    this.notes.push({ case: this.name, where: `step ${step}, neuron ${neuron}`, reason });
    this.values += step * size;
    return step * size;
  }

  /** What should not have been thrown. */
  fail(where: string, error: unknown): void {
    this.differ(where, String(error), "no error");
  }

  private compare(
    what: string,
    got: Values,
    expected: Values,
    size: number,
    agree: (a: number, b: number) => boolean,
  ): void {
    if (got.length !== expected.length) return this.differ(`length of ${what}`, got.length, expected.length);
    this.values += expected.length;
    for (let i = 0; i < expected.length; i++) {
      const [a, b] = [got[i]!, expected[i]!];
      const error = a === b ? 0 : Math.abs(a - b) / (1 + Math.abs(b));
      if (error > this.worst) this.worst = error;
      if (!agree(a, b)) this.differ(`${what}[${Math.floor(i / size)}][${i % size}]`, a, b);
    }
  }

  private differ(where: string, got: unknown, expected: unknown): void {
    this.mismatches++;
    this.first ??= { case: this.name, where, expected, got };
  }
}

function within(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Number.isFinite(b) && Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b);
}
