import { describe, expect, it } from "vitest";
import type { Cause, Explanation, FirstDivergence, Ladder } from "../../src/equivalence/explanation.ts";
import { buildReport } from "../../src/report/build.ts";
import { reportSchema } from "../../src/report/document.ts";
import { firstCauseText, ladderText, membraneText, samplesText } from "../../src/report/ladder-text.ts";
import { ladderSection } from "../../src/report/page-ladder.ts";
import { synthetic } from "./synthetic.ts";

function cause(where: string, back: number, alone: number, first: boolean, classes: number = 1): Cause {
  return {
    quantization: { kind: "weights", where },
    part: "parameters",
    text: `rounding the weights of ${where} to 8 bits`,
    undone: { spikes: back, predictions: classes },
    alone: { spikes: alone, predictions: 2 * classes },
    first,
  };
}

const place = { sample: 4, step: 3, population: "hidden", neuron: 7, reference: true, emulator: false };
const first: FirstDivergence = {
  ...place,
  fires: [true, true, false, false],
  condition: "v > threshold",
  steps: [2, 3],
  values: [{ name: "v", order: [1200.25, 3600.5], chip: [1200, 3599] }],
};
const explanation: Explanation = {
  samples: [1, 4, 5, 6, 9],
  framework: { spikes: 60, predictions: 3 },
  semantics: { spikes: 2, predictions: 0 },
  quantization: { spikes: 57, predictions: 3 },
  parameters: { spikes: 50, predictions: 3 },
  arithmetic: { spikes: 4, predictions: 0 },
  causes: [cause("fc1", 41, 44, true), cause("fc2", -3, 2, false), cause("fc3", 0, 0, false, 0)],
  first,
};

function step(index: 0 | 1 | 2, differing: number): Ladder["steps"][number] {
  const names = ["framework", "chip order", "chip parameters", "chip"] as const;
  const agreement = { both: 100 - differing, either: 100, differing, share: 1 - differing / 100 };
  return {
    from: names[index],
    to: names[index + 1]!,
    cost: (["semantics", "parameters", "arithmetic"] as const)[index],
    spikes: agreement,
    predictions: 0,
    populations: [{ name: "hidden", ...agreement, membrane: 0.0714 }],
    divergence: place,
  };
}

const rungs = (["framework", "chip order", "chip parameters", "chip"] as const).map((name, index) => {
  return { name, accuracy: 0.9, predictions: [1, 2, index > 1 ? 2 : 3, 4], spikes: 90 };
});
const ladder: Ladder = {
  samples: 4,
  rungs,
  steps: [step(0, 2), step(1, 51), step(2, 6)],
  explanation,
  reason: "Most of the difference comes from rounding.",
  missing: null,
};

