import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathBetween, placeOf, tileAt, tilesOf } from "../../src/target/mesh.ts";
import type { NocSpec } from "../../src/target/types.ts";

const size = fc
  .integer({ min: 1, max: 5 })
  .map((value) => ({ value, source: "a test", confidence: "computed" as const }));

const nocs: fc.Arbitrary<NocSpec> = fc.record({
  topology: fc.constant("mesh"),
  routing: fc.constant("x-then-y"),
  width: size,
  height: size,
  coresPerTile: size,
  tiles: fc.constantFrom("by-column", "by-row"),
  chipsAcross: size,
});

describe("the mesh of several chips", () => {
  it("has one tile at every place, whose chips lie side by side and then one above the other", () => {
    fc.assert(
      fc.property(nocs, fc.nat(200), (noc, tile) => {
        const [x, y] = placeOf(tile, noc);
        expect(tileAt(x, y, noc)).toBe(tile);
        const chip = Math.floor(tile / tilesOf(noc));
        const across = noc.chipsAcross!.value;
        expect(Math.floor(x / noc.width.value)).toBe(chip % across);
        expect(Math.floor(y / noc.height.value)).toBe(Math.floor(chip / across));
      }),
    );
  });

  it("is crossed from tile to neighbouring tile, first along x, by as few links as there can be", () => {
    fc.assert(
      fc.property(nocs, fc.nat(60), fc.nat(60), (noc, from, to) => {
        const along = [...pathBetween(from, to, noc).map(({ tile }) => tile), to].map((tile) => placeOf(tile, noc));
        const [[x, y], [endX, endY]] = [placeOf(from, noc), placeOf(to, noc)];
        expect(along[0]).toEqual([x, y]);
        expect(along.length - 1).toBe(Math.abs(x - endX) + Math.abs(y - endY));
        for (const [i, [column, row]] of along.slice(1).entries()) {
          const [before, under] = along[i]!;
          expect(Math.abs(column - before) + Math.abs(row - under)).toBe(1);
          if (row !== under) expect(column).toBe(endX);
        }
      }),
    );
  });
});
