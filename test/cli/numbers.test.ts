import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { decimalNumber, probe, sampleChoice, setting, share, wholeNumber } from "../../src/cli/numbers.ts";

const steps = wholeNumber(1);

describe("numbers on the command line", () => {
  it.each(["abc", "", "1.5", "1e3", "0x10", " 3", "3 ", "-1", "0", "99999999999999999999", "NaN", "Infinity"])(
    "refuse %j as a count",
    (text) => expect(() => steps(text)).toThrow(InvalidArgumentError),
  );

  it("are read whole", () => {
    expect([steps("25"), steps("+7"), wholeNumber(0, 5)("0")]).toEqual([25, 7, 0]);
    expect(() => wholeNumber(0, 5)("6")).toThrow("0 to 5");
  });

  it.each(["", "1e", "e5", ".", "1,5", "0x1", "Infinity", "nan", "1e999", "--5"])("refuse %j as a decimal", (text) =>
    expect(() => decimalNumber("of any size", () => true)(text)).toThrow(InvalidArgumentError),
  );

  it("are read as decimals", () => {
    const any = decimalNumber("of any size", () => true);
    expect([any("1e-4"), any("-.5"), any("2."), any("+3.25E2")]).toEqual([1e-4, -0.5, 2, 325]);
    expect(() => share("1.01")).toThrow("from 0 to 1");
    expect([share("0"), share("1")]).toEqual([0, 1]);
  });
});

describe("samples", () => {
  it("are the first N, or a range", () => {
    expect(sampleChoice("10")).toEqual({ from: 0, to: 10 });
    expect(sampleChoice("3:8")).toEqual({ from: 3, to: 8 });
    expect(sampleChoice("3:")).toEqual({ from: 3, to: null });
    expect(sampleChoice(":8")).toEqual({ from: 0, to: 8 });
    expect(sampleChoice(":")).toEqual({ from: 0, to: null });
  });

  it.each(["0", "-1", "a", "", "5:5", "6:2", "1:2:3", "1.5"])("refuse %j", (text) =>
    expect(() => sampleChoice(text)).toThrow(InvalidArgumentError),
  );
});

describe("repeated options", () => {
  it("gather settings, numbers as numbers", () => {
    expect(setting("gain=-3", setting("readout=silicon"))).toEqual({ readout: "silicon", gain: -3 });
    for (const text of ["readout", "=x", "a=", "a b=c"]) expect(() => setting(text)).toThrow(InvalidArgumentError);
  });

  it("gather probes; the register follows the last colon", () => {
    expect(probe("a:b:membrane", probe("lif1:current"))).toEqual([
      { population: "lif1", register: "current" },
      { population: "a:b", register: "membrane" },
    ]);
    for (const text of ["lif1", ":membrane", "lif1:", "lif1:a b"]) {
      expect(() => probe(text)).toThrow(InvalidArgumentError);
    }
  });
});
