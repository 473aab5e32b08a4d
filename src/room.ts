/** Arrays that are filled again and again: to make a new one each time costs as much as to fill it, and a collection of garbage. */

/** Entries of an array that is kept, and arrays that are kept, at most: 8 MiB in all. */
const mostEntries = 2 ** 18;
const mostKept = 8;

const kept: Uint32Array<ArrayBuffer>[] = [];

/** An array of so many entries at least, with anything in them. */
export function takeRoom(entries: number): Uint32Array<ArrayBuffer> {
  const index = kept.findIndex(({ length }) => length >= entries);
  return index < 0 ? new Uint32Array(entries) : kept.splice(index, 1)[0]!;
}

/** Give back an array from `takeRoom`, which nobody may look at any more. */
export function giveRoom(array: Uint32Array<ArrayBuffer>): void {
  if (array.length > 0 && array.length <= mostEntries && kept.length < mostKept) kept.push(array);
}
