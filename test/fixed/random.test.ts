import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { philox, randomFrame } from "../../src/fixed/random.ts";

type Block = [number, number, number, number];
const word = fc.nat(2 ** 32 - 1);

/** The same rule with exact integers, as the paper writes it. */
function philoxWithBigInts(counter: Block, key: [number, number]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(product1 >> 32n) ^ c1 ^ k0, product1 & mask, (product0 >> 32n) ^ c3 ^ k1, product0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}

function blockOf(counter: Block, key: [number, number]): number[] {
  const out = new Uint32Array(4);
  philox(counter, key, out);
  return [...out];
}

function frameOf(seed: number, stream: number, sample: number, step: number, size = 10): number[] {
  const out = new Uint32Array(size);
  randomFrame(seed, { stream, sample, step }, out);
  return [...out];
}

describe("Philox4x32-10", () => {
  it("gives the known answers of its authors (Random123, kat_vectors)", () => {
    const ones = 0xffffffff;
    expect(blockOf([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(blockOf([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(blockOf([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it("is the rule of the paper for every counter and key", () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(blockOf(counter, key)).toEqual(philoxWithBigInts(counter, key));
      }),
    );
  });
});

describe("a random frame", () => {
  it("begins alike whatever its length", () => {
    expect(frameOf(7, 0, 3, 5, 6)).toEqual(frameOf(7, 0, 3, 5, 11).slice(0, 6));
  });

  it("differs by seed, stream, sample and step", () => {
    const frames = [
      frameOf(1, 0, 0, 0),
      frameOf(2, 0, 0, 0),
      frameOf(2 ** 32 + 1, 0, 0, 0),
      frameOf(1, 1, 0, 0),
      frameOf(1, 0, 1, 0),
      frameOf(1, 0, 0, 1),
    ];
    expect(new Set(frames.map(String)).size).toBe(frames.length);
  });
});
