import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distance, pathBetween, placeOf, tileAt, tilesOf } from "../../src/target/mesh.ts";
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

  it("is as far from one tile to another as the path has links, and crosses as many borders", () => {
    fc.assert(
      fc.property(nocs, fc.nat(60), fc.nat(60), (noc, from, to) => {
        const path = pathBetween(from, to, noc);
        const along = [...path.map(({ tile }) => tile), to];
        expect(along[0]).toBe(from);
        const chips = along.map((tile) => Math.floor(tile / tilesOf(noc)));
        const borders = chips.filter((chip, i) => i > 0 && chip !== chips[i - 1]).length;
        expect(distance(from, to, noc)).toEqual({ hops: path.length, borders });
      }),
    );
  });
});
