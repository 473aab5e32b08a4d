import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { targetNames } from "../../src/files.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import { reportSchema, type ReportDocument } from "../../src/report/document.ts";
import { bitspike, images, labels, model, project, scratch } from "./support.ts";

const some = ["--input", images, "--labels", labels, "--steps", "25", "--samples", "6", "--threads", "1"];

function json<T = Record<string, unknown>>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

describe("validate", () => {
  it("tells section after section and writes the report", async () => {
    const out = scratch("report");
    const args = ["validate", model, "--target", "loihi2", ...some, "--out", out, "--json", scratch("v.json")];
    const result = await bitspike(args);
    expect([result.exitCode, result.err]).toEqual([0, ""]);
    const titles = [
      "Network",
      "Assumptions",
      "Program",
      "Fit",
      "Float run",
      "Chip run",
      "Results",
      "Energy",
      "Verdict",
      "Report:",
    ];
    const places = titles.map((title) => result.out.search(new RegExp(`^${title}`, "m")));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(readdirSync(out).toSorted()).toEqual(["report.html", "report.json"]);
    const document = json<ReportDocument>(join(out, "report.json"));
    expect(reportSchema.parse(document)).toEqual(document);
    expect(json(scratch("v.json"))).toEqual(document);
    expect(document).toMatchObject({ samples: 6, steps: 25, target: "loihi2", command: ["bitspike", ...args] });
    expect(document.assumptions).toMatchObject({ dt: 1e-4, method: "euler", scale: 1 / 255, encode: "constant" });
    expect(document.labels).toHaveLength(6);
  });

  it("explains the difference when asked to, on as many samples as are wanted", async () => {
    const args = ["validate", model, "-t", "loihi2", ...some, "-o", scratch("why"), "--explain-samples", "2"];
    const { exitCode, out, err } = await bitspike(args);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toContain("Runs between them done in");
    expect(out.indexOf("Why they differ")).toBeGreaterThan(out.indexOf("Results"));
    expect(out.indexOf("Verdict")).toBeGreaterThan(out.indexOf("Why they differ"));
    expect(out).not.toContain("--explain tells");
    const document = json<ReportDocument>(join(scratch("why"), "report.json"));
    expect(document.ladder!.explanation!.samples).toHaveLength(2);
    expect(readFileSync(join(scratch("why"), "report.html"), "utf8")).toContain('id="why"');
    const wrong = await bitspike([...args.slice(0, -1), "some"]);
    expect([wrong.exitCode, wrong.err]).toEqual([2, expect.stringContaining("1 or more, or all")]);
  });

  it("ends with 1 when a tolerance is broken", async () => {
    const args = ["validate", model, "-t", "loihi2", ...some, "--min-spikes", "1", "-o", scratch("strict")];
    const { exitCode, out } = await bitspike(args);
    expect(exitCode).toBe(1);
    expect(out).toContain("FAIL");
  });

  it("gives standard output to JSON alone when asked to", async () => {
    const args = ["validate", model, "-t", "loihi2", ...some, "-o", scratch("dash"), "--json", "-"];
    const { out, err } = await bitspike(args);
    expect(reportSchema.safeParse(JSON.parse(out)).success).toBe(true);
    expect(err).toContain("Verdict");
  });

  it("reads membranes where it is told to", async () => {
    const args = ["validate", model, "-t", "loihi2", ...some, "-o", scratch("membrane"), "--decode", "membrane"];
    const { err } = await bitspike(args);
    expect(err).toBe("");
    const { assumptions, reference } = json<ReportDocument>(scratch("membrane/report.json"));
    expect(assumptions.decode).toBe("membrane");
    expect(reference.accuracy).toBeGreaterThan(0.5);
  });

  it("stops at Ctrl-C with 130 and leaves nothing behind", async () => {
    const out = scratch("stopped");
    const args = ["validate", model, "-t", "loihi2", ...some, "-o", out];
    const { exitCode, err } = await bitspike(args, AbortSignal.abort());
    expect(exitCode).toBe(130);
    expect(err).toContain("RUN_INTERRUPTED");
    expect(existsSync(out)).toBe(false);
  });

  it("names the fields of a target that are missing or wrong, all at once", async () => {
    const path = scratch("bad.yaml");
    writeFileSync(path, "extends: loihi2\nname: bad\ncore: { neurons: many }\nwieghts: 3\n");
    const { exitCode, err } = await bitspike(["validate", model, "-t", path, ...some, "-o", scratch("bad")]);
    expect(exitCode).toBe(2);
    expect(err.match(/^error /gm)!.length).toBeGreaterThan(1);
    expect(err).toContain(`${path}:3:`);
    expect(err).toContain(`${path}:4:`);
  });

  it("fails a network that is too large for the chip, and says by how much", async () => {
    const path = scratch("small.yaml");
    const cores = "chip: { cores: { value: 1, source: this test, confidence: assumption }, systems: null }";
    writeFileSync(path, `extends: loihi2\nname: small\n${cores}\n`);
    const { exitCode, out } = await bitspike(["validate", model, "-t", path, ...some, "-o", scratch("small")]);
    expect(exitCode).toBe(1);
    expect(out).toContain("does not fit");
    expect(json<ReportDocument>(scratch("small/report.json")).fit).toMatchObject({ fits: false, coresAvailable: 1 });
  });
});

