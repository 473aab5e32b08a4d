/** The main job as a function: engines within this process, nothing printed, nothing written. */

import { describe, expect, it } from "vitest";
import { openInterpreter } from "../src/chip/interpreter.ts";
import { archiveOf } from "../src/encoding/arrays.ts";
import { BitspikeError, type ErrorCode } from "../src/errors.ts";
import { readTarget } from "../src/files.ts";
import { createNetwork } from "../src/network/create.ts";
import type { DraftNode } from "../src/network/draft.ts";
import type { Network, Tensor } from "../src/network/types.ts";
import { openReference } from "../src/reference/engine.ts";
import { reportSchema } from "../src/report/document.ts";
import { validate, type Engines, type ValidationJob } from "../src/validate.ts";

function tensor(shape: readonly number[], values: readonly number[]): Tensor {
  return { shape, data: Float32Array.from(values) };
}

/** Three inputs to two neurons that fire, or only integrate. */
function network(type: "LIF" | "LI" = "LIF"): Network {
  const each = (value: number): Tensor => tensor([2], [value, value]);
  const nodes: DraftNode[] = [
    { kind: "input", name: "in", shape: [3] },
    { kind: "dense", name: "fc", weight: tensor([2, 3], [0.5, 0.25, -0.5, -0.25, 0.5, 0.75]), bias: null },
    {
      kind: "neuron",
      name: "lif",
      type,
      tauSyn: null,
      tauMem: each(1e-3),
      r: each(10),
      wIn: null,
      vLeak: each(0),
      threshold: type === "LIF" ? each(1) : null,
      vReset: null,
    },
    { kind: "output", name: "out", shape: null },
  ];
  const edges = [
    ["in", "fc"],
    ["fc", "lif"],
    ["lif", "out"],
  ] as const;
  return createNetwork(nodes, edges).network;
}

const engines: Engines = {
  openReference: (discrete) => openReference(discrete, { backend: "cpu" }),
  openEmulator: (program) => Promise.resolve({ ...openInterpreter(program), threads: 1, split: "sample" }),
};

function job(changes: Partial<ValidationJob> = {}): ValidationJob {
  const data = Uint8Array.of(255, 100, 0, 0, 30, 200, 90, 90, 90, 10, 250, 250);
  return {
    model: "tiny",
    network: network(),
    warnings: [],
    target: readTarget("loihi2"),
    data: archiveOf({ shape: [4, 3], dtype: "uint8", data }),
    steps: 20,
    seed: 0,
    versions: {},
    command: [],
    ...changes,
  };
}

function breaks(): Promise<never> {
  return Promise.reject(new Error("broken"));
}

/** The code with which a validation is refused. */
async function codeIn(changes: Partial<ValidationJob>): Promise<ErrorCode | undefined> {
  return validate(job(changes), engines).then(
    () => undefined,
    (error: unknown) => (error instanceof BitspikeError ? error.code : Promise.reject(error)),
  );
}

