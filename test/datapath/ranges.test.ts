import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, type Scope } from "../../src/datapath/evaluate.ts";
import { parseBlock } from "../../src/datapath/parse.ts";
import { BlockReader, rangesOf, type BlockRanges, type Happens, type Interval } from "../../src/datapath/ranges.ts";
import type { Block, Expression } from "../../src/datapath/syntax.ts";
import { BitspikeError } from "../../src/errors.ts";
import { randomBlock } from "./blocks.ts";

type Ranges = Readonly<Record<string, readonly [number | bigint, number | bigint]>>;

function inputsOf(ranges: Ranges): Map<string, Interval> {
  return new Map(Object.entries(ranges).map(([name, [low, high]]) => [name, { low: BigInt(low), high: BigInt(high) }]));
}

function resultOf(text: string, ranges: Ranges): [bigint, bigint] | null {
  const block = parseBlock(text);
  const range = rangesOf(block, inputsOf(ranges)).results.get(block.at(-1)!.name);
  return range === undefined ? null : [range.low, range.high];
}

/** Everything that the plain walk evaluates, with its value, and where it fails. */
function watched(block: Block, inputs: ReadonlyMap<string, bigint>) {
  const values = new Map(inputs);
  const seen: [Expression, bigint][] = [];
  const failed: Expression[] = [];
  const scope: Scope = { value: (name) => values.get(name)!, old: (name) => inputs.get(name)! };
  const note = (one: Expression): bigint => {
    try {
      const value = evaluate(one, scope);
      seen.push([one, value]);
      return value;
    } catch (error) {
      if (!(error instanceof BitspikeError)) throw error;
      failed.push(one);
      throw error;
    }
  };
  const walk = (one: Expression): void => {
    switch (one.kind) {
      case "unary":
        walk(one.operand);
        break;
      case "choice":
        walk(one.condition);
        walk(evaluate(one.condition, scope) !== 0n ? one.yes : one.no);
        break;
      case "binary": {
        walk(one.left);
        const left = evaluate(one.left, scope) !== 0n;
        if (one.operator === "&&" ? left : one.operator === "||" ? !left : true) walk(one.right);
        break;
      }
      case "call":
        for (const argument of one.args) walk(argument);
    }
    note(one);
  };
  try {
    for (const line of block) {
      walk(line.value);
      values.set(line.name, evaluate(line.value, scope));
    }
  } catch (error) {
    if (!(error instanceof BitspikeError)) throw error;
  }
  return { seen, failed, values };
}

/** Whether a call cut, or a condition held, where the values of operands are the last ones; null for other nodes. */
function happenedAt(node: Expression, value: bigint, last: ReadonlyMap<Expression, bigint>): boolean | null {
  if (node.kind === "choice") return last.get(node.condition) !== 0n;
  const cuts = node.kind === "call" && ["wrap", "saturate", "clamp"].includes(node.name);
  return cuts ? value !== last.get(node.args[0]!) : null;
}

/** What the ranges say wrongly about one run, or null. */
function wrongAbout(ranges: BlockRanges, block: Block, inputs: ReadonlyMap<string, bigint>): string | null {
  const { seen, failed, values } = watched(block, inputs);
  const last = new Map<Expression, bigint>();
  for (const [node, value] of seen) {
    last.set(node, value);
    const happened = happenedAt(node, value, last);
    const claim = happened === null ? undefined : ranges.acts.get(node);
    if (claim === (happened === true ? "never" : "always")) return `${node.kind} is said to act ${claim}`;
    const range = ranges.of.get(node);
    const what = `${node.kind} at ${node.at.line}:${node.at.column}`;
    if (range === undefined) return `${what} is evaluated and called impossible`;
    if (value < range.low || value > range.high) return `${what} is ${value}, outside ${range.low}..${range.high}`;
    if (ranges.fails.get(node) === "always") return `${what} is said to fail`;
  }
  for (const node of failed) if (!ranges.fails.has(node)) return `${node.kind} fails unforeseen`;
  for (const [name, value] of failed.length > 0 ? [] : values) {
    const { low, high } = ranges.results.get(name) ?? { low: value, high: value };
    if (value < low || value > high) return `${name} is ${value} after the block, outside ${low}..${high}`;
  }
  return null;
}

