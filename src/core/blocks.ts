/** How rows of synapses number their targets in as few bytes as possible. */

/** Targets of a block: 16 bits number them, and their totals fit a second-level cache. */
export const blockTargets = 65_536;

/** Blocks of so many targets. */
export function blocksOf(targets: number): number {
  return Math.max(1, Math.ceil(targets / blockTargets));
}

/** Blocks in which rows are shorter than with numbers of 32 bits for all targets; 0 where there are none. */
export function blocksFor(sources: number, targets: number, entries: number): number {
  const blocks = blocksOf(targets);
  // Every row has 4 bytes for each block, and 2 less for each entry.
  return 4 * sources * (blocks - 1) <= 2 * entries ? blocks : 0;
}