describe("a validation", () => {
  it("gives the document, one sample in detail, and the program", async () => {
    const { document, details, program } = await validate(job(), engines);
    expect(reportSchema.parse(document)).toEqual(document);
    expect(document).toMatchObject({ model: "tiny", samples: 4, steps: 20, labels: null, emulator: { threads: 1 } });
    expect(document.layers.map(({ name }) => name)).toEqual(["lif"]);
    expect(document.layers[0]!.spikes).toBeGreaterThan(0);
    expect(details.traces.every(({ emulator, reference }) => emulator?.length === 20 && reference?.length === 20)).toBe(
      true,
    );
    expect(program.target.name).toBe("loihi2");
  });

  it("tells what it knows in order, the float run first", async () => {
    const told: string[] = [];
    await validate(job(), engines, {
      onPrepared: () => told.push("prepared"),
      onProgram: () => told.push("program"),
      onProgress: (run) => told.push(`${run} under way`),
      onRun: (run) => told.push(`${run} done`),
    });
    const once = told.filter((word, index) => told.indexOf(word) === index && !word.endsWith("under way"));
    expect(once).toEqual(["prepared", "program", "float done", "chip done"]);
    expect(told.indexOf("float under way")).toBeLessThan(told.indexOf("float done"));
  });

  it("says why the runs differ where it is asked to, and tells of the runs that this takes", async () => {
    const told: string[] = [];
    const watcher = { onRun: (run: string): void => void told.push(run) };
    const { document } = await validate(
      job({ target: readTarget("generic-8bit"), encode: "rate", explain: {} }),
      engines,
      watcher,
    );
    expect(told).toEqual(["float", "chip", "ladder"]);
    expect(reportSchema.parse(document)).toEqual(document);
    const { rungs, samples } = document.ladder!;
    expect(samples).toBe(4);
    expect(rungs[0]!.predictions).toEqual(document.reference.predictions);
    expect(rungs[3]!.predictions).toEqual(document.emulator.predictions);
    expect((await validate(job(), engines)).document.ladder).toBeNull();
  });

  it("gives the same document for the same job, times aside", async () => {
    const [first, second] = [await validate(job(), engines), await validate(job(), engines)];
    const timeless = { wallMs: null };
    expect({ ...second.document, ...timeless }).toEqual({ ...first.document, ...timeless });
    expect(second.details).toEqual(first.details);
  });

  it("gives a part of the samples the results that they have among all", async () => {
    const all = await validate(job({ encode: "rate", seed: 5 }), engines);
    const part = await validate(job({ encode: "rate", seed: 5, samples: { from: 2, to: 4 } }), engines);
    expect(part.document.emulator.spikeCounts).toEqual(all.document.emulator.spikeCounts.slice(2));
    expect(part.document.reference.spikeCounts).toEqual(all.document.reference.spikeCounts.slice(2));
    expect(part.document.decisions).toEqual(all.document.decisions);
  });

  it("closes both engines, also when a run fails", async () => {
    const closed: string[] = [];
    const failing: Engines = {
      async openReference(discrete) {
        const engine = await engines.openReference(discrete);
        return { ...engine, close: () => engine.close().then(() => void closed.push("float")) };
      },
      async openEmulator(program) {
        const engine = await engines.openEmulator(program);
        return { ...engine, run: breaks, close: () => engine.close().then(() => void closed.push("chip")) };
      },
    };
    await expect(validate(job(), failing)).rejects.toThrow("broken");
    expect(closed).toEqual(["chip", "float"]);
  });
});

describe("a stop", () => {
  it.each([
    ["while the difference is being explained", "onProgress"],
    ["between the runs and their explanation", "onRun"],
  ] as const)("%s keeps what both runs gave", async (_, told) => {
    const stop = new AbortController();
    const abort = (run: string): void => {
      if (run === (told === "onRun" ? "chip" : "ladder")) stop.abort();
    };
    const explained = job({ explain: {}, signal: stop.signal });
    const { document } = await validate(explained, engines, { [told]: abort });
    expect(stop.signal.aborted).toBe(true);
    expect(document.ladder!.missing!.code).toBe("RUN_INTERRUPTED");
    const { document: plain } = await validate(job(), engines);
    expect([document.agreement, document.verdict]).toEqual([plain.agreement, plain.verdict]);
    expect(() => reportSchema.parse(document)).not.toThrow();
  });

  it("before both runs are done ends them", async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const onRun = (run: string): void => {
      told.push(run);
      stop.abort();
    };
    const stopped = validate(job({ signal: stop.signal }), engines, { onRun });
    await expect(stopped).rejects.toMatchObject({ code: "RUN_INTERRUPTED" });
    expect(told).toEqual(["float"]);
  });
});

describe("what would make a run useless is refused before it", () => {
  const never: Engines = {
    openReference: () => Promise.reject(new Error("a run was begun")),
    openEmulator: () => Promise.reject(new Error("a run was begun")),
  };

  it.each<[string, Partial<ValidationJob>, ErrorCode]>([
    ["a label that is no class", { labels: Int32Array.of(0, 1, 2, 0) }, "LABELS_RANGE"],
    ["a negative label", { labels: Int32Array.of(0, -1, 0, 0) }, "LABELS_RANGE"],
    ["too few labels", { labels: Int32Array.of(0, 1) }, "LABELS_COUNT"],
    ["spikes of neurons that do not fire", { network: network("LI") }, "READOUT_NO_SPIKES"],
    ["a stop that was asked for already", { signal: AbortSignal.abort() }, "RUN_INTERRUPTED"],
  ])("%s", async (_, changes, code) => {
    const error: unknown = await validate(job(changes), never).catch((reason: unknown) => reason);
    expect((error as BitspikeError).code).toBe(code);
  });

  it("but not the labels of samples that are left out", async () => {
    const labels = Int32Array.of(0, 1, 1, 99);
    expect(await codeIn({ labels, samples: { from: 0, to: 3 } })).toBe(undefined);
    expect(await codeIn({ network: network("LI"), decode: "membrane" })).toBe(undefined);
  });
});
