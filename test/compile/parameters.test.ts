import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodePopulation, type EncodedPopulation } from "../../src/compile/parameters.ts";
import type { PopulationQuantities } from "../../src/compile/quantities.ts";
import { readDatapath } from "../../src/datapath/datapath.ts";
import { readTarget } from "../../src/files.ts";
import type { Target } from "../../src/target/types.ts";
import { codeOf } from "../support.ts";
import { target } from "./networks.ts";

/** Neurons of a membrane without leak, bias and threshold, except for what is said. */
function quantities(
  neurons: number,
  some: Partial<Record<keyof PopulationQuantities, readonly number[]>>,
): PopulationQuantities {
  const each = (name: keyof PopulationQuantities, usual: number): Float64Array => {
    return Float64Array.from({ length: neurons }, (_, i) => some[name]?.[i] ?? usual);
  };
  return {
    alpha: each("alpha", 0),
    beta: each("beta", 1),
    threshold: each("threshold", Infinity),
    bias: each("bias", 0),
    gain: each("gain", 1),
    lowerBound: each("lowerBound", -Infinity),
    subtract: some.subtract?.[0] === 1 ? 1 : 0,
    initialCurrent: each("initialCurrent", 0),
    initialMembrane: each("initialMembrane", 0),
    origin: each("origin", 0),
  };
}

function encoded(
  chip: Target,
  wanted: PopulationQuantities,
  scale: number | Float64Array = 1,
  recipe: string | null = null,
): EncodedPopulation {
  const { datapath } = readDatapath(chip.datapaths["lif"]!, chip.settings);
  return encodePopulation("p", datapath!, recipe === null ? null : chip.recipes[recipe]!, wanted, scale);
}

const loihi2 = readTarget("loihi2");
const generic = readTarget("generic-8bit");

function decisionOn({ decisions }: EncodedPopulation, parameter: string) {
  return decisions.find((one) => one.parameter === parameter)!;
}

describe("a mantissa and an exponent", () => {
  const bias = [0, 4095, -4096, 4095.4, 4095.5, 4096, -4097, 8190, 8192, 4095 * 128, 4096 * 128, 1e9];

  it("take the smallest exponent with which the mantissa fits, neuron by neuron", () => {
    const result = encoded(loihi2, quantities(bias.length, { bias }));
    expect([...result.parameters["bias_exp"]!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 7, 7, 7]);
    expect([...result.parameters["bias_mant"]!]).toEqual([
      0, 4095, -4096, 4095, 2048, 2048, -2048, 4095, 2048, 4095, 4095, 4095,
    ]);
    // Only the last two are beyond what both can say together.
    expect(decisionOn(result, "bias_mant").saturated).toBe(2);
  });

  it("are as fine as they can be", () => {
    fc.assert(
      fc.property(fc.double({ min: -4e5, max: 4e5, noNaN: true }), (one) => {
        const { parameters } = encoded(loihi2, quantities(1, { bias: [one] }));
        const [mantissa, exponent] = [parameters["bias_mant"]![0]!, parameters["bias_exp"]![0]!];
        expect(Math.abs(mantissa * 2 ** exponent - one)).toBeLessThanOrEqual(2 ** (exponent - 1));
        if (exponent > 0) expect(Math.abs(mantissa)).toBeGreaterThanOrEqual(2047);
      }),
    );
  });
});

/** A target with one parameter more. */
function withMore(parameter: string): Target {
  return target(`
extends: generic-8bit
name: more
datapaths:
  lif:
    parameters: { more: ${parameter} }
    on timestep: |
      v        = saturate(((membrane * beta) >> 8) + input + bias, -32768, 32767)
      spike    = v > threshold + more
      membrane = !spike ? v : subtract ? v - threshold : 0`);
}

