import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readTarget } from "../../src/files.ts";
import { withArchitecture, type Architecture } from "../conformance/sana-fe-architecture.ts";

it("sana-fe-loihi has the costs of the architecture with which SANA-FE's Loihi networks were recorded", () => {
  const path = new URL("../golden/sana-fe/loihi-medium.json", import.meta.url);
  const { architecture } = JSON.parse(readFileSync(path, "utf8")) as { architecture: Architecture };
  const target = readTarget("sana-fe-loihi");
  const recorded = withArchitecture(target, architecture, []);
  const { synop, neuronUpdate, neuronActive, spike, axonOut, axonIn, hop, synopByForm } = target.energy!;
  const costs = { synop, neuronUpdate, neuronActive, spike, axonOut, axonIn, ...hop };
  const expected = { ...recorded.energy!, ...recorded.energy!.hop };
  for (const [name, cost] of Object.entries(costs)) {
    const typical = (expected[name as keyof typeof expected] as { typical: number }).typical;
    expect(
      [name, cost!.low, cost!.typical, cost!.high].map((one) => (typeof one === "number" ? one.toFixed(6) : one)),
    ).toEqual([name, ...[typical, typical, typical].map((one) => one.toFixed(6))]);
  }
  // What it has no line for takes nothing.
  expect(recorded.energy!.accumulation!.typical).toBe(0);
  const { dense, sparse, conv } = architecture.costs.synapseProcessSpike;
  expect([synopByForm!.dense, synopByForm!.sparse, synopByForm!.conv2d].map((one) => one!.typical)).toEqual(
    [dense, sparse, conv].map((pair) => Number((pair![0] * 1e12).toFixed(6))),
  );
});
