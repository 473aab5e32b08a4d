/** Blocks of neurons that nothing happens to sleep. */

/** Neurons that sleep and wake together; a multiple of every group. */
export const restBlock = 512;
/**
 * Every how many timesteps blocks without input are looked at to see whether they may sleep. To look takes longer than to
 * run, so that awake neurons would pay for it: this way a population as small as one block loses nothing by it.
 */
export const watchEvery = 8;

/**
 * Which blocks of neurons sleep. A block whose last step had no input, changed no register and fired nothing would do the
 * same again, so it sleeps until an event reaches it.
 */
export class Rest {
  readonly blocks: number;
  readonly #changed: Uint32Array;
  readonly #asleep: Uint8Array;
  readonly #touched: Uint8Array;

  /** @param changed [1] where kernels tell whether a register changed */
  constructor(size: number, changed: Uint32Array) {
    this.blocks = Math.ceil(size / restBlock);
    this.#changed = changed;
    this.#asleep = new Uint8Array(this.blocks);
    this.#touched = new Uint8Array(this.blocks);
  }

  wake(): void {
    this.#asleep.fill(0);
    this.#touched.fill(1);
  }

  touch(first: number, end: number): void {
    if (end <= first) return;
    const last = Math.ceil(end / restBlock);
    for (let block = Math.floor(first / restBlock); block < last; block++) this.#touched[block] = 1;
  }

  isTouched(block: number): boolean {
    return this.#touched[block] === 1;
  }

  sleeps(block: number): boolean {
    return this.#asleep[block] === 1 && this.#touched[block] === 0;
  }

  /** The block is about to be run with what has reached it. */
  take(block: number): void {
    this.#touched[block] = 0;
    this.#asleep[block] = 0;
  }

  /** All blocks are. */
  takeAll(): void {
    for (let block = 0; block < this.blocks; block++) this.take(block);
  }

  /** The first block from one on that has to be run. */
  next(block: number): number {
    let at = block;
    while (at < this.blocks && this.sleeps(at)) at++;
    return at;
  }

  /** A watched block was run: it sleeps if nothing happened. */
  note(block: number, silent: boolean): void {
    if (silent && this.#changed[0] === 0) this.#asleep[block] = 1;
  }
}
