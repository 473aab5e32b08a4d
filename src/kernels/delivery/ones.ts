/** Which values of rows of zeros and ones are ones: the frames of an input in timestep after timestep. */

/**
 * List the places of all ones in rows of bytes, row after row.
 *
 * @param values [rows][size]
 * @param found u32 each, room for eight more than there are
 * @param ends [rows] u32, how many there are up to the end of each row
 * @param places [256 masks][8] which of eight bits are set, one behind the other, less 0, 1, 2, 3, 0, 1, 2, 3
 * @returns how many, or -1 where some value is neither
 */
export function listOneBytes(values: usize, size: u32, rows: u32, found: usize, ends: usize, places: usize): i32 {
  const eight = i32x4.splat(8);
  let next = found;
  let all = i8x16.splat(0);
  let rest: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    const end = values + size;
    let ids = i32x4(0, 1, 2, 3);
    for (const whole = values + (size & ~15); values < whole; values += 16) {
      const bytes = v128.load(values);
      all = v128.or(all, bytes);
      const mask = i8x16.bitmask(i16x8.shl(bytes, 7));
      next = listEight(next, mask & 255, ids, places);
      ids = i32x4.add(ids, eight);
      next = listEight(next, mask >> 8, ids, places);
      ids = i32x4.add(ids, eight);
    }
    for (let id = size & ~15; values < end; values++, id++) {
      const value = <u32>load<u8>(values);
      rest |= value;
      store<u32>(next, id);
      next += <usize>(value & 1) << 2;
    }
    store<u32>(ends + (<usize>row << 2), <u32>(next - found) >> 2);
  }
  if (rest > 1 || v128.any_true(v128.and(all, i8x16.splat(~1)))) return -1;
  return <i32>(<u32>(next - found) >> 2);
}

/** The same for rows of 32-bit floats. */
export function listOneFloats(values: usize, size: u32, rows: u32, found: usize, ends: usize, places: usize): i32 {
  const eight = i32x4.splat(8);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  let next = found;
  let sound = i32x4.splat(-1);
  let rest = true;
  for (let row: u32 = 0; row < rows; row++) {
    const end = values + (<usize>size << 2);
    let ids = i32x4(0, 1, 2, 3);
    for (const whole = values + (<usize>(size & ~7) << 2); values < whole; values += 32) {
      const first = v128.load(values);
      const second = v128.load(values, 16);
      const firstOnes = f32x4.eq(first, one);
      const secondOnes = f32x4.eq(second, one);
      sound = v128.and(sound, v128.or(firstOnes, f32x4.eq(first, zero)));
      sound = v128.and(sound, v128.or(secondOnes, f32x4.eq(second, zero)));
      next = listEight(next, i16x8.bitmask(i16x8.narrow_i32x4_s(firstOnes, secondOnes)), ids, places);
      ids = i32x4.add(ids, eight);
    }
    for (let id = size & ~7; values < end; values += 4, id++) {
      const value = load<f32>(values);
      rest = rest && (value == 0 || value == 1);
      store<u32>(next, id);
      next += value == 1 ? 4 : 0;
    }
    store<u32>(ends + (<usize>row << 2), <u32>(next - found) >> 2);
  }
  return rest && i32x4.all_true(sound) ? <i32>(<u32>(next - found) >> 2) : -1;
}

/** List those of eight values whose bits are set. @param ids of the first four */
@inline
function listEight(next: usize, mask: i32, ids: v128, places: usize): usize {
  const words = v128.load8x8_u(places + (<usize>mask << 3));
  v128.store(next, i32x4.add(ids, i32x4.extend_low_i16x8_u(words)));
  v128.store(next, i32x4.add(ids, i32x4.extend_high_i16x8_u(words)), 16);
  return next + (<usize>popcnt(mask) << 2);
}
