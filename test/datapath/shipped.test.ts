import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSettings } from "../../src/compile/compile.ts";
import { runBlock } from "../../src/datapath/evaluate.ts";
import { realLanes, runIdeal } from "../../src/datapath/ideal.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import type { DatapathSpec, TypeSpec } from "../../src/datapath/spec.ts";
import { childrenOf, mapChildren, type Block, type Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { readTarget, targetNames } from "../../src/files.ts";
import { datapathOf } from "../../src/target/datapaths.ts";
import type { Target } from "../../src/target/types.ts";
import { Dice } from "../dice.ts";
import { randomBlock, textOfBlock } from "./blocks.ts";
import { Watch } from "./exactness.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

/** The blocks of every datapath of a target, and of those that mean something in real numbers. */
interface Own {
  readonly name: string;
  readonly target: Target;
  readonly spec: DatapathSpec;
  readonly blocks: readonly Block[];
}

const datapaths = targetNames().flatMap((file) => {
  const target = readTarget(file);
  return Object.entries(target.datapaths).map(([name, spec]): Own => {
    const { onSpike, onTotal, onTimestep, onLoad } = datapathOf(target, spec);
    const blocks = [onSpike, onTotal ?? [], onTimestep, onLoad ?? []].filter((block) => block.length > 0);
    return { name: `${file} ${name}`, target, spec, blocks };
  });
});

/** A value of a type, mostly near 0 and of few bits, so that nothing needs to round. */
function valueOf({ low, high }: TypeSpec, dice: Dice): number {
  const own = dice.chance(20) ? dice.one([low, high]) : dice.between(-12, 12) * 2 ** dice.between(0, 14);
  return Math.max(low, Math.min(high, own));
}

/** Names and values that a block of a datapath may begin with. */
function scopeOf({ target, spec }: Own, dice: Dice): Map<string, bigint> {
  const { words } = datapathOf(target, spec);
  const free = { low: -(2 ** 20), high: 2 ** 20 };
  const names = [...spec.inputs, "input", "total", "weight", "payload"].map(
    (name) => [name, valueOf(free, dice)] as const,
  );
  const typed = Object.entries({ ...spec.parameters, ...spec.projection, ...spec.state }).map(
    ([name, type]) => [name, valueOf(type, dice)] as const,
  );
  const fixed = [
    ...words,
    ...Object.entries(readSettings(target, {})),
    ["timestep", 3] as const,
    ["spike", 0] as const,
  ];
  return new Map([...names, ...typed, ...fixed].map(([name, value]) => [name, BigInt(value)]));
}

function numberOf(part: Expression | undefined): number | null {
  if (part?.kind === "number") return part.value;
  return part?.kind === "unary" && part.operator === "-" && part.operand.kind === "number" ? -part.operand.value : null;
}

/** The same block with every cut of one kind made the other, where both have the ends of so many bits. */
function turned(block: Block): Block {
  return block.map((line) => ({ ...line, value: turnedCut(line.value) }));
}

function turnedCut(one: Expression): Expression {
  const inner = mapChildren(one, turnedCut);
  if (inner.kind !== "call") return inner;
  const { at, args } = inner;
  const value = args[0]!;
  const [first, last] = [numberOf(args[1]), numberOf(args[2])];
  if (inner.name === "wrap" && first !== null && first >= 1 && first <= 53) {
    const end = 2 ** (first - 1);
    const least: Expression = { kind: "unary", operator: "-", operand: { kind: "number", value: end, at }, at };
    return { ...inner, name: "saturate", args: [value, least, { kind: "number", value: end - 1, at }] };
  }
  if (inner.name !== "saturate" || first === null || last === null) return inner;
  const bits = Math.log2(-first) + 1;
  if (!Number.isInteger(bits) || last !== -first - 1) return inner;
  return { ...inner, name: "wrap", args: [value, { kind: "number", value: bits, at }] };
}

/** Runs a block; what every name is after it, and whether some cut changed something; null where an operation fails. */
function walked(block: Block, names: ReadonlyMap<string, bigint>): { after: Map<string, bigint>; cut: boolean } | null {
  const after = new Map(names);
  const seen = new Map<Expression, bigint>();
  let cut = false;
  try {
    runBlock(block, after, (node, value) => {
      seen.set(node, value);
      const isCut = node.kind === "call" && (node.name === "wrap" || node.name === "saturate");
      cut ||= isCut && seen.get(childrenOf(node)[0]!) !== value;
    });
  } catch (error) {
    if (error instanceof BitspikeError) return null;
    throw error;
  }
  return { after, cut };
}

describe.each(datapaths)("the equations of $name", (own) => {
  it("printed and parsed again are the same", () => {
    for (const block of own.blocks) {
      const again = parseBlock(textOfBlock(block));
      expect(textOfBlock(again)).toBe(textOfBlock(block));
      const names = scopeOf(own, new Dice(7));
      expect(walked(again, names)?.after).toEqual(walked(block, names)?.after);
    }
  });

  if (own.spec.real !== "none") {
    it("come to the same in real numbers as in integers wherever nothing rounds or overflows", () => {
      let compared = 0;
      fc.assert(
        fc.property(seeds, (seed) => {
          const names = scopeOf(own, new Dice(seed));
          for (const block of own.blocks) {
            const [watch, after] = [new Watch(), new Map(names)];
            try {
              runBlock(block, after, watch.observe);
            } catch (error) {
              if (error instanceof BitspikeError) continue;
              throw error;
            }
            if (!watch.exact) continue;
            compared++;
            const lanes = new Map([...names].map(([name, value]) => [name, Float64Array.of(Number(value))]));
            for (const [name, [value]] of runIdeal(block, lanes, realLanes(1))) {
              expect([name, value! + 0]).toEqual([name, Number(after.get(name))]);
            }
          }
        }),
        { numRuns: 60 },
      );
      expect(compared).toBeGreaterThan(20);
    });
  }
});

/** Compares two runs in which nothing is cut; false where something is. */
function agree(block: Block, names: ReadonlyMap<string, bigint>): boolean {
  const [first, second] = [walked(block, names), walked(turned(block), names)];
  if (first === null || first.cut) return false;
  expect(second).toEqual(first);
  return true;
}

describe("equations that saturate, and the same that wrap", () => {
  it("agree on every target while nothing overflows", () => {
    const cutting = datapaths.filter(({ blocks }) =>
      blocks.some((block) => textOfBlock(turned(block)) !== textOfBlock(block)),
    );
    expect(cutting.length).toBeGreaterThan(5);
    for (const own of cutting) {
      let compared = 0;
      for (let seed = 0; seed < 60; seed++) {
        for (const block of own.blocks) if (agree(block, scopeOf(own, new Dice(seed)))) compared++;
      }
      expect([own.name, compared > 20]).toEqual([own.name, true]);
    }
  });

  it("agree whatever the equations are", () => {
    let compared = 0;
    fc.assert(
      fc.property(randomBlock, ({ block, inputs, outputs, timestep }) => {
        if (textOfBlock(turned(block)) === textOfBlock(block)) return;
        const names = new Map([["timestep", BigInt(timestep)]]);
        const arrays = [...inputs, ...outputs().map(({ name, array }) => [name, array] as const)];
        for (const [name, values] of arrays) names.set(name, BigInt(typeof values === "number" ? values : values[0]!));
        if (agree(block, names)) compared++;
      }),
      { numRuns: 600 },
    );
    expect(compared).toBeGreaterThan(10);
  });
});
