/** Chance that a seed decides, for tests that make whole networks or programs out of one number. */

/** Whole numbers that a seed decides. */
export class Dice {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** From `low` to `high`, both included. */
  between(low: number, high: number): number {
    // mulberry32
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    const unit = ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    return low + Math.floor(unit * (high - low + 1));
  }

  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  one<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!;
  }

  list(count: number, low: number, high: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.between(low, high));
  }
}
