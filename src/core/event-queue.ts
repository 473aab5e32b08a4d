/** A first-in first-out queue of events of a fixed capacity: a ring over typed arrays. */

/** Numbers of one event; what an entry does not have is 0. */
export interface QueueEntry {
  readonly kind: number;
  readonly source: number;
  readonly neuron: number;
  readonly weight: number;
}

/** What happens to an entry that finds the queue full: itself lost, or the one that has waited longest. */
export type WhenFull = "lose-new" | "lose-oldest";

const fields = 4;

/** Entries in the order in which they came. */
export class EventQueue {
  readonly capacity: number;
  /** Entries that were lost since `lost` was last set to 0. */
  lost = 0;
  /** Most entries at once since `longest` was last set to 0. */
  longest = 0;
  private readonly whenFull: WhenFull;
  private readonly ring: Int32Array;
  private first = 0;
  private count = 0;

  constructor(capacity: number, whenFull: WhenFull) {
    this.capacity = capacity;
    this.whenFull = whenFull;
    this.ring = new Int32Array(capacity * fields);
  }

  get length(): number {
    return this.count;
  }

  get full(): boolean {
    return this.count === this.capacity;
  }

  get head(): QueueEntry {
    const at = this.first * fields;
    const [kind, source, neuron, weight] = [0, 1, 2, 3].map((field) => this.ring[at + field]!) as [
      number,
      number,
      number,
      number,
    ];
    return { kind, source, neuron, weight };
  }

  /** Append an entry. @param held the head is being served and cannot be the one that is lost */
  push({ kind, source, neuron, weight }: QueueEntry, held: boolean): void {
    if (this.full) {
      this.lost++;
      if (this.whenFull === "lose-new" || (held && this.capacity === 1)) return;
      // The entry behind a held head goes: the head takes its place.
      if (held) this.ring.copyWithin(this.next(this.first) * fields, this.first * fields, (this.first + 1) * fields);
      this.drop();
    }
    this.ring.set([kind, source, neuron, weight], ((this.first + this.count) % this.capacity) * fields);
    this.count++;
    this.longest = Math.max(this.longest, this.count);
  }

  /** Remove the head. */
  drop(): void {
    this.first = this.next(this.first);
    this.count--;
  }

  clear(): void {
    this.first = 0;
    this.count = 0;
    this.lost = 0;
    this.longest = 0;
  }

  private next(place: number): number {
    return (place + 1) % this.capacity;
  }
}
