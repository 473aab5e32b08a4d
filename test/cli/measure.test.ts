import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readTarget } from "../../src/files.ts";
import { openNpz } from "../../src/formats/npz.ts";
import { readRecording } from "../../src/formats/recording.ts";
import type { HardwareUse } from "../../src/measure/hardware.ts";
import type { NeurobenchMetrics } from "../../src/measure/neurobench.ts";
import type { OnChip } from "../../src/measure/on-chip.ts";
import { bitspike, images, labels, model, scratch } from "./support.ts";

const data = ["--input", images, "--labels", labels, "--steps", "5", "--samples", "6"];
const chip = ["--target", "sana-fe-loihi", "--recipe", "as-written", "--encode", "rate"];
const recording = scratch("chip.npz");
const float = scratch("float.npz");
const program = scratch("program.safetensors");

interface Measures {
  readonly neurobench: NeurobenchMetrics;
  readonly hardware: HardwareUse;
  readonly energy: OnChip["energy"] & Pick<OnChip, "breakEven">;
  readonly time: OnChip["time"];
  readonly traffic: OnChip["traffic"];
  readonly ledger: OnChip["ledger"];
}

async function json(args: readonly string[]): Promise<Measures> {
  const { out, err, exitCode } = await bitspike(["measure", ...args, "--json", "-"]);
  expect(exitCode, err).toBe(0);
  return JSON.parse(out) as Measures;
}

/** What is said to a mistake. */
async function refused(...args: string[]): Promise<string> {
  const { exitCode, err } = await bitspike(["measure", ...args]);
  expect(exitCode).toBe(2);
  return err;
}

beforeAll(async () => {
  const runs = [
    ["run", model, ...chip, ...data, "--measurable", "--out", recording],
    ["run", model, "--float", ...data, "--measurable", "--out", float],
    ["compile", model, "--target", "sana-fe-loihi", "--recipe", "as-written", "--encode", "rate", "--out", program],
  ];
  for (const args of runs) expect((await bitspike(args)).exitCode, args.join(" ")).toBe(0);
});

describe("bitspike measure", () => {
  it("gives a chip's recording NeuroBench's metrics, weights, counts, energy, time and traffic", async () => {
    const { exitCode, out } = await bitspike(["measure", model, recording, ...chip, ...data]);
    expect(exitCode).toBe(0);
    for (const part of ["NeuroBench 2.3.0", "On the chip", "Energy", "Time on the chip", "Traffic"]) {
      expect(out).toContain(`\n${part}  `);
    }
    const measures = await json([model, recording, ...chip, ...data]);
    expect(measures).toMatchObject({ target: "sana-fe-loihi", samples: 6, steps: 5 });
    expect(measures.neurobench.membraneUpdatesPerSample).toBeGreaterThan(0);
    expect(measures.hardware.weights).toHaveLength(2);
    const { events } = measures.energy;
    expect(events.map(({ event }) => event)).toContain("active neuron");
    const spikes = readRecording(openNpz(readFileSync(recording))).populations.flatMap((one) => [...one.spikes.neuron]);
    expect(events.find(({ event }) => event === "spike")!.perSample).toBeCloseTo(spikes.length / 6, 9);
    expect(measures.time.samplesPerSecond).toBeGreaterThan(0);
    expect(measures.traffic.classes!.length).toBeGreaterThan(1);
  });

  it("gives the same from a program as from the model and its target", async () => {
    const whole = await json([model, recording, ...chip, ...data]);
    const given = await json([model, recording, "--program", program, "--encode", "rate", ...data]);
    const alone = await json([program, recording, "--encode", "rate", ...data]);
    for (const part of ["hardware", "time", "traffic", "ledger"] as const) {
      expect(given[part]).toEqual(whole[part]);
      expect(alone[part]).toEqual(whole[part]);
    }
    expect(given.neurobench).toEqual(whole.neurobench);
    expect(given.energy).toEqual(whole.energy);
    expect(alone).toMatchObject({ neurobench: null, energy: { breakEven: null } });
    expect(whole.energy.events[0]!.cost!.source).toBe(readTarget("sana-fe-loihi").energy!.synop!.source);
  });

  it("measures a float recording, and what a chip would spend that fires so", async () => {
    const measures = await json([model, float, ...data]);
    expect(measures).toMatchObject({ target: null, hardware: null, energy: null, time: null });
    expect(measures.neurobench.synapticOperationsPerSample.effectiveMacs).toBeGreaterThan(0);
    expect(measures.neurobench.membraneUpdatesPerSample).toBeGreaterThan(0);
    const placed = await json([model, float, "--target", "loihi2", ...data]);
    expect(placed.energy.perSample!.typical).toBeGreaterThan(0);
  });

  it("does without what was not recorded, and names it", async () => {
    const bare = scratch("bare.npz");
    await bitspike(["run", model, ...chip, ...data, "--out", bare]);
    const { out, exitCode } = await bitspike(["measure", model, bare, ...chip, ...data]);
    expect(exitCode).toBe(0);
    expect(out).toContain("membranes were not recorded (bitspike run --measurable)");
    expect(out).toContain("active neurons, which were not recorded");
  });

  it("refuses what is no recording, or one of another model or other data", async () => {
    expect(await refused(model, images, ...data)).toContain("RECORDING_FORM");
    expect(await refused(model, float, "-i", images, "-n", "4", "--samples", "6")).toContain("MEASURE_OTHER_RECORDING");
    expect(await refused(model, float, "-i", images, "-n", "5", "--samples", "7")).toContain("MEASURE_OTHER_RECORDING");
    const conv = "test/golden/models/mnist-conv/model.nir";
    const other = await refused(conv, float, ...data);
    expect(other).toContain("MEASURE_OTHER_RECORDING");
    expect(other).toContain("float.npz");
    const named = ["--program", program, "--target", "loihi2"];
    expect(await refused(model, recording, ...named, ...data)).toContain("RUN_PROGRAM_FIXED");
    expect(await refused(model, recording, "--program", model, ...data)).toContain("FILE_KIND");
    expect(await refused(model, float)).toContain("--input");
  });
});

describe("bitspike run --float", () => {
  it("refuses what is about a chip", async () => {
    const { exitCode, err } = await bitspike(["run", model, "--float", "--target", "loihi2", ...data, "--out", float]);
    expect([exitCode, err.split("\n")[0]]).toEqual([
      2,
      "error RUN_FLOAT: --target is about a chip, and --float runs the model without one.",
    ]);
  });
});