describe("parameters", () => {
  it("are one number where all neurons share it", () => {
    const result = encoded(generic, quantities(3, { beta: [0.5, 0.5, 0.5], threshold: [1, 2, 3] }), 100);
    expect([result.parameters["beta"], result.parameters["threshold"]]).toEqual([
      Int32Array.of(128),
      Int32Array.of(100, 200, 300),
    ]);
  });

  it("of neurons that never fire are the end of the range, which is no loss", () => {
    const result = encoded(loihi2, quantities(2, {}));
    expect(result.parameters["threshold"]).toEqual(Int32Array.of(131071));
    expect(decisionOn(result, "threshold")).toMatchObject({
      saturated: 0,
      note: "never fires: set to the end of the range",
    });
  });

  it("that do not fit are cut, counted, and reported with what was wanted", () => {
    const result = encoded(generic, quantities(3, { threshold: [10, 400, 500] }), 100);
    expect(result.parameters["threshold"]).toEqual(Int32Array.of(1000, 32767, 32767));
    expect(decisionOn(result, "threshold")).toEqual({
      where: "p",
      parameter: "threshold",
      integer: [1000, 32767],
      wanted: [1000, 50000],
      error: 17233,
      saturated: 2,
      count: 3,
      note: null,
    });
  });

  it("outside of what the chip documents are warned of, and kept", () => {
    const result = encoded(
      loihi2,
      quantities(3, { beta: [0, 0.5, 0], alpha: [0.5, 0.5, 0.5], threshold: [1, 1, 1] }),
      64,
    );
    expect(result.parameters["membrane_decay"]).toEqual(Int32Array.of(4096, 2048, 4096));
    expect(result.warnings).toEqual([
      {
        code: "COMPILE_UNDOCUMENTED",
        message: "p: membrane_decay is 4096 in 2 of 3 neuron(s); the chip documents 0..4095.",
        place: { node: "p" },
      },
      {
        code: "COMPILE_SHARED",
        message:
          "p: membrane_decay takes 2 values; the chip holds one for all neurons of a population, so this one has to be " +
          "split into as many.",
        place: { node: "p" },
      },
    ]);
  });

  it("follow the scale of each neuron where there are several", () => {
    const wanted = quantities(2, { threshold: [1, 1], bias: [3, -3], initialMembrane: [2, 2] });
    const { parameters, initial } = encoded(generic, wanted, Float64Array.of(10, 200));
    expect(parameters["threshold"]).toEqual(Int32Array.of(10, 200));
    expect(parameters["bias"]).toEqual(Int32Array.of(30, -600));
    expect(initial["membrane"]).toEqual(Int32Array.of(20, 400));
  });

  it("of a recipe replace the target's", () => {
    const result = encoded(loihi2, quantities(1, { beta: [0.96], threshold: [0.1] }), 16384, "nir-paper");
    const { current_decay, membrane_decay, threshold } = result.parameters;
    expect([current_decay![0], membrane_decay![0], threshold![0]]).toEqual([4095, 163, 25]);
  });

  it("without encoding take their default, and are missed where there is none", () => {
    const { parameters } = encoded(withMore("{ type: uint4, default: 9 }"), quantities(2, {}));
    expect(parameters["more"]).toEqual(Int32Array.of(9));
    expect(codeOf(() => encoded(withMore("uint4"), quantities(2, {})))).toBe("COMPILE_PARAMETER");
    const none = withMore("{ type: uint4, encodes: threshold - threshold }");
    expect(codeOf(() => encoded(none, quantities(2, {})))).toBe("COMPILE_NO_VALUE");
  });
});

describe("registers before the first timestep", () => {
  it("hold what the network starts with, in the register's own units", () => {
    const result = encoded(loihi2, quantities(2, { initialCurrent: [-1.5, 2], initialMembrane: [0.25, 0.25] }), 1000);
    expect(result.initial).toEqual({ current: Int32Array.of(-1500, 2000), membrane: Int32Array.of(250) });
    expect(decisionOn(result, "initial current")).toMatchObject({ integer: [-1500, 2000], error: 0 });
  });

  it("that start at 0 are not mentioned", () => expect(encoded(loihi2, quantities(2, {})).initial).toEqual({}));

  it("are refused where the target does not say what they encode", () => {
    const plain = target("extends: generic-8bit\nname: plain\ndatapaths: { lif: { state: { membrane: int16 } } }");
    expect(codeOf(() => encoded(plain, quantities(1, { initialMembrane: [1] })))).toBe("COMPILE_INITIAL");
    expect(codeOf(() => encoded(generic, quantities(1, { initialCurrent: [1] })))).toBe("COMPILE_INITIAL");
  });
});
