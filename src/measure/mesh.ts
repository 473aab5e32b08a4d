/** Where tiles of a mesh lie and which way a message takes. */

import type { Direction, NocSpec } from "../target/types.ts";

/** Every way a link can lead, in the order in which links of a tile are numbered. */
export const directions: readonly Direction[] = ["east", "west", "north", "south"];

/** A link from one tile to its neighbour. */
export interface Link {
  readonly tile: number;
  readonly direction: Direction;
}

/** The tile of a core. */
export function tileOf(core: number, { coresPerTile }: NocSpec): number {
  return Math.floor(core / coresPerTile.value);
}

/** Column and row of a tile; north is up the rows. */
export function placeOf(tile: number, { width, height, tiles }: NocSpec): readonly [x: number, y: number] {
  return tiles === "by-column"
    ? [Math.floor(tile / height.value), tile % height.value]
    : [tile % width.value, Math.floor(tile / width.value)];
}

/** The tile at a place. */
export function tileAt(x: number, y: number, { width, height, tiles }: NocSpec): number {
  return tiles === "by-column" ? x * height.value + y : y * width.value + x;
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