describe("compile and run", () => {
  it("give the same spikes from the program as from the model", async () => {
    const program = scratch("program.safetensors");
    const compiled = await bitspike(["compile", model, "-t", "loihi2", "-i", images, "-o", program]);
    expect([compiled.exitCode, compiled.err]).toEqual([0, ""]);
    expect(compiled.out).toContain("Fit");
    const first = await bitspike(["run", program, ...some, "-o", scratch("a.npz"), "--json", scratch("a.json")]);
    const second = await bitspike(["run", model, "-t", "loihi2", ...some, "-o", scratch("b.npz")]);
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    const arrays = parseNpz(readFileSync(scratch("a.npz")));
    expect(parseNpz(readFileSync(scratch("b.npz")))).toEqual(arrays);
    expect(arrays.get("predictions")?.shape).toEqual([6]);
    expect(json(scratch("a.json"))).toMatchObject({
      samples: 6,
      accuracy: 1,
      predictions: [...arrays.get("labels")!.data],
    });
  });

  it("takes the range of the inputs from the data, or from 0 to 1 without them", async () => {
    const [withData, without] = [scratch("with.safetensors"), scratch("without.safetensors")];
    await bitspike(["compile", model, "-t", "loihi2", "-i", images, "-o", withData]);
    await bitspike(["compile", model, "-t", "loihi2", "-o", without]);
    expect(readFileSync(without)).toEqual(readFileSync(withData));
    const events = await bitspike(["compile", model, "-t", "generic-8bit", "-o", scratch("events.safetensors")]);
    expect(events.exitCode).toBe(0);
  });

  it("keep to a mapping, and write the one they chose, which gives the identical program", async () => {
    const [first, second, mapping] = [
      scratch("free.safetensors"),
      scratch("mapped.safetensors"),
      scratch("mapping.yaml"),
    ];
    const free = await bitspike(["compile", model, "-t", "loihi", "-o", first, "--mapping-out", mapping]);
    expect([free.exitCode, free.err]).toEqual([0, ""]);
    expect(free.out).toContain(`Mapping: ${mapping}`);
    const mapped = await bitspike(["compile", model, "-t", "loihi", "--mapping", mapping, "-o", second]);
    expect([mapped.exitCode, mapped.err]).toEqual([0, ""]);
    expect(readFileSync(second)).toEqual(readFileSync(first));
    writeFileSync(mapping, "places:\n  - { population: lif9, core: 3 }\n  - { population: 1, core: 128 }\n");
    const { exitCode, err } = await bitspike([
      "run",
      model,
      "-t",
      "loihi",
      "--mapping",
      mapping,
      "--encode",
      "rate",
      ...some,
    ]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`${mapping}:2:19`);
    expect(err).toContain(`${mapping}:3:28`);
    expect(err).toContain("It has 1, 3.");
  });

  it("say which other chips have room for a network that does not fit", async () => {
    const path = scratch("tiny.yaml");
    const cores = "chip: { cores: { value: 1, source: this test, confidence: assumption }, systems: null }";
    writeFileSync(path, `extends: loihi2\nname: tiny\n${cores}\n`);
    const flags = ["-o", scratch("tiny.safetensors"), "--json", scratch("tiny.json")];
    const { exitCode, out } = await bitspike(["compile", model, "-t", path, ...flags]);
    expect(exitCode).toBe(0);
    const { elsewhere } = json<{ elsewhere: { target: string; cores: number }[] }>(scratch("tiny.json"));
    expect(elsewhere.length).toBeGreaterThan(2);
    for (const { target, cores: taken } of elsewhere)
      expect(out.replaceAll(/\s+/g, " ")).toContain(`${target} (${taken} of`);
    const [{ target, cores: taken }] = elsewhere as [(typeof elsewhere)[0]];
    await bitspike(["compile", model, "-t", target, "--encode", "rate", ...flags]);
    expect(json<{ fit: unknown }>(scratch("tiny.json")).fit).toMatchObject({ fits: true, cores: taken });
  });

  it("round weights for other data where they are told to, and say so", async () => {
    const program = scratch("calibrated.safetensors");
    const calibrate = ["-t", "loihi2", "--calibrate", images, "--steps", "25"];
    const compiled = await bitspike(["compile", model, ...calibrate, "-o", program]);
    expect([compiled.exitCode, compiled.err]).toEqual([0, ""]);
    const origin = `32 of 200 samples of ${images}`;
    expect(compiled.out.replaceAll(/\s+/g, " ")).toContain(`weights rounded for ${origin} (without labels)`);
    await bitspike(["run", program, ...some, "-o", scratch("c.npz")]);
    const second = await bitspike(["run", model, ...calibrate, ...some, "-o", scratch("d.npz")]);
    expect([second.exitCode, second.err]).toEqual([0, ""]);
    expect(parseNpz(readFileSync(scratch("d.npz")))).toEqual(parseNpz(readFileSync(scratch("c.npz"))));
    const validated = await bitspike(["validate", model, ...calibrate, ...some, "-o", scratch("calibrated")]);
    expect([validated.exitCode, validated.err]).toEqual([0, ""]);
    expect(json<ReportDocument>(scratch("calibrated/report.json")).assumptions.calibration).toBe(origin);
  });

  it("records registers, in the chip's own timesteps where that is asked for", async () => {
    const run = ["run", model, "-t", "loihi2", ...some, "--probe", "1:membrane", "--probe", "3:v"];
    await bitspike([...run, "-o", scratch("model-time.npz")]);
    await bitspike([...run, "-o", scratch("chip-time.npz"), "--chip-time"]);
    const aligned = parseNpz(readFileSync(scratch("model-time.npz")));
    const chip = parseNpz(readFileSync(scratch("chip-time.npz")));
    expect(aligned.get("trace/1/membrane")?.shape).toEqual([6, 25, 256]);
    expect(chip.get("trace/1/membrane")?.shape).toEqual([6, 27, 256]);
    // Layer 1 starts one timestep late, so its row t is the chip's row t + 1.
    expect(aligned.get("trace/1/membrane")!.data.slice(0, 25 * 256)).toEqual(
      chip.get("trace/1/membrane")!.data.slice(256, 26 * 256),
    );
    expect(aligned.get("trace/3/v")?.shape).toEqual([6, 25, 10]);
  });

  it("refuses to compile a program again", async () => {
    const program = scratch("again.safetensors");
    await bitspike(["compile", model, "-t", "loihi2", "-o", program]);
    const { exitCode, err } = await bitspike(["run", program, ...some, "-t", "loihi2", "-o", scratch("x.npz")]);
    expect([exitCode, err.includes("RUN_PROGRAM_FIXED")]).toEqual([2, true]);
  });

  it("reproduces the membrane recorded on the silicon, row by row", async () => {
    const recorded = readFileSync(project("test/golden/models/nir-paper/01_lif/lif_lava_loihi_fixed.csv"), "utf8");
    const rows = recorded
      .trim()
      .split("\n")
      .map((line) => line.split(",").map(Number));
    const input = scratch("lif.npy");
    const data = Uint8Array.from(rows, ([events]) => events!);
    writeFileSync(input, writeNpy({ shape: [1, rows.length, 1], dtype: "uint8", data }));
    const lif = project("test/golden/models/nir-paper/01_lif/lif_norse.nir");
    const chip = ["-t", "loihi2", "--recipe", "nir-paper", "--set", "readout=silicon"];
    const out = scratch("lif.npz");
    await bitspike(["run", lif, ...chip, "-i", input, "--probe", "1:membrane", "--chip-time", "-o", out]);
    const membrane = parseNpz(readFileSync(out)).get("trace/1/membrane")!.data;
    expect([...membrane.subarray(0, rows.length)]).toEqual(rows.map(([, value]) => value));
  });
});

