import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { parseNpz } from "../../src/formats/npz.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import { bitspike, model, project, scratch } from "./support.ts";

/** The second network of docs/networks.md. */
const network = scratch("if.yaml");
const data = scratch("if-events.npy");
/** One input at a time, so that no neuron of the first layer gets two events in a timestep. */
const run = ["--input", data, "--threads", "1"];

beforeAll(() => {
  const page = readFileSync(project("docs/networks.md"), "utf8");
  writeFileSync(network, page.split("```yaml\n")[2]!.split("```")[0]!);
  const events = Uint8Array.from({ length: 3 * 16 * 2 }, (_, i) =>
    Number((i >> 1) % 3 !== 0 && i % 2 === (i >> 3) % 2),
  );
  writeFileSync(data, writeNpy({ shape: [3, 16, 2], dtype: "uint8", data: events }));
});

/** What the second layer sent. */
async function spikes(file: string, ...options: string[]): Promise<unknown> {
  const out = scratch("if.npz");
  const result = await bitspike(["run", file, ...options, ...run, "-o", out]);
  expect([result.exitCode, result.err]).toEqual([0, ""]);
  return [...parseNpz(readFileSync(out)).get("spikes/if2")!.data];
}

describe("a network on a chip that runs on events", () => {
  it("is compiled to addresses, which inspect shows", async () => {
    const program = scratch("if.safetensors");
    const compiled = await bitspike(["compile", network, "-t", "tinyodin", "-o", program]);
    expect([compiled.exitCode, compiled.err]).toEqual([0, ""]);
    expect(compiled.out).toContain("5 addresses of neurons and 2 of inputs are used, of 256.");
    expect(compiled.out).toContain("COMPILE_EVENT_BY_EVENT");
    const { out } = await bitspike(["inspect", program]);
    expect(out).toMatch(/if1 +population +3 +lif, starts at timestep 0, addresses 0-2\n/);
    expect(out).toMatch(/input +input +2 +events, at most 1 a timestep, addresses 5-6\n/);
  });

  it("runs, from the model and from the program", async () => {
    const fromModel = await spikes(network, "-t", "odin", "--split-signs");
    await bitspike(["compile", network, "-t", "odin", "--split-signs", "-o", scratch("if-odin.safetensors")]);
    expect(await spikes(scratch("if-odin.safetensors"))).toEqual(fromModel);
    expect(fromModel).not.toEqual([]);
  });

  it("is compared with the float network", async () => {
    const out = scratch("if-report");
    const result = await bitspike(["validate", network, "-t", "tinyodin", ...run, "-o", out]);
    expect(result.err).toBe("");
    const { layers, fit, divergence } = JSON.parse(readFileSync(`${out}/report.json`, "utf8")) as ReportDocument;
    expect(fit).toMatchObject({ fits: true, cores: 1 });
    expect(layers.map(({ name, neurons }) => [name, neurons])).toEqual([
      ["if1", 3],
      ["if2", 2],
    ]);
    expect(divergence?.population).not.toBe("if1");
  });

  it.each([
    { what: "too large", file: model, target: "tinyodin", code: "COMPILE_UNSUPPORTED" },
    { what: "of two signs", file: network, target: "odin", code: "COMPILE_SIGNS" },
  ])("is refused where it is $what", async ({ file, target, code }) => {
    const { exitCode, err } = await bitspike(["compile", file, "-t", target, "-o", scratch("no.safetensors")]);
    expect([exitCode, err.includes(code)]).toEqual([2, true]);
  });

  it("is told where it stops fitting", async () => {
    const wide = scratch("wide.yaml");
    const row = Array.from({ length: 300 }, () => 1).join(", ");
    writeFileSync(
      wide,
      `nodes:\n  input: { kind: input, shape: 300 }\n  fc: { kind: linear, weight: [[${row}]] }\n  cell: { kind: IF, r: 1, v_threshold: 1 }\n  output: { kind: output }\nedges: [input -> fc -> cell -> output]\n`,
    );
    const { exitCode, err } = await bitspike(["compile", wide, "-t", "tinyodin", "-o", scratch("no.safetensors")]);
    expect(exitCode).toBe(2);
    expect(err).toContain("needs 301 addresses, 1 for neurons and 300 for inputs");
    expect(err).toContain("it stops fitting at element 255 of input");
  });

  it("cannot be divided by neurons", async () => {
    const { exitCode, err } = await bitspike([
      "run",
      network,
      "-t",
      "tinyodin",
      ...run,
      "--split",
      "core",
      "-o",
      scratch("x.npz"),
    ]);
    expect([exitCode, err.includes("SHARD_SPLIT")]).toEqual([2, true]);
  });
});

describe("bitspike targets", () => {
  it("shows events, words and synapses", async () => {
    const { out } = await bitspike(["targets", "odin"]);
    for (const title of ["Datapath  lif", "Datapath  izh", "Synapses", "Events", "Words"]) expect(out).toContain(title);
    expect(out).toContain("event by event, within the timestep");
    expect(out).toMatch(/bits\(word, 0, 8\) == 127 +leak +neuron all/);
  });
});
