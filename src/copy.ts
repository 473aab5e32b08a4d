/** Copies of parts of arrays. */

/** From so many entries on it is faster to make views, which are new objects, than to loop. */
const longPart = 256;

/** Copy `count` entries of one array, from `begin` on, to place `at` of another that has room for them. */
export function copyPart<T extends Uint32Array | Int32Array>(
  from: T,
  begin: number,
  count: number,
  to: T,
  at: number,
): void {
  if (count >= longPart) to.set(from.subarray(begin, begin + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[begin + i]!;
}
