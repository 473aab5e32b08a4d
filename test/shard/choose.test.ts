import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import type { Program } from "../../src/compile/program.ts";
import { chooseWay } from "../../src/shard/choose.ts";
import { eventTargets } from "../chip/event-targets.ts";
import { randomProgram, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";

const small = randomProgram(targets[0]!, new Dice(1));
const [first, ...others] = small.populations;
/** So many neurons that a timestep of them takes about a millisecond. */
const large: Program = { ...small, populations: [{ ...first!, neurons: 500_000 }, ...others] };
const cores = availableParallelism();

describe("an automatic division", () => {
  it("leaves a small run on this thread, whatever the number of threads", () => {
    expect(chooseWay(small, { samples: 1, steps: 100 }, 16, 0)).toEqual({ threads: 1, split: null });
    expect(chooseWay(small, { samples: 200, steps: 100 }, 16, 0)).toEqual({ threads: 1, split: null });
    expect(chooseWay(small, { samples: 0, steps: 0 }, 16, 0)).toEqual({ threads: 1, split: null });
  });

  it("takes samples where there are many", () => {
    const long = { samples: 1_000_000, steps: 1000 };
    expect(chooseWay(small, long, 16, 0)).toEqual({ threads: 16, split: "sample" });
    expect(chooseWay(small, long, 1, 0)).toEqual({ threads: 1, split: null });
    expect(chooseWay(large, { samples: 16, steps: 1000 }, 16, 0)).toEqual({ threads: 16, split: "sample" });
  });

  it("takes neurons where timesteps are long and samples few, on no more threads than there are cores", () => {
    const way = chooseWay(large, { samples: 1, steps: 10_000 }, 1000, 0);
    expect(way).toEqual(cores === 1 ? { threads: 1, split: null } : { threads: cores, split: "core" });
  });

  it("never divides a chip that runs on events by neurons", () => {
    const program = { ...large, target: eventTargets[0]! };
    expect(chooseWay(program, { samples: 1, steps: 10_000 }, 8, 0)).toEqual({ threads: 1, split: null });
    expect(chooseWay(program, { samples: 8, steps: 10_000 }, 8, 0)).toEqual({ threads: 8, split: "sample" });
  });

  it("starts workers after some runs that would have paid for them together, and then uses them for short runs", () => {
    const run = { samples: 64, steps: 3 };
    expect(chooseWay(large, run, 2, 0).split).toBe(null);
    expect(chooseWay(large, run, 2, 1e9).split).toBe("sample");
    expect(chooseWay(large, run, 2, Infinity).split).toBe("sample");
    expect(chooseWay(small, run, 2, Infinity).split).toBe(null);
  });
});
