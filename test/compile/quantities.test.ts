import { describe, expect, it } from "vitest";
import { quantitiesOf, semanticWarnings } from "../../src/compile/quantities.ts";
import { createNetwork } from "../../src/network/create.ts";
import type { DraftPopulation } from "../../src/network/draft.ts";
import { alpha, lapicque, leaky, synaptic } from "../../src/network/snntorch.ts";
import type { PopulationNode } from "../../src/network/types.ts";
import { mistakeOf } from "../support.ts";

function built(draft: DraftPopulation): PopulationNode {
  const { network } = createNetwork(
    [{ kind: "input", name: "in", shape: [2] }, draft, { kind: "output", name: "out", shape: null }],
    [
      ["in", draft.name],
      [draft.name, "out"],
    ],
  );
  return network.nodes.find((node) => node.kind === "population")!;
}

const quantities = (draft: DraftPopulation) => quantitiesOf(built(draft), new Float64Array(2));

const codes = (draft: DraftPopulation): string[] => semanticWarnings(built(draft)).map(({ code }) => code);

describe("neurons that no chip has are refused by name", () => {
  it.each([
    ["an alpha response", alpha("n", { alpha: 0.9, beta: 0.8 }), "two exponentials"],
    ["a threshold tested before the update", leaky("n", { beta: 0.9, testedBefore: true }), "before the update"],
    ["inhibition", leaky("n", { beta: 0.9, inhibition: true }), "suppress each other"],
    ["graded spikes", leaky("n", { beta: 0.9, gradedSpikesFactor: 2 }), "another value than 1"],
  ])("%s", (_, draft, words) => {
    const mistake = mistakeOf(() => quantities(draft));
    expect(mistake?.code).toBe("COMPILE_RULE");
    expect(mistake?.message).toContain(words);
    expect(mistake?.place).toEqual({ node: "n" });
    expect(mistake?.hint.length).toBeGreaterThan(10);
  });
});

describe("a current that is seen one timestep late", () => {
  it("is refused too", () => {
    const node = built(synaptic("n", { alpha: 0.5, beta: 0.5 }));
    const lagged = { ...node, rule: { ...node.rule!, sees: "old" as const } };
    const mistake = mistakeOf(() => quantitiesOf(lagged, new Float64Array(2)));
    expect(mistake?.code).toBe("COMPILE_RULE");
    expect(mistake?.hint).toContain("Euler");
  });
});

describe("neurons that a chip has", () => {
  it("keep the gain and decay of Lapicque", () => {
    const { beta, gain } = quantities(lapicque("n", { R: 2, C: 4, timeStep: 1 }));
    expect([beta[0], gain[0]]).toEqual([1 - 1 / 8, 1 / 4]);
  });

  it("start where the network starts", () => {
    const { initialMembrane, initialCurrent } = quantities(
      synaptic("n", { alpha: 0.5, beta: 0.5, membrane: 0.25, current: [0.5, -1] }),
    );
    expect([...initialMembrane]).toEqual([0.25, 0.25]);
    expect([...initialCurrent]).toEqual([0.5, -1]);
  });

  it("warn where the float network resets otherwise", () => {
    expect(codes(leaky("n", { beta: 0.9 }))).toEqual(["COMPILE_RESET_DELAY"]);
    expect(codes(leaky("n", { beta: 0.9, resetDelay: false }))).toEqual(["COMPILE_RESET_SETTLED"]);
    expect(codes(leaky("n", { beta: 0.9, resetDelay: false, reset: "none" }))).toEqual([]);
  });
});
