/** A picture of the cores in use: how full each is, and what goes over the links between them. */

import { memoryText, meanText, grouped } from "../measure/numbers.ts";
import { placeOf, tileOf, tilesOf } from "../target/mesh.ts";
import type { Direction, NocSpec, Sourced } from "../target/types.ts";
import type { ReportDocument } from "./document.ts";
import { type Markup, type Piece, markup } from "./markup.ts";

/** Colours for populations, used in turn. */
const colours = 8;
/** More tiles than this are not drawn. */
const mostTiles = 1600;
/** All tiles of a chip with no more than this are drawn, those in use of a larger one. */
const wholeChip = 64;
/** Pixels: a core, the gap between two of a tile, and the room for links between two tiles. */
const core = 15;
const gap = 2;
const road = 17;

/** Messages over one link, in any unit. */
interface Load {
  readonly tile: number;
  readonly direction: Direction;
  readonly messages: number;
}

type Fit = ReportDocument["fit"];

/** Where tiles are drawn. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/**
 * The cores of the chips in use, each filled as far as its tightest resource is used.
 *
 * @param links that carry messages in the run, where the chip has a mesh
 */
export function meshPicture(fit: Fit, populations: readonly string[], links: readonly Load[]): Piece {
  const noc = fit.mesh ?? flat(fit);
  const used = [...new Set(fit.placement.map((use) => use.core))];
  if (used.length === 0) return "";
  const box = boxOf(noc, used, links, fit.chips ?? 1);
  const [across, down] = [box.right - box.left + 1, box.top - box.bottom + 1];
  if (across * down > mostTiles) {
    return markup`<p class="faint">The cores in use are spread over ${grouped(across * down)} tiles, too many to draw.</p>`;
  }
  const side = Math.ceil(Math.sqrt(noc.coresPerTile.value));
  const tile = side * core + (side - 1) * gap;
  const pitch = tile + (fit.mesh === undefined ? 4 : road);
  const at = (x: number, y: number): readonly [number, number] => [
    (x - box.left) * pitch + 8,
    (box.top - y) * pitch + 8,
  ];
  const inside = tilesIn(box, noc, fit.chips ?? 1);
  const cores = inside.flatMap(({ number, x, y }) => {
    const [left, top] = at(x, y);
    return Array.from({ length: noc.coresPerTile.value }, (_, i) => {
      const own = number * noc.coresPerTile.value + i;
      return corePiece(
        fit,
        populations,
        own,
        left + (i % side) * (core + gap),
        top + Math.floor(i / side) * (core + gap),
      );
    });
  });
  const most = links.reduce((highest, { messages }) => Math.max(highest, messages), 0);
  const roads = links.map((link) => {
    const [left, top] = at(...placeOf(link.tile, noc));
    return linkPiece(link, left, top, tile, pitch, most);
  });
  const [width, height] = [across * pitch - (pitch - tile) + 16, down * pitch - (pitch - tile) + 16];
  const busy = most === 0 ? "" : " Lines are links that carry messages in the run, thicker where there are more.";
  return markup`<figure class="mesh"><svg viewBox="0 0 ${width} ${height}" style="width:${width}px" role="img" aria-label="${used.length} cores in use">${chipFrames(inside, at, tile, fit)}${roads}${cores}</svg>
<figcaption class="faint">Every square is a core, filled as far as its tightest resource is used.${busy}</figcaption></figure>`;
}

/** Cores in rows, where nothing is known of how they are joined. */
function flat({ placement, coresAvailable }: Fit): NocSpec {
  const last = placement.reduce((most, use) => Math.max(most, use.core + 1), 1);
  const cores = Math.max(last, Math.min(coresAvailable ?? 0, 16 * wholeChip));
  const width = Math.min(32, cores);
  return {
    topology: "mesh",
    routing: "x-then-y",
    width: drawnAs(width),
    height: drawnAs(Math.ceil(cores / width)),
    coresPerTile: drawnAs(1),
    tiles: "by-row",
  };
}

/** A small mesh whole; of a large one the part with something in it. */
function boxOf(noc: NocSpec, used: readonly number[], links: readonly Load[], chips: number): Box {
  const places = [...used.map((own) => tileOf(own, noc)), ...links.map(({ tile }) => tile)].map((tile) =>
    placeOf(tile, noc),
  );
  const corners =
    tilesOf(noc) <= wholeChip ? Array.from({ length: chips * tilesOf(noc) }, (_, tile) => placeOf(tile, noc)) : places;
  const [left, right] = endsOf([...places, ...corners].map(([x]) => x));
  const [bottom, top] = endsOf([...places, ...corners].map(([, y]) => y));
  return { left, right, bottom, top };
}

