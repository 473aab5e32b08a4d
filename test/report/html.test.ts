import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { buildReport, type ReportInputs } from "../../src/report/build.ts";
import { detailsOf } from "../../src/report/details.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import { type PageAssets, reportHtml } from "../../src/report/html.ts";
import { pageScript } from "../../src/report/page-script.ts";
import { synthetic } from "./synthetic.ts";

const assets: PageAssets = { uplotScript: uplot("uPlot.iife.min.js"), uplotStyle: uplot("uPlot.min.css") };

function uplot(file: string): string {
  return readFileSync(new URL(`../../node_modules/uplot/dist/${file}`, import.meta.url), "utf8");
}

function pageOf(inputs: ReportInputs, change: (document: ReportDocument) => ReportDocument = (same) => same): string {
  const document = change(buildReport(inputs));
  const recordings = { reference: inputs.reference.recording, emulator: inputs.emulator.recording };
  const { program, network } = inputs;
  const details = detailsOf({ ...recordings, program, network, sample: document.divergence?.sample ?? 0 });
  return reportHtml(document, details, assets);
}

/** What a reader sees: no elements, no scripts, no styles. */
function wordsOf(page: string): string {
  const body = page.slice(page.indexOf("<body>")).replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, "");
  return body
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll(/\s+/g, " ");
}

const inputs = synthetic({ samples: 9, steps: 10, sizes: [16, 12, 4] });
const document = buildReport(inputs);
const page = pageOf(inputs);
const words = wordsOf(page);

describe("reportHtml", () => {
  it("is one file that asks for nothing from outside", () => {
    expect(page.startsWith("<!doctype html>")).toBe(true);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/<(link|img|iframe|script)[^>]*(src|href)=/i);
    expect(page).not.toMatch(/@import|url\(/i);
  });

  it("begins with the verdict and gives every reason", () => {
    expect(words.indexOf(document.verdict.pass ? "PASS" : "FAIL")).toBeLessThan(words.indexOf("Accuracy is"));
    for (const reason of document.verdict.reasons) expect(words).toContain(reason);
  });

  it("has every part of the document", () => {
    for (const layer of document.layers) expect(page).toContain(`<td class="name">${layer.name}</td>`);
    for (const { message } of document.warnings) expect(words).toContain(message);
    for (const note of document.assumptions.notes) expect(words).toContain(note);
    for (const what of document.chip.notModelled) expect(words).toContain(what);
    for (const { source } of document.energy.events.flatMap(({ cost }) => cost ?? [])) expect(words).toContain(source);
    expect(words).toContain(document.command.join(" "));
    expect(words).toContain("bitspike 0.1.0");
    expect(words).toContain(document.energy.basis);
  });

  it("keeps the mark beside every unchecked figure", () => {
    expect(words).toMatch(
      /Energy proxy per sample [\d.]+ to [\d.]+ .J at least, another chip's figures \[unverified\]/,
    );
    expect(words).toContain("dense int8, every step [unverified]");
    expect(words).toMatch(/synops [\d,.]+ [\d.]+ to [\d.]+ pJ \S+ to \S+ .J [\d.]+ % \[unverified\] M\. Davies/);
  });

  it("counts without prices where nothing is published", () => {
    const { program } = inputs;
    const free = wordsOf(pageOf({ ...inputs, program: { ...program, target: { ...program.target, energy: null } } }));
    expect(free).toContain("not priced");
    expect(free).toContain("unpublished");
    expect(free).not.toContain("chip (stand-in)");
  });

  it("draws each spike of the shown sample once", () => {
    const sample = document.divergence?.sample ?? 0;
    const drawn = [...page.matchAll(/<path class="(both|float|chip)" d="([^"]*)"/g)].map(
      ([, run, path = ""]) => [run, path.split("M").length - 1] as const,
    );
    const total = (runs: readonly string[]): number =>
      drawn.filter(([run]) => runs.includes(run ?? "")).reduce((sum, [, count]) => sum + count, 0);
    const spikes = (recording: ReportInputs["reference"]["recording"]): number =>
      recording.populations
        .filter(({ name }) => name !== "input")
        .reduce((sum, { spikes: { start } }) => sum + start[(sample + 1) * 10]! - start[sample * 10]!, 0);
    expect(total(["both", "float"])).toBe(spikes(inputs.reference.recording));
    expect(total(["both", "chip"])).toBe(spikes(inputs.emulator.recording));
  });

  it("escapes names and texts of the user's files", () => {
    const evil = '<img src=x onerror="alert(1)"></script>';
    const attacked = pageOf(
      { ...inputs, model: evil, warnings: [{ code: "X", message: evil }], command: ["a", evil] },
      (same) => ({
        ...same,
        layers: same.layers.map((layer) => ({ ...layer, name: evil })),
        network: { ...same.network, nodes: same.network.nodes.map((node) => ({ ...node, name: evil, detail: evil })) },
      }),
    );
    expect(attacked).not.toContain("<img");
    expect(attacked).toContain("&lt;img");
  });

  it("carries a script that parses, and data that the script can read", () => {
    expect(() => new Function(pageScript)).not.toThrow();
    const [, json = ""] = /<script type="application\/json" id="details">([\s\S]*?)<\/script>/.exec(page) ?? [];
    const data = JSON.parse(json) as { traces: readonly { reference: readonly number[] }[]; steps: number };
    expect(data.traces[0]?.reference).toHaveLength(data.steps);
  });

  it("opens with the neuron that differs first", () => {
    const { population, neuron } = document.divergence ?? {};
    expect(page).toContain(` selected>${population}, neuron ${neuron}</option>`);
  });

  it("stays below a megabyte, whatever the network", () => {
    expect(page.length).toBeLessThan(200_000);
    const wide = synthetic({ samples: 1, steps: 1200, sizes: [4, 3000, 2], scale: 16 });
    expect(pageOf(wide).length).toBeLessThan(1_000_000);
    const deep = synthetic({ samples: 1, steps: 1200, sizes: Array.from({ length: 61 }, () => 4), scale: 16 });
    expect(pageOf(deep).length).toBeLessThan(1_000_000);
  });
});