/** Whether a result, where there is one, reaches beyond a limit. */
function leaves(result: Interval | undefined, { low, high }: Interval): boolean {
  return result !== undefined && (result.low < low || result.high > high);
}

const lavaCurrent = `
  c       = wrap(toward_zero(current * (4095 - decay), 12) + wrap(input << 6, 32), 32)
  current = c > 8388608 ? c - 16777216 : c <= -8388608 ? c + 16777216 : c`;

describe("ranges", () => {
  it("hold every value that the plain walk gives, and know every failure", () => {
    fc.assert(
      fc.property(randomBlock, ({ block, inputs, outputs, timestep, lanes }) => {
        const registers = outputs();
        const arrays = [...inputs, ...registers.map(({ name, array }) => [name, array] as const)];
        const at = (lane: number): Map<string, bigint> => {
          const values = arrays.map(([name, values]): [string, bigint] => {
            return [name, BigInt(typeof values === "number" ? values : values[lane]!)];
          });
          return new Map([...values, ["timestep", BigInt(timestep)]]);
        };
        const every = Array.from({ length: Math.min(lanes, 8) }, (_, lane) => at(lane));
        const ranges = new Map<string, Interval>();
        for (const values of every) {
          for (const [name, value] of values) {
            const { low, high } = ranges.get(name) ?? { low: value, high: value };
            ranges.set(name, { low: value < low ? value : low, high: value > high ? value : high });
          }
        }
        const found = rangesOf(block, ranges);
        for (const values of every) expect(wrongAbout(found, block, values)).toBe(null);
      }),
      { numRuns: 400 },
    );
  });

  it("of registers with limits tell what fails or leaves them, and never less than the whole reading", () => {
    const names = ["a", "b", "big", "small", "k", "huge", "timestep", "x", "y", "wide"];
    const some = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 12 }));
    const list = fc.array(some, { minLength: names.length, maxLength: names.length });
    fc.assert(
      fc.property(randomBlock, list, fc.array(fc.nat(12), { minLength: 40 }), ({ block }, ends, picks) => {
        const ranges = new Map(
          names.map((name, i): [string, Interval] => {
            const least = name === "small" ? Math.abs(ends[i]![0]) % 5 : ends[i]![0];
            return [name, { low: BigInt(least), high: BigInt(least + ends[i]![1]) }];
          }),
        );
        const whole = rangesOf(block, ranges);
        // Half of the limits are what the whole reading gives, the others may be left.
        const limits = new Map(
          ["x", "y", "wide"].flatMap((name, i): [string, Interval][] => {
            const own = whole.results.get(name);
            if (own === undefined) return [];
            return [[name, picks[i]! % 2 === 0 ? own : { low: own.low / 2n, high: own.high / 2n }]];
          }),
        );
        const judged = new BlockReader(block).readWithin(ranges, limits);
        for (const node of judged.fails.keys()) expect(whole.fails.has(node)).toBe(true);
        for (const [name, limit] of limits) {
          if (leaves(judged.results.get(name), limit)) expect(leaves(whole.results.get(name), limit)).toBe(true);
        }
        for (let run = 0; run < 12; run++) {
          const values = [...ranges].map(([name, { low, high }], i): [string, bigint] => {
            return [name, low + (BigInt(picks[(run * 3 + i) % picks.length]!) % (high - low + 1n))];
          });
          const { failed, values: after } = watched(block, new Map(values));
          for (const node of failed) expect(judged.fails.has(node)).toBe(true);
          for (const [name, limit] of failed.length > 0 ? [] : limits) {
            const value = after.get(name)!;
            if (leaves({ low: value, high: value }, limit)) expect(leaves(judged.results.get(name), limit)).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("hold what narrow ranges give, on many values of them", () => {
    const names = ["a", "b", "big", "small", "k", "huge", "timestep", "x", "y", "wide"];
    const narrow = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(
        randomBlock,
        fc.array(narrow, { minLength: names.length, maxLength: names.length }),
        fc.array(fc.array(fc.nat(12), { minLength: names.length, maxLength: names.length }), { minLength: 12 }),
        ({ block }, ends, picks) => {
          const ranges = new Map(
            names.map((name, i): [string, Interval] => {
              const [low, width] = ends[i]!;
              const least = name === "small" ? Math.abs(low) % 5 : low;
              return [name, { low: BigInt(least), high: BigInt(least + width) }];
            }),
          );
          const found = rangesOf(block, ranges);
          for (const own of picks) {
            const values = [...ranges].map(([name, { low, high }], i): [string, bigint] => {
              return [name, low + (BigInt(own[i]!) % (high - low + 1n))];
            });
            expect(wrongAbout(found, block, new Map(values))).toBe(null);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each<[string, Ranges, [number, number] | null]>([
    ["y = x > 5 ? x - 5 : 0", { x: [-9, 9] }, [0, 4]],
    ["y = abs(x) < 4 ? x : 0", { x: [-9, 9] }, [-3, 3]],
    ["y = x != 0 && 8 >> x", { x: [-2, 3] }, [0, 1]],
    ["y = rem(x, 8)", { x: [17, 20] }, [1, 4]],
    ["y = rem(x, 8)", { x: [0, 99] }, [0, 7]],
    ["y = x << 1 >= 5 ? x : 3", { x: [0, 9] }, [3, 9]],
    ["y = bits(x, 1, 3)", { x: [-2, -1] }, [7, 7]],
    ["y = wrap(x, 8)", { x: [128, 200] }, [-128, -56]],
    ["y = 1 << x", { x: [-9, -1] }, null],
    ["y = 1 << x\nz = 1", { x: [-9, -1] }, null],
    // What is read twice.
    ["y = x - (x >> n)", { x: [-2048, 2047], n: [0, 11] }, [-2047, 2047]],
    ["y = x - ((x >> n) == 0 ? sign(x) : x >> n)", { x: [-32768, 32767], n: [0, 15] }, [-32767, 32767]],
    [
      "c = x - ((x >> n) == 0 ? sign(x) : x >> n)\nd = c + 1\ny = d + 1",
      { x: [-9999, 9999], n: [0, 15] },
      [-9996, 10001],
    ],
    ["q = c ? div_down(v, t) : 0\ny = q * t", { v: [-99, -5], t: [1, 7], c: [0, 1] }, [-105, 0]],
    ["c = x - ((x >> n) == 0 ? sign(x) : x >> n)\ny = c + 1", { x: [-32768, 32767], n: [0, 15] }, [-32766, 32768]],
    ["d = toward_zero(x, n)\ny = x - d", { x: [-100, 100], n: [1, 3] }, [-88, 88]],
    ["y = (s ? x : 0) - (s ? x : 0)", { x: [-9, 9], s: [0, 1] }, [0, 0]],
    ["d = x - act\ny = act + ((d >> n) << n)", { x: [-99, 99], act: [-999, 999], n: [0, 4] }, [-114, 99]],
    // What a division takes away.
    ["y = v - div_down(v, t) * t", { v: [-99, 99], t: [1, 7] }, [0, 6]],
    ["q = max(div_down(v, t), 0)\ny = q * t", { v: [-99, -5], t: [1, 7] }, [0, 0]],
    // Not by the same divisor, not of the same dividend, or on one way only: nothing is known of it together.
    ["y = v - div_down(v, t) * u", { v: [0, 99], t: [1, 7], u: [1, 7] }, [-693, 99]],
    ["q = c ? div_down(v, t) : e\ny = v - q * t", { v: [0, 99], t: [1, 7], c: [0, 1], e: [0, 50] }, [-350, 99]],
    ["q = v > 0 ? div_down(v, t) : 0\ny = v - q * t", { v: [-99, 99], t: [1, 7] }, [-99, 6]],
    ["q = min(v > 0 ? div_down(v, t) : 0, most)\ny = v - q * t", { v: [-99, 99], t: [1, 7], most: [0, 31] }, [-99, 99]],
    ["y = v - div_down(max(v, 0), t) * t", { v: [-99, 99], t: [1, 7] }, [-99, 6]],
    ["q = max(div_down(v, t), 0)\ny = q * t", { v: [-99, 99], t: [1, 7] }, [0, 99]],
    // What conditions say, of the names they read and of what those are made of.
    ["f = v >= t\ny = f ? v - t : v", { v: [-99, 99], t: [5, 50] }, [-99, 94]],
    ["d = v - t\ny = v >= t ? d : 0", { v: [-99, 99], t: [5, 50] }, [0, 94]],
    ["y = a < b && b < 4 ? a : 0", { a: [0, 9], b: [0, 9] }, [0, 2]],
    ["y = a + 1 < 4 || b ? 0 : a", { a: [0, 9], b: [0, 1] }, [0, 9]],
    ["s = c ? abs(a) >= 5 : abs(b) >= 5\nz = c ? a : 0\ny = s ? 0 : z", { a: [-9, 9], b: [-9, 9], c: [0, 1] }, [-4, 4]],
    ["y = !(v != 7) ? v : 7", { v: [-99, 99] }, [7, 7]],
    ["y = sign(v) > 0 ? v : 1", { v: [-99, 99] }, [1, 99]],
    ["y = (v >> 3) == 2 ? v : 20", { v: [-99, 99] }, [16, 23]],
    ["y = clamp(v, -8, 8) > 3 ? v : 4", { v: [-99, 99] }, [4, 99]],
    ["y = min(v, w) > 3 ? v : 4", { v: [-99, 99], w: [-9, 9] }, [4, 99]],
    ["y = T && d < 7 ? d + 1 : T && d > 0 ? d - 1 : d", { d: [0, 7], T: [0, 1] }, [0, 7]],
    // Lava's current may reach 2^23, and does with this input.
    [lavaCurrent, { current: [-8388607, 8388608], decay: [0, 4096], input: [-262176, 262176] }, [-8388607, 8388608]],
    [lavaCurrent, { current: [-8388607, 8388608], decay: [0, 4096], input: [-262177, 262177] }, [-8388671, 8388672]],
  ])("%s, %o: %o", (text, ranges, expected) => {
    expect(resultOf(text, ranges)).toEqual(expected?.map(BigInt) ?? null);
  });

  it("say which calls and conditions can never act, and which always do", () => {
    const block = parseBlock("a = saturate(x, -8, 7)\nb = wrap(x, 3)\nc = x > 3 ? clamp(x, 9, 12) : 0");
    const { acts } = rangesOf(block, inputsOf({ x: [-4, 7] }));
    const found = [...acts].map(([node, happens]): [string, Happens] => [`${node.kind} ${node.at.line}`, happens]);
    expect(Object.fromEntries(found)).toEqual({
      "call 1": "never",
      "call 2": "maybe",
      "call 3": "always",
      "choice 3": "maybe",
    });
  });

  it("know failures of a condition whose cases say more of a line", () => {
    const block = parseBlock("y = wrap(a, n) - ((wrap(a, n) >> 3) == 0 ? sign(wrap(a, n)) : wrap(a, n) >> 3)");
    const { fails } = rangesOf(block, inputsOf({ a: [0, 1], n: [0, 2] }));
    expect([...fails].map(([node, own]) => `${node.kind} ${own}`)).toContain("call maybe");
  });

  it.each([
    ["sums", `y = ${Array.from({ length: 499 }, (_, i) => `(x >> ${i % 9})`).join(" - ")}`],
    ["choices", `y = ${Array.from({ length: 150 }, (_, i) => `x == ${i} ? k + ${i} : `).join("")}0`],
    ["conditions", `y = ${Array.from({ length: 400 }, (_, i) => `x != ${i}`).join(" && ")}`],
    [
      "lines",
      Array.from(
        { length: 800 },
        (_, i) => `t${i + 1} = ${i === 0 ? "x" : `t${i}`} > ${i} ? ${i === 0 ? "x" : `t${i}`} - k : x`,
      ).join("\n"),
    ],
  ])("%s as long as they may be are read", (_, text) => {
    expect(resultOf(text, { x: [-100, 100], k: [0, 15] })).not.toBe(null);
  });

  it("do not grow with numbers of any length", () => {
    const lines = Array.from({ length: 60 }, (_, i) => `t${i + 1} = t${i} * t${i} << 4096`.replace("t0", "x"));
    const text = lines
      .join("\n")
      .replaceAll("t0", "x")
      .replaceAll(/= (\S+) \* (\S+) <</g, "= ($1 * $2) <<");
    const [low, high] = resultOf(text, { x: [2, 3] })!;
    expect(low > 0n && high > low).toBe(true);
  });
});
