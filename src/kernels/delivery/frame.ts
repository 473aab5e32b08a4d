/** Which values of a frame of an input are events. */

/**
 * List the places of all values that are not 0, in order.
 *
 * @param frame f64 each, zeros behind the last up to a multiple of four
 * @param places u32 each, room for three more than there are
 * @param table [16 masks][16 bytes] bytes of the lanes whose bits are set, moved to the front
 * @returns how many
 */
export function listNonZero(frame: usize, size: u32, places: usize, table: usize): u32 {
  const zero = f64x2.splat(0);
  const four = i32x4.splat(4);
  let ids = i32x4(0, 1, 2, 3);
  let next = places;
  for (const end = frame + (<usize>size << 3); frame < end; frame += 32) {
    const first = f64x2.ne(v128.load(frame), zero);
    const second = f64x2.ne(v128.load(frame, 16), zero);
    const mask = i32x4.bitmask(v128.shuffle<i32>(first, second, 0, 2, 4, 6));
    v128.store(next, i8x16.swizzle(ids, v128.load(table + (<usize>mask << 4))));
    next += <usize>popcnt(mask) << 2;
    ids = i32x4.add(ids, four);
  }
  return <u32>((next - places) >> 2);
}
