import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { writeNpz } from "../../src/formats/npz.ts";
import { bitspike, project, scratch } from "./support.ts";

const network = scratch("network.yaml");
const events = scratch("events.npy");
const arrays = new Map([["w", { shape: [2, 2], dtype: "float32", data: Float32Array.of(0.5, 0, 0.25, 0.5) } as const]]);
writeFileSync(scratch("weights.npz"), writeNpz(arrays));
writeFileSync(events, writeNpy({ shape: [3, 8, 2], dtype: "uint8", data: new Uint8Array(48).fill(1) }));
writeFileSync(
  network,
  `arrays: weights.npz
nodes:
  input: { kind: input, shape: 2 }
  fc1: { kind: linear, weight: w }
  lif1: { kind: leaky, beta: 0.5, reset: zero, reset_delay: false }
  output: { kind: output }
edges: [input -> fc1 -> lif1 -> output]
`,
);
const run = ["--target", "generic-8bit", "--input", events];

describe("a network file is a model for every command:", () => {
  it("inspect tells it from a target by its content", async () => {
    const { exitCode, out } = await bitspike(["inspect", network]);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining("lif1") as string });
    expect(JSON.parse((await bitspike(["inspect", network, "--json", "-"])).out)).toMatchObject({ kind: "model" });
    const target = project("targets/generic-8bit.yaml");
    expect(JSON.parse((await bitspike(["inspect", target, "--json", "-"])).out)).toMatchObject({ kind: "target" });
  });

  it("validate, with arrays that lie beside it", async () => {
    const { exitCode, err } = await bitspike(["validate", network, ...run, "--out", scratch("report")]);
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
  });

  it("compile and run", async () => {
    expect((await bitspike(["compile", network, "-t", "generic-8bit", "-o", scratch("p.safetensors")])).exitCode).toBe(
      0,
    );
    expect((await bitspike(["run", network, ...run, "-o", scratch("r.npz")])).exitCode).toBe(0);
  });

  it("mistakes come with line and column, a target in its place by name", async () => {
    const broken = scratch("broken.yaml");
    writeFileSync(broken, "nodes:\n  input: { kind: input, shape: two }\nedges: []\n");
    const { exitCode, err } = await bitspike(["validate", broken, ...run]);
    expect(exitCode).toBe(2);
    expect(err).toContain("broken.yaml:2:32");
    const target = await bitspike(["validate", project("targets/generic-8bit.yaml"), ...run]);
    expect(target).toMatchObject({ exitCode: 2, err: expect.stringContaining("is a target; a model") as string });
  });
});
