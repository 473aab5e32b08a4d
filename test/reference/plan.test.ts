import { describe, expect, it } from "vitest";
import type { DiscreteNetwork, DiscreteNode, Edge } from "../../src/network/types.ts";
import { planStages } from "../../src/reference/plan.ts";

const node = (name: string): DiscreteNode => {
  const base = { name, inputShape: [1], outputShape: [1] };
  // Only which nodes hold state matters here.
  return name.startsWith("s") ? { ...base, kind: "stepDelay", steps: Int32Array.of(1) } : { ...base, kind: "flatten" };
};

/** Edges as `a-b`, those that carry the previous timestep as `a~b`. */
const network = (names: string, edges: string): DiscreteNetwork => ({
  nodes: names.split(" ").map(node),
  edges: edges.split(" ").map((text): Edge => {
    const [from = "", to = ""] = text.split(/[-~]/);
    return { from, to, delayed: text.includes("~") };
  }),
});

/** Stages as their nodes, stepped ones in brackets. */
const stages = (names: string, edges: string): string =>
  planStages(network(names, edges))
    .map((stage) => {
      const text = stage.nodes.map((each) => each.name).join(" ");
      return stage.stepped ? `[${text}]` : text;
    })
    .join(", ");

describe("planStages", () => {
  it("runs nodes outside of loops one by one, step by step only where they hold state", () => {
    expect(stages("a s1 b s2 c", "a-s1 s1-b b-s2 s2-c")).toBe("a, [s1], b, [s2], c");
  });

  it("keeps all nodes of a loop together, in the order of a timestep", () => {
    expect(stages("a s1 b c", "a-s1 s1~b b-s1 s1-c")).toBe("a, [s1 b], c");
    expect(stages("a s1 b s2 c", "a-s1 s1-b b-s2 s2~s1 s2-c")).toBe("a, [s1 b s2], c");
    expect(stages("a s1 c", "a-s1 s1~s1 s1-c")).toBe("a, [s1], c");
  });

  it("joins loops that share a node and separates those that do not", () => {
    expect(stages("a s1 s2 s3", "a-s1 s1-s2 s2~s1 s2-s3 s3~s2")).toBe("a, [s1 s2 s3]");
    expect(stages("a s1 s2 s3 s4", "a-s1 s1-s2 s2~s1 s2-s3 s3-s4 s4~s3")).toBe("a, [s1 s2], [s3 s4]");
  });

  it("runs a side branch that a loop needs before the loop", () => {
    expect(stages("a s1 b s2", "a-s1 s1-s2 a-b b-s2 s2~s1")).toBe("a, b, [s1 s2]");
  });
});