describe("the ladder as text", () => {
  const text = ladderText(ladder);

  it("has the rungs, the layers, the reason and the causes that do anything", () => {
    const titles = ["Why they differ", "framework", "chip order", "chip parameters", "by arithmetic", ladder.reason];
    const places = titles.map((title) => text.indexOf(title));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThanOrEqual(0);
    expect(text).toMatch(/chip parameters +90\.0 % +75\.0 % +51 /);
    expect(text).toMatch(/hidden +2 +0\.071 θ +51 +0\.071 θ +6 +0\.071 θ/);
    expect(text).toMatch(/41 +1 +44 +rounding the weights of fc1/);
    expect(text).toMatch(/-3 +1 +2 +rounding the weights of fc2/);
    expect(text).not.toContain("fc3");
    expect(text).toContain("1 other that does less.");
  });

  it("shows the first neuron that differs with its registers on both sides", () => {
    const words = text.replaceAll(/\s+/g, " ");
    expect(words).toContain("sample 4, step 3, population hidden, neuron 7: float fires, the chip does not");
    expect(text).toMatch(/v +real +1,200\.3 +3,600\.5\n +chip +1,200 +3,599/);
  });

  it("shows causes that bring back classes alone, and those that cannot be undone", () => {
    const impossible = { ...cause("fc4", 0, 3, false), undone: null };
    const own = { ...explanation, causes: [cause("fc3", 0, 0, false, 2), impossible] };
    const changed = { ...ladder, explanation: { ...own, parameters: null } };
    expect(ladderText(changed)).toMatch(/ 0 +2 +0 +rounding the weights of fc3/);
    expect(ladderText(changed)).toMatch(/– +– +3 +rounding the weights of fc4 to 8 bits \(cannot be undone\s+alone\)/);
    expect(ladderText(changed)).toMatch(/– +– +all parameters before rounding/);
    expect(ladderSection(changed).text).toContain("fc4 to 8 bits (cannot be undone alone)");
    expect(ladderSection(changed).text).toContain("fc3");
    const document = buildReport({ ...synthetic({ samples: 3, steps: 6, sizes: [12, 8, 3] }), ladder: changed });
    expect(reportSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  });

  it("is empty where nobody asked", () => {
    expect(ladderText(null)).toBe("");
    expect(ladderSection(null).text).toBe("");
  });

  it("says why there are no rungs between", () => {
    const missing = { code: "REAL_EVENTS", message: "It runs on events." };
    const short: Ladder = { ...ladder, rungs: [rungs[0]!, rungs[3]!], steps: [], explanation: null, missing };
    const own = ladderText({ ...short, reason: missing.message });
    expect(own).toContain("! It runs on events.");
    expect(own).not.toContain("chip order");
    expect(ladderSection(short).text).not.toContain("By layer");
  });

  it.each<[FirstDivergence["fires"], readonly boolean[], string]>([
    [[true, false, false, false], [], "before anything is rounded"],
    [[true, true, false, false], [], "several causes together"],
    [[true, true, false, false], [true], "when this is undone: rounding the weights of 0"],
    [[true, true, false, false], [true, false, true], "when one of these is undone: rounding the weights of 0"],
  ])("tells what the first difference comes from: %o %o", (fires, fixes, expected) => {
    const causes = fixes.map((fixed, i) => cause(String(i), 1, 1, fixed));
    expect(firstCauseText({ ...first, fires }, { ...explanation, causes })).toContain(expected);
  });

  it("writes samples in a row as ranges, and small membranes as such", () => {
    expect(samplesText([0, 1, 2, 5, 6, 9])).toBe("0 to 2, 5, 6, 9");
    expect([0, 2e-7, 0.40312].map(membraneText)).toEqual(["0 θ", "<1e-5 θ", "0.4 θ"]);
  });
});

describe("the ladder in a report", () => {
  const document = buildReport({ ...synthetic({ samples: 3, steps: 6, sizes: [12, 8, 3] }), ladder });

  it("is in the document as it is, and null where nobody asked", () => {
    expect(reportSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    expect(document.ladder).toEqual(ladder);
    expect(buildReport(synthetic({ samples: 1, steps: 2, sizes: [4, 3, 2] })).ladder).toBeNull();
    const arithmetic = {
      kind: "arithmetic",
      where: "p",
      block: "on timestep",
      line: 0,
      name: "v",
      loss: "rounding",
    } as const;
    const other = { ...explanation, causes: [{ ...explanation.causes[0]!, quantization: arithmetic, first: false }] };
    const changed = { ...document, ladder: { ...ladder, explanation: other } };
    expect(reportSchema.parse(changed)).toEqual(changed);
  });

  it("is a section of the page with bars for every cause", () => {
    const page = ladderSection(ladder).text;
    for (const part of ["Why they differ", ladder.reason, "By layer", "Undone one at a time", "fc1", "3,599"]) {
      expect(page).toContain(part);
    }
    expect(page.match(/class="bar both"/g)).toHaveLength(4);
    expect(page).not.toContain("fc3");
  });
});
