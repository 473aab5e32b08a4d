/** How many synapses events reach. */

/**
 * Entries of the rows of all events.
 *
 * @param start [sources + 1] u32, entries before each row
 * @param neurons [count] u32
 */
export function countEntries(start: usize, neurons: usize, count: u32): f64 {
  let entries: u64 = 0;
  for (const end = neurons + (<usize>count << 2); neurons < end; neurons += 4) {
    const row = start + (<usize>load<u32>(neurons) << 2);
    entries += load<u32>(row + 4) - load<u32>(row);
  }
  return <f64>entries;
}
