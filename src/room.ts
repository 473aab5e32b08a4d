/** Arrays that are filled again and again: to make a new one each time costs as much as to fill it, and garbage to collect. */

/** Entries of an array that is kept, and arrays that are kept, at most. */
const mostEntries = 2 ** 20;
const mostKept = 8;

/** Arrays that nobody uses at the moment. */
export class Rooms {
  readonly #shared: boolean;
  readonly #kept: Uint32Array[] = [];

  /** @param shared whether other threads see them */
  constructor(shared = false) {
    this.#shared = shared;
  }

  /** An array of so many entries at least, with anything in them. */
  take(entries: number): Uint32Array {
    const index = this.#kept.findIndex(({ length }) => length >= entries);
    if (index >= 0) return this.#kept.splice(index, 1)[0]!;
    return this.#shared ? new Uint32Array(new SharedArrayBuffer(4 * entries)) : new Uint32Array(entries);
  }

  /** Give back an array, which nobody may look at any more. @param array any part of it */
  give({ buffer }: Uint32Array): void {
    const entries = buffer.byteLength / 4;
    if (entries > 0 && entries <= mostEntries && this.#kept.length < mostKept) this.#kept.push(new Uint32Array(buffer));
  }
}

/** Those of this thread. */
export const ownRooms: Rooms = new Rooms();