describe("where nothing is said of threads", () => {
  const run = ["run", model, "-t", "loihi2", "-i", images, "-n", "25", "-o", scratch("where.npz"), "--json", "-"];
  type Ran = { readonly engine: string; readonly threads: number; readonly spikeCounts: readonly number[][] };
  const ran = async (...more: string[]): Promise<Ran> => JSON.parse((await bitspike([...run, ...more])).out) as Ran;

  it("a run that ends before workers have started stays on this thread, with the same results", async () => {
    const here = await ran("--samples", "4");
    expect(here).toMatchObject({ engine: "kernels", threads: 1 });
    const workers = await ran("--samples", "4", "--threads", "2", "--split", "sample");
    expect(workers).toMatchObject({ engine: "shards", threads: 2, spikeCounts: here.spikeCounts });
  });

  it("nor is a short one divided where they are only allowed", async () => {
    expect(await ran("--samples", "4", "--threads", "2")).toMatchObject({ engine: "kernels", threads: 1 });
  });

  it("a long one is given to workers", async () => {
    const { engine } = await ran("-n", "1000", "--samples", "200", "--threads", "2");
    expect(engine).toBe("shards");
  });
});

describe("inspect", () => {
  it("shows a model, a program, a recording, data and a target by what is in them", async () => {
    const program = scratch("inspect.safetensors");
    const recording = scratch("inspect.npz");
    await bitspike(["compile", model, "-t", "loihi2", "-o", program]);
    await bitspike(["run", program, ...some, "-o", recording]);
    const cases: [string, string, string][] = [
      [model, "model", "266 neurons"],
      [program, "program", "dense, 200,704 weights"],
      [recording, "recording", "spikes/1"],
      [images, "data", "[200][28][28]"],
      [project("targets/loihi2.yaml"), "target", "Datapath  lif"],
    ];
    for (const [path, kind, words] of cases) {
      const { exitCode, out } = await bitspike(["inspect", path]);
      expect(exitCode).toBe(0);
      expect(out).toContain(words);
      expect(JSON.parse((await bitspike(["inspect", path, "--json", "-"])).out)).toMatchObject({ kind });
    }
  });

  it("shows the arrays that can be read beside one that cannot", async () => {
    const { exitCode, out } = await bitspike(["inspect", project("test/golden/numpy/stored.npz")]);
    expect(exitCode).toBe(0);
    expect(out).toContain("[2][3][4]");
    expect(out).toContain("cannot be read (NPY_PICKLED)");
  });

  it("refuses what is none of these", async () => {
    mkdirSync(scratch("odd"), { recursive: true });
    writeFileSync(scratch("odd/notes.txt"), "hello");
    writeFileSync(scratch("odd/bytes"), Uint8Array.of(0, 200, 1));
    for (const file of ["odd/notes.txt", "odd/bytes"]) {
      expect((await bitspike(["inspect", scratch(file)])).err).toContain("error FILE_KIND");
    }
  });
});