function drawnAs(value: number): Sourced {
  return { value, source: "", confidence: "assumption" };
}

function endsOf(values: readonly number[]): readonly [low: number, high: number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

interface DrawnTile {
  readonly number: number;
  readonly x: number;
  readonly y: number;
}

function tilesIn({ left, right, bottom, top }: Box, noc: NocSpec, chips: number): DrawnTile[] {
  return Array.from({ length: chips * tilesOf(noc) }, (_, number) => {
    const [x, y] = placeOf(number, noc);
    return { number, x, y };
  }).filter(({ x, y }) => x >= left && x <= right && y >= bottom && y <= top);
}

/** One core and, as its title, everything on it. */
function corePiece(fit: Fit, populations: readonly string[], own: number, x: number, y: number): Markup {
  const uses = fit.placement.filter((use) => use.core === own);
  if (uses.length === 0) {
    return markup`<rect class="free" x="${x}" y="${y}" width="${core}" height="${core}" rx="2"><title>core ${own}: free</title></rect>`;
  }
  const resources = (fit.resources ?? []).filter(({ per }) => per === "core");
  const used = fit.loads?.find((load) => load.core === own)?.used ?? [];
  const shares = resources.map(({ available }, i) => (used[i] ?? 0) / available);
  const share =
    shares.length === 0
      ? 1
      : Math.min(
          1,
          shares.reduce((a, b) => Math.max(a, b), 0),
        );
  const amounts = resources.map(({ name, unit, available }, i) => {
    const text = unit === "bits" ? memoryText : grouped;
    return `${name} ${text(used[i] ?? 0)} of ${text(available)}`;
  });
  const what = uses.map(({ population, from, to }) => `${population} ${from} to ${to - 1}`).join(", ");
  const height = Math.max(1, Math.round(share * core * 10) / 10);
  const colour = populations.indexOf(uses[0]!.population) % colours;
  return markup`<g><title>core ${own}: ${[what, ...amounts].join("; ")}</title><rect class="used s${colour}" x="${x}" y="${y}" width="${core}" height="${core}" rx="2"/><rect class="p${colour}" x="${x}" y="${y + core - height}" width="${core}" height="${height}" rx="1"/></g>`;
}

/** One link, on the right of its direction. */
function linkPiece(
  { tile: number, direction, messages }: Load,
  left: number,
  top: number,
  tile: number,
  pitch: number,
  most: number,
): Markup {
  const width = 1 + 4 * (messages / most);
  const middle = tile / 2;
  const length = pitch - tile - 2;
  const lines = {
    east: [left + tile + 1, top + middle + 4, length, 0],
    west: [left - 1, top + middle - 4, -length, 0],
    north: [left + middle + 4, top - 1, 0, -length],
    south: [left + middle - 4, top + tile + 1, 0, length],
  } as const;
  const [x, y, dx, dy] = lines[direction];
  return markup`<line x1="${x}" y1="${y}" x2="${x + dx}" y2="${y + dy}" stroke-width="${width.toFixed(1)}"><title>tile ${number} to the ${direction}: ${meanText(messages)} messages per sample</title></line>`;
}

/** A line around each chip, where there are several. */
function chipFrames(
  tiles: readonly DrawnTile[],
  at: (x: number, y: number) => readonly [number, number],
  tile: number,
  { mesh, chips = 1 }: Fit,
): Piece {
  if (chips < 2 || mesh === undefined) return "";
  return Array.from({ length: chips }, (_, chip) => {
    const own = tiles.filter(({ number }) => Math.floor(number / tilesOf(mesh)) === chip);
    if (own.length === 0) return "";
    const corners = own.map(({ x, y }) => at(x, y));
    const [left, top] = [Math.min(...corners.map(([x]) => x)) - 6, Math.min(...corners.map(([, y]) => y)) - 6];
    const right = Math.max(...corners.map(([x]) => x)) + tile + 6;
    const bottom = Math.max(...corners.map(([, y]) => y)) + tile + 6;
    return markup`<rect class="chip" x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" rx="4"><title>chip ${chip}</title></rect>`;
  });
}
