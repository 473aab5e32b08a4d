/** Parts of arrays copied and filled, short ones by loops: a call takes longer. */

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

/** Set `count` entries from `begin` on to one value. */
export function fillPart(to: Int32Array, begin: number, count: number, value: number): void {
  if (count >= longPart) to.fill(value, begin, begin + count);
  else for (let i = begin; i < begin + count; i++) to[i] = value;
}
