import { describe, expect, it } from "vitest";
import type { Fit } from "../../src/compile/program.ts";
import { meshPicture } from "../../src/report/page-mesh.ts";
import { fitText } from "../../src/report/program-text.ts";
import type { NocSpec } from "../../src/target/types.ts";

const known = { source: "a test", confidence: "assumption" } as const;
const chosen = (value: number) => ({ value, ...known });
const mesh: NocSpec = {
  topology: "mesh",
  routing: "x-then-y",
  width: chosen(3),
  height: chosen(2),
  coresPerTile: chosen(2),
  tiles: "by-row",
  chipsAcross: chosen(2),
};
const fit: Fit & { readonly coresConfidence: "assumption" } = {
  fits: true,
  cores: 2,
  coresAvailable: 12,
  coresConfidence: "assumption",
  placement: [
    { core: 1, population: "a<b", from: 0, to: 4, synapseBits: 96 },
    { core: 4, population: "out", from: 0, to: 2, synapseBits: 16 },
  ],
  reasons: [],
  chips: 1,
  resources: [
    { name: "neurons", per: "core", available: 8, unit: null, ...known, most: 4, where: "core 1" },
    { name: "synapse memory", per: "core", available: 128, unit: "bits", ...known, most: 96, where: "core 1" },
    { name: "destinations", per: "neuron", available: 1, unit: null, ...known, most: 3, where: "neuron 0 of out" },
  ],
  loads: [
    { core: 1, used: [4, 96] },
    { core: 4, used: [2, 16] },
  ],
  traffic: {
    rates: null,
    messages: 8,
    hops: 4,
    inOrder: 6,
    anywhere: 5.5,
    atLeast: 4,
    links: [{ tile: 0, direction: "east", messages: 4 }],
  },
};
const links = [
  { tile: 0, direction: "east", messages: 20 },
  { tile: 1, direction: "east", messages: 10 },
] as const;

const textOf = (piece: ReturnType<typeof meshPicture>): string => (piece as { readonly text: string }).text;

/** How far a core is filled, in pixels of 15. */
function filled(text: string, core: number): number {
  const own = text.slice(text.indexOf(`core ${core}:`));
  return Number(/<rect class="p\d"[^>]* height="([\d.]+)"/.exec(own)![1]);
}

describe("the picture of the cores", () => {
  it("has a square for every core of the chip, filled by the tightest resource, and says what is on it", () => {
    const text = textOf(meshPicture({ ...fit, mesh }, ["a<b", "out"], links));
    expect(text.match(/core \d+:/g)).toHaveLength(12);
    expect(text).toContain("core 1: a&lt;b 0 to 3; neurons 4 of 8; synapse memory 12 B of 16 B");
    expect(text).toContain("core 0: free");
    expect([filled(text, 1), filled(text, 4)]).toEqual([11.3, 3.8]);
  });

  it("has a line for every link with messages, as wide as it is busy", () => {
    const text = textOf(meshPicture({ ...fit, mesh }, ["a<b", "out"], links));
    expect(
      [...text.matchAll(/stroke-width="([\d.]+)"><title>(.*?)</g)].map(([, width, title]) => [width, title]),
    ).toEqual([
      ["5.0", "tile 0 to the east: 20.0 messages per sample"],
      ["3.0", "tile 1 to the east: 10.0 messages per sample"],
    ]);
  });

  it("frames the chips where there are several", () => {
    const two = { ...fit, mesh, chips: 2, coresAvailable: 24 };
    const text = textOf(meshPicture(two, ["a<b", "out"], links));
    expect(text.match(/<title>chip \d<\/title>/g)).toEqual(["<title>chip 0</title>", "<title>chip 1</title>"]);
    expect(text.match(/core \d+:/g)).toHaveLength(24);
  });

  it("of a large mesh shows the part in use, and nothing where that is too large", () => {
    const wide = { ...mesh, width: chosen(64), height: chosen(64), coresPerTile: chosen(1) };
    const far = { ...fit, placement: [fit.placement[0]!, { ...fit.placement[1]!, core: 64 * 3 + 5 }] };
    expect(textOf(meshPicture({ ...far, mesh: wide }, ["a<b", "out"], [])).match(/core \d+:/g)).toHaveLength(4 * 5);
    const end = { ...fit, placement: [fit.placement[0]!, { ...fit.placement[1]!, core: 64 * 64 - 1 }] };
    expect(textOf(meshPicture({ ...end, mesh: wide }, ["a<b", "out"], []))).toContain("too many to draw");
  });

  it("has rows of cores where no mesh is known", () => {
    expect(textOf(meshPicture(fit, ["a<b", "out"], [])).match(/core \d+:/g)).toHaveLength(12);
  });
});

describe("the text about the fit", () => {
  it("has every limit, the tightest first, and the crossings of the mesh", () => {
    const lines = fitText(fit, "assumption").split("\n");
    const first = lines.findIndex((line) => line.includes("destinations per neuron"));
    expect(lines.slice(first, first + 3).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["destinations per neuron", "3", "1", "300.0 %", "neuron 0 of out"],
      ["synapse memory per core", "12 B", "16 B", "75.0 %", "core 1"],
      ["neurons per core", "4", "8", "50.0 %", "core 1"],
    ]);
    expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain(
      "8 messages to cores per timestep when every neuron fires. Links that they cross: 4; 6 with the same parts in order, 5.5 anywhere on average, 4 at the very least.",
    );
  });

  it("has what would help", () => {
    const text = fitText({ ...fit, fits: false, advice: ["With weights of 4 bits it would."] }, "assumption");
    expect(text).toContain("→ With weights of 4 bits it would.");
  });
});
