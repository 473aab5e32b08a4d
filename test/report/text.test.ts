import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildReport } from "../../src/report/build.ts";
import { legendOf, placeText } from "../../src/report/marks.ts";
import { warningsText } from "../../src/report/program-text.ts";
import { ansiStyle, plainStyle } from "../../src/report/style.ts";
import { item, lineWidth, table, wrap } from "../../src/report/table.ts";
import { targetListText, targetText } from "../../src/report/target-text.ts";
import { divergenceText, reportText, verdictText } from "../../src/report/text.ts";
import { synthetic, targetNamed } from "./synthetic.ts";

const inputs = synthetic({ samples: 9, steps: 10, sizes: [16, 12, 4] });
const document = buildReport(inputs);
const text = reportText(document, inputs.program);

/** Text without colours. */
function uncoloured(coloured: string): string {
  // oxlint-disable-next-line no-control-regex
  return coloured.replaceAll(/\u001b\[\d+m/g, "");
}

describe("reportText", () => {
  it("tells the network first and the verdict last", () => {
    const order = ["Network", "Program", "Fit", "Assumptions", "Results", "Energy", "Verdict"];
    const at = order.map((title) => text.indexOf(`\n${title}`));
    expect(at.every((place) => place >= 0)).toBe(true);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(text.endsWith(verdictText(document))).toBe(true);
  });

  it("shows the numbers of the document", () => {
    expect(text).toContain("9 samples, 10 timesteps each");
    expect(text).toContain("2 of 128 cores");
    expect(text).toContain("240 weights and biases");
    expect(text).toContain("were cut at the end of the range");
    expect(text).toContain(divergenceText(document.divergence).slice(0, 30));
    for (const reason of document.verdict.reasons) expect(text.replaceAll(/\s+/g, " ")).toContain(reason);
  });

  it("says of the energy that it is a stand-in, a lower bound and unverified, and what the marks mean", () => {
    const energy = text.slice(text.indexOf("\nEnergy"), text.indexOf("\nVerdict"));
    expect(energy.split("\n")[1]).toMatch(/^Energy {2}at least .* per sample, stand-in \[unverified\]$/);
    expect(energy).toContain("Stand-in: the figures of");
    expect(energy).toContain("Not in it:");
    expect(energy).toContain("[unverified]: a figure");
  });

  it("counts without prices where there are none", () => {
    const target = { ...inputs.program.target, energy: null };
    const unpriced = reportText(buildReport({ ...inputs, program: { ...inputs.program, target } }), inputs.program);
    const energy = unpriced.slice(unpriced.indexOf("\nEnergy"), unpriced.indexOf("\nVerdict"));
    expect(energy).toContain("not priced: no published energy per event");
    // Five kinds of events, hops, and static power.
    expect(energy.match(/unpublished/g)).toHaveLength(7);
  });

  it("fits a terminal of 100 columns", () => {
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text).not.toMatch(/[ \t]\n/);
  });

  it("says the same in colour", () => {
    const coloured = reportText(document, inputs.program, ansiStyle);
    expect(coloured).not.toBe(text);
    expect(uncoloured(coloured).replaceAll(/ +\n/g, "\n")).toBe(text);
  });
});

describe("verdictText", () => {
  it("ticks what was kept and crosses what was broken", () => {
    const shown = verdictText(buildReport({ ...inputs, tolerances: { accuracyDrop: 1, predictions: 0, spikes: 1 } }));
    expect(shown).toMatch(/^\nVerdict {2}FAIL {2}models\/demo.nir on Intel Loihi 2\n {2}✓ Accuracy/);
    expect(shown).toMatch(/\n {2}✗ \S+ % of the spikes agree; at least 100 % must/);
  });
});

describe("divergenceText", () => {
  it("says who fires", () => {
    const place = { sample: 1, step: 2, population: "lif1", neuron: 3 };
    expect(divergenceText({ ...place, reference: true, emulator: false })).toBe(
      "sample 1, step 2, population lif1, neuron 3: float fires, the chip does not",
    );
    expect(divergenceText({ ...place, reference: false, emulator: true })).toContain("the chip fires");
    expect(divergenceText(null)).toContain("every spike agrees");
  });
});

describe("warningsText", () => {
  it("gives message, code and place", () => {
    const place = { file: "a.nir", line: 3, node: "fc1" };
    expect(warningsText([{ code: "X_Y", message: "Something is odd.", place }])).toContain(
      "  ! Something is odd. [X_Y, a.nir:3, node fc1]",
    );
    expect(warningsText([])).toBe("");
    expect(placeText(undefined)).toBe("");
  });
});

describe("targets as text", () => {
  const targets = [targetNamed("loihi2"), targetNamed("generic-8bit")];

  it("list what each was verified against, with a mark at every unchecked number", () => {
    const list = targetListText(targets);
    expect(list).toContain("silicon");
    expect(list).toContain("8,192 [unverified]");
    expect(list).toContain("1,024 [assumed]");
    expect(list).toContain(legendOf("[unverified] [assumed]").slice(0, 40));
  });

  it("show one in full: every block's equations, every parameter, every source", () => {
    const [target] = targets;
    const shown = targetText(target!);
    const words = shown.replaceAll(/\s+/g, " ");
    for (const datapath of Object.values(target!.datapaths)) {
      for (const block of Object.values(datapath.blocks)) {
        for (const line of block.trim().split("\n")) expect(shown).toContain(line.trim());
      }
      for (const name of Object.keys(datapath.parameters)) expect(shown).toContain(name);
    }
    expect(words).toContain(target!.verified[0]?.against);
    expect(words).toContain(target!.notModelled[0]);
    expect(shown).toContain("192 KiB [unverified]");
    expect(shown).toContain("[unverified]: a figure");
  });
});

describe("table", () => {
  it("aligns columns and wraps the last one", () => {
    const long = "word ".repeat(40).trim();
    expect(
      table(
        [{ header: "a" }, { header: "b", align: "right" }, { header: "c" }],
        [
          ["x", "1", long],
          ["yy", "22", ""],
        ],
        plainStyle,
      ),
    ).toEqual([
      "  a    b  c",
      `  ${"─".repeat(lineWidth - 2)}`,
      `  x    1  ${"word ".repeat(17).trim()}`,
      `          ${"word ".repeat(17).trim()}`,
      `          ${"word ".repeat(6).trim()}`,
      "  yy  22",
    ]);
  });

  it("has no header when no column has one", () => {
    expect(table([{ header: "" }, { header: "" }], [["a", "b"]], plainStyle)).toEqual(["  a  b"]);
  });

  it("wraps without losing a word", () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 12, max: 40 }), (list, width) => {
        const lines = wrap(list.join(" "), width);
        expect(lines.join(" ")).toBe(list.join(" "));
        expect(lines.every((line) => line.length <= width)).toBe(true);
      }),
    );
  });

  it("puts later lines of an item under its text", () => {
    expect(item("!", "word ".repeat(30).trim())[1]).toMatch(/^ {4}word/);
  });
});