describe("targets", () => {
  it("are listed, and shown in full with their equations and sources", async () => {
    const list = await bitspike(["targets"]);
    for (const name of targetNames()) expect(list.out).toContain(name);
    const { out } = await bitspike(["targets", "loihi2"]);
    for (const words of ["membrane = ", "synapse memory per core", "[unverified]", "readout"]) {
      expect(out).toContain(words);
    }
    expect(JSON.parse((await bitspike(["targets", "loihi2", "--json", "-"])).out)).toMatchObject({ name: "loihi2" });
    const all = JSON.parse((await bitspike(["targets", "--json", "-"])).out) as { name: string }[];
    expect(all.map(({ name }) => name)).toEqual(targetNames());
  });
});

describe("doctor", () => {
  it("names the backend in use and why, SIMD, threads and memory", async () => {
    const { exitCode, out } = await bitspike(["doctor"]);
    expect(exitCode).toBe(0);
    for (const words of ["float backend", "WebAssembly SIMD  yes", "threads", "memory", "cpu works"]) {
      expect(out).toContain(words);
    }
    const findings = JSON.parse((await bitspike(["doctor", "--json", "-"])).out) as Record<string, unknown>;
    expect(findings).toMatchObject({ simd: true, runtime: { node: process.versions.node } });
  });
});
