/** Neurons that pass their counts of spikes on to one other of their population, in the timestep in which they fire. */

/** Which neuron gets whose count, and how far neurons may be advanced together before one of them does. */
export class Forwarding {
  /** Runs of neurons in ascending order: [start, start of the next, .., neurons]. No neuron gets a count from its own run. */
  readonly runs: readonly number[];
  private readonly targets: Int32Array;
  private readonly atMost: number;

  /** @param targets [neurons] the neuron that gets this one's count, -1 for none; `atMost` is where a sum is cut */
  constructor(targets: Int32Array, atMost: number) {
    this.targets = targets;
    this.atMost = atMost;
    const later = new Set([...targets].filter((target, neuron) => target > neuron));
    this.runs = [0, ...[...later].toSorted((a, b) => a - b), targets.length];
  }

  /**
   * Hand on the counts of neurons `first` to `end` (excluded), one after the other.
   *
   * @param counts [neurons] changed in place: the sums stay as they are for neurons that have been advanced, and are
   * what others begin their timestep with
   */
  handOn(counts: Float64Array, first: number, end: number): void {
    for (let neuron = first; neuron < end; neuron++) {
      const target = this.targets[neuron]!;
      if (target >= 0) counts[target] = Math.min(counts[target]! + counts[neuron]!, this.atMost);
    }
  }
}
