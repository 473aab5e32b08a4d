/** Energies between two published extremes. */

/** An energy. `low` <= `typical` <= `high`. */
export interface EnergyRange {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
  readonly unit: "pJ";
}

/** The three numbers of a price. */
export type Span = Pick<EnergyRange, "low" | "typical" | "high">;

export const noEnergy: EnergyRange = { low: 0, typical: 0, high: 0, unit: "pJ" };

/** So many events at a price. */
export function times({ low, typical, high }: Span, count: number): EnergyRange {
  return { low: low * count, typical: typical * count, high: high * count, unit: "pJ" };
}

export function plus(a: EnergyRange, b: EnergyRange): EnergyRange {
  return { low: a.low + b.low, typical: a.typical + b.typical, high: a.high + b.high, unit: "pJ" };
}

/** The sum of what is known; null where nothing is. */
export function sumOf(ranges: readonly (EnergyRange | null)[]): EnergyRange | null {
  return ranges.reduce((sum, one) => (sum === null ? one : one === null ? sum : plus(sum, one)), null);
}
