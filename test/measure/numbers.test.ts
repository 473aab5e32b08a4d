import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  counted,
  durationText,
  energyRangeText,
  energyText,
  grouped,
  memoryText,
  percent,
  percentInText,
  significant,
} from "../../src/measure/numbers.ts";

describe("percent", () => {
  it("keeps its decimals so that columns align", () => {
    expect([percent(0.965), percent(0), percent(1), percent(0.9731, 2)]).toEqual([
      "96.5 %",
      "0.0 %",
      "100.0 %",
      "97.31 %",
    ]);
  });

  it("shows 0 and 100 for exactly these shares only", () => {
    expect(percent(0.99996)).toBe("99.996 %");
    expect(percent(1e-4)).toBe("0.01 %");
    expect(percent(1e-12)).toBe("< 0.000001 %");
    expect(percent(1 - 1e-12)).toBe("> 99.999999 %");
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }), (share) => {
        expect(percent(share)).not.toMatch(/^(0\.0*|100\.0*) %$/);
      }),
    );
  });

  it("drops needless decimals in a sentence", () => {
    expect([percentInText(0.97), percentInText(1), percentInText(0.9655), percentInText(0.995)]).toEqual([
      "97 %",
      "100 %",
      "96.55 %",
      "99.5 %",
    ]);
  });
});

describe("numbers", () => {
  it("group thousands", () => {
    expect([grouped(0), grouped(999), grouped(1000), grouped(1234567), grouped(-12345), grouped(1234.56)]).toEqual([
      "0",
      "999",
      "1,000",
      "1,234,567",
      "-12,345",
      "1,234.6",
    ]);
  });

  it("agree with their noun", () => {
    expect([counted(0, "sample"), counted(1, "sample"), counted(1500, "sample")]).toEqual([
      "0 samples",
      "1 sample",
      "1,500 samples",
    ]);
  });

  it("keep significant digits", () => {
    expect([
      significant(0.012345),
      significant(1.5),
      significant(123.456),
      significant(12345.6),
      significant(0),
    ]).toEqual(["0.0123", "1.5", "123", "12,346", "0"]);
    expect(significant(0.00001234)).toBe("1.23e-5");
  });

  it("take the unit that suits them", () => {
    expect([energyText(0.5), energyText(999.9), energyText(2412), energyText(3.2e9)]).toEqual([
      "0.5 pJ",
      "1 nJ",
      "2.41 nJ",
      "3.2 mJ",
    ]);
    expect(energyRangeText(2100, 3000)).toBe("2.1 to 3 nJ");
    expect(energyRangeText(900, 3000)).toBe("0.9 to 3 nJ");
    expect(energyRangeText(3000, 3000)).toBe("3 nJ");
    expect([memoryText(8), memoryText(1024 * 8 * 12.5)]).toEqual(["1 B", "12.5 KiB"]);
    expect([durationText(340.4), durationText(12_345), durationText(125_400)]).toEqual([
      "340 ms",
      "12.3 s",
      "2 min 5 s",
    ]);
  });
});
