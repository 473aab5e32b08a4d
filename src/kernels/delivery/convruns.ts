/** The runs of one event, or of two at the same pixel, added to sums of 16 bits. */

import { ConvPhase, ConvPixel } from "./job";

/**
 * @param weights of the first run of the phase, what is skipped left out
 * @param sums the same place in the sums
 */
@inline
export function addRuns(phase: ConvPhase, pixel: ConvPixel, weights: usize, sums: usize): void {
  const length = pixel.length;
  const runBytes = phase.length;
  let delta = phase.deltas + (<usize>pixel.firstRun << 2);
  let row = weights + <usize>(pixel.firstRun * runBytes);
  const end = delta + (<usize>pixel.runs << 2);
  // Three taps of 16 channels, and other short runs, without a loop whose end is hard to foresee.
  if (length == 48) {
    for (; delta < end; delta += 4, row += runBytes) {
      const sum = sums + (<usize>load<u32>(delta) << 1);
      addSixteen(row, sum);
      addSixteen(row + 16, sum + 32);
      addSixteen(row + 32, sum + 64);
    }
  } else if (length == 64) {
    for (; delta < end; delta += 4, row += runBytes) {
      const sum = sums + (<usize>load<u32>(delta) << 1);
      addSixteen(row, sum);
      addSixteen(row + 16, sum + 32);
      addSixteen(row + 32, sum + 64);
      addSixteen(row + 48, sum + 96);
    }
  } else {
    for (; delta < end; delta += 4, row += runBytes) {
      let sum = sums + (<usize>load<u32>(delta) << 1);
      let at = row;
      const stop = row + length;
      for (; at + 32 <= stop; at += 32, sum += 64) {
        addSixteen(at, sum);
        addSixteen(at + 16, sum + 32);
      }
      if (at < stop) addSixteen(at, sum);
    }
  }
}

@inline
function addSixteen(row: usize, sum: usize): void {
  v128.store(sum, i16x8.add(v128.load(sum), v128.load8x8_s(row)));
  v128.store(sum + 16, i16x8.add(v128.load(sum + 16), v128.load8x8_s(row + 8)));
}
