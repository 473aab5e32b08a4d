import { describe, expect, it } from "vitest";
import type { Recording } from "../../src/engine.ts";
import { buildReport } from "../../src/report/build.ts";
import { synthetic } from "./synthetic.ts";

const inputs = synthetic({ samples: 9, steps: 10, sizes: [16, 12, 4] });
const report = buildReport(inputs);

function spikesOf(recording: Recording, name: string): number {
  return recording.populations.find((population) => population.name === name)?.spikes.neuron.length ?? -1;
}

describe("buildReport", () => {
  it("agrees with itself when both runs did the same", () => {
    // The chip's synops come with it, so that the reference's can be compared with them.
    const twin = { ...inputs.reference, recording: { ...inputs.emulator.recording, engine: "reference" } };
    const same = buildReport({ ...inputs, reference: twin });
    expect(same.agreement).toMatchObject({ predictions: 1, spikes: 1, spikesDiffering: 0, mismatches: [] });
    expect(same.divergence).toBeNull();
    expect(same.verdict.pass).toBe(true);
    expect(same.reference.predictions).toEqual(same.emulator.predictions);
    for (const layer of same.layers) {
      const { spikes, sparsity, synops } = layer;
      expect(layer.reference).toEqual({ spikes, sparsity, synops });
      expect(synops).toBeGreaterThan(0);
    }
  });

  it("lists the layers without the inputs", () => {
    expect(report.layers.map(({ name, neurons, offset, cores }) => [name, neurons, offset, cores])).toEqual([
      ["lif1", 12, 0, 1],
      ["lif2", 4, 1, 1],
    ]);
  });

  it("counts the spikes of each run and the share that agree", () => {
    for (const layer of report.layers) {
      expect(layer.spikes).toBe(spikesOf(inputs.emulator.recording, layer.name));
      expect(layer.reference.spikes).toBe(spikesOf(inputs.reference.recording, layer.name));
      const agreement = report.agreement.populations.find(({ name }) => name === layer.name);
      expect((agreement?.both ?? 0) + (agreement?.either ?? 0)).toBe(layer.spikes + layer.reference.spikes);
    }
  });

  it("gives accuracy as a share, and null without labels", () => {
    const right = report.reference.predictions.filter((chosen, sample) => chosen === report.labels?.[sample]).length;
    expect(report.reference.accuracy).toBe(right / 9);
    const unlabelled = buildReport({ ...inputs, labels: null });
    expect(unlabelled).toMatchObject({ labels: null, reference: { accuracy: null }, emulator: { accuracy: null } });
    expect(unlabelled.verdict.reasons[0]).toContain("no labels");
  });

  it("prices the events of the chip's run and compares with the network's own dense cost", () => {
    const [synops, updates, spikes] = report.energy.events;
    const total = (of: (layer: (typeof report.layers)[number]) => number): number =>
      report.layers.reduce((sum, layer) => sum + of(layer), 0);
    expect(synops?.perSample).toBeCloseTo(total((layer) => layer.synops) / 9, 9);
    expect(spikes?.perSample).toBeCloseTo(total((layer) => layer.spikes) / 9, 9);
    expect(updates?.perSample).toBe(16 * 10);
    expect(report.energy).toMatchObject({ kind: "stand-in", lowerBound: true, marks: ["literature-unverified"] });
    expect(report.energy.denseBaseline.macsPerStep).toBe(16 * 12 + 12 * 4);
    const free = buildReport({
      ...inputs,
      program: { ...inputs.program, target: { ...inputs.program.target, energy: null } },
    });
    expect(free.energy).toMatchObject({ perSample: null, kind: "none", lowerBound: true });
  });

  it("keeps the warnings of reading before those of compiling", () => {
    expect(report.warnings.map(({ code }) => code)).toEqual(["NIR_OUTPUT_SHAPE", "WEIGHTS_CUT"]);
  });

  it("fails a network that does not fit, whatever its accuracy", () => {
    const fit = { ...inputs.program.fit, fits: false, reasons: ["It needs 300 of 128 cores."] };
    const { verdict } = buildReport({ ...inputs, program: { ...inputs.program, fit } });
    expect(verdict.pass).toBe(false);
    expect(verdict.reasons.join(" ")).toContain("300 of 128");
  });

  it("reads membranes of both runs in float units when asked to", () => {
    const read = buildReport({ ...inputs, decode: "max-membrane" });
    expect(read.assumptions.decode).toBe("max-membrane");
    const membrane = inputs.emulator.recording.populations.at(-1)?.traces.get("membrane") ?? new Int32Array();
    const peaks = [0, 1, 2, 3].map((neuron) => Math.max(...membrane.slice(0, 40).filter((_, i) => i % 4 === neuron)));
    expect(read.emulator.predictions[0]).toBe(peaks.indexOf(Math.max(...peaks)));
  });
});
