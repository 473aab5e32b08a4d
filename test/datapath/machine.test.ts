import { describe, expect, it } from "vitest";
import { bitsOf, machineTypeOf, type MachineType } from "../../src/datapath/machine.ts";

describe("the narrowest machine type", () => {
  it.each<[bigint, bigint, MachineType, number]>([
    [0n, 0n, "int16", 1],
    [-(2n ** 15n), 2n ** 15n - 1n, "int16", 16],
    [0n, 2n ** 15n, "int32", 17],
    [-(2n ** 31n), 0n, "int32", 32],
    [-(2n ** 31n) - 1n, 0n, "double", 33],
    [-(2n ** 53n) + 1n, 2n ** 53n - 1n, "double", 54],
    [-(2n ** 53n), 0n, "int64", 54],
    [0n, 2n ** 63n - 1n, "int64", 64],
    [0n, 2n ** 63n, "big", 65],
  ])("of %i..%i is %s, %i bits", (low, high, type, bits) => {
    expect([machineTypeOf({ low, high }), bitsOf({ low, high })]).toEqual([type, bits]);
  });
});
