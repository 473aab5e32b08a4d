import { describe, expect, it } from "vitest";
import { backendNames, chooseBackend, tryBackends } from "../../src/reference/backend.ts";
import { mistakeOf } from "../support.ts";
import { onEveryBackend } from "./support.ts";

describe("chooseBackend", () => {
  it("takes the first that works and says why the better ones do not", async () => {
    const trials = await tryBackends();
    const { name, tried } = await chooseBackend();
    expect(trials.map((trial) => trial.name)).toEqual(backendNames);
    expect(name).toBe(trials.find((trial) => trial.ok)?.name);
    expect(tried).toEqual(trials.slice(0, tried.length));
    expect(tried.at(-1)).toEqual({ name, ok: true, reason: null });
    for (const { ok, reason } of tried.slice(0, -1)) expect([ok, typeof reason]).toEqual([false, "string"]);
  });

  it("finds the WebAssembly and the plain backend usable in this Node.js", async () => {
    const usable = (await tryBackends()).filter((trial) => trial.ok).map((trial) => trial.name);
    expect(usable).toEqual(expect.arrayContaining(["wasm", "cpu"]));
  });

  it("refuses a backend that it does not know", async () => {
    const error: unknown = await chooseBackend({ backend: "webgl" }).catch((reason: unknown) => reason);
    const mistake = mistakeOf(() => {
      throw error;
    });
    expect(mistake?.code).toBe("REFERENCE_BACKEND");
    expect(mistake?.message).toContain("tfjs-node, wasm, cpu");
  });
});

onEveryBackend((backend) => {
  it("can be asked for by name", async () => {
    expect(await chooseBackend({ backend })).toEqual({
      name: backend,
      tried: [{ name: backend, ok: true, reason: null }],
    });
  });
});
