/** Where tiles of a mesh lie and which way a message takes. */

import type { Direction, NocSpec } from "./types.ts";

/** Every way a link can lead, in the order in which links of a tile are numbered. */
export const directions: readonly Direction[] = ["east", "west", "north", "south"];

/** A link from one tile to its neighbour. */
export interface Link {
  readonly tile: number;
  readonly direction: Direction;
}

/** The tile of a core. Cores and tiles of a second chip are numbered on behind those of the first. */
export function tileOf(core: number, { coresPerTile }: NocSpec): number {
  return Math.floor(core / coresPerTile.value);
}

/** Tiles of one chip. */
export function tilesOf({ width, height }: NocSpec): number {
  return width.value * height.value;
}

/**
 * Column and row of a tile; north is up the rows. The mesh goes on from chip to chip: `chipsAcross` of them lie side by
 * side, the next ones above.
 */
export function placeOf(tile: number, noc: NocSpec): readonly [x: number, y: number] {
  const { width, height, tiles, chipsAcross } = noc;
  const chip = Math.floor(tile / tilesOf(noc));
  const own = tile % tilesOf(noc);
  const across = chipsAcross?.value ?? 1;
  const x = tiles === "by-column" ? Math.floor(own / height.value) : own % width.value;
  const y = tiles === "by-column" ? own % height.value : Math.floor(own / width.value);
  return [(chip % across) * width.value + x, Math.floor(chip / across) * height.value + y];
}

/** The tile at a place. */
export function tileAt(x: number, y: number, noc: NocSpec): number {
  const { width, height, tiles, chipsAcross } = noc;
  const chip = Math.floor(y / height.value) * (chipsAcross?.value ?? 1) + Math.floor(x / width.value);
  const [column, row] = [x % width.value, y % height.value];
  return chip * tilesOf(noc) + (tiles === "by-column" ? column * height.value + row : row * width.value + column);
}

/** Links from one tile to another, x first and then y; none within a tile. */
export function pathBetween(from: number, to: number, noc: NocSpec): Link[] {
  let [x, y] = placeOf(from, noc);
  const [endX, endY] = placeOf(to, noc);
  const links: Link[] = [];
  while (x !== endX || y !== endY) {
    const direction: Direction = x < endX ? "east" : x > endX ? "west" : y < endY ? "north" : "south";
    links.push({ tile: tileAt(x, y, noc), direction });
    if (x === endX) y += y < endY ? 1 : -1;
    else x += x < endX ? 1 : -1;
  }
  return links;
}
