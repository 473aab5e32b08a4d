import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimpleLatency } from "../../src/measure/latency.ts";
import { LedgerPlan } from "../../src/measure/ledger.ts";
import { MeshLatency } from "../../src/measure/mesh-latency.ts";
import { tileOf } from "../../src/target/mesh.ts";
import type { LatencySpec, Sourced } from "../../src/target/types.ts";
import { randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { codeOf } from "../support.ts";
import { counted, meshes, randomPlaces, recorded } from "./placed.ts";

function randomTimes(dice: Dice): LatencySpec {
  const time = (): Sourced => ({ ...counted(dice.between(0, 9)), unit: "ns" });
  return {
    synop: time(),
    neuronUpdate: time(),
    spike: time(),
    axonOut: time(),
    axonIn: time(),
    hop: { east: time(), west: time(), north: time(), south: time() },
    barrier: [{ tiles: 0, time: time() }],
  };
}

describe("times of a timestep", () => {
  it("with messages on their way are never shorter than without", async () => {
    const differing = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(fc.integer(), meshes, fc.boolean(), async (seed, mesh, together) => {
        const dice = new Dice(seed);
        const noc = { ...mesh, linkBuffer: dice.chance(50) ? counted(1) : undefined };
        const latency = randomTimes(dice);
        const program = randomProgram({ ...dice.one(targets), noc, latency }, dice);
        const cores = together ? 1 : noc.width.value * noc.height.value * noc.coresPerTile.value;
        const places = randomPlaces(program, cores, dice);
        const stimuli = randomStimuli(program, 1, 3, seed);
        const recording = await recorded(program, stimuli);
        if (recording === null) return;
        const plan = new LedgerPlan(program, places);
        const tiles = new Set(places.map(({ core }) => tileOf(core, noc))).size;
        const simple = new SimpleLatency(plan, program, latency, tiles);
        const shortest: number[] = [];
        plan.visit(stimuli, recording, (counts) => void shortest.push(simple.of(counts)), { chipTime: true });
        const times = new MeshLatency(program, places).of(stimuli, recording);
        for (const [row, time] of times.entries()) {
          expect(time).toBeGreaterThanOrEqual(shortest[row]! - 1e-6);
          differing.add(time > shortest[row]! + 1e-6);
        }
      }),
      { numRuns: 60 },
    );
    expect(differing.size).toBe(2);
  });

  it("are not known for a core that the network does not join", () => {
    const noc = fc.sample(meshes, 1)[0]!;
    const program = randomProgram({ ...targets[0]!, noc, latency: randomTimes(new Dice(2)) }, new Dice(1));
    const places = program.populations.map(({ name, neurons }) => ({
      population: name,
      core: 75,
      from: 0,
      to: neurons,
    }));
    expect(codeOf(() => new MeshLatency(program, places))).toBe("MEASURE_NO_CORE");
  });

  it("are not known where a target says nothing of its network", () => {
    const program = randomProgram(targets[0]!, new Dice(1));
    const places = program.populations.map(({ name, neurons }) => ({
      population: name,
      core: 0,
      from: 0,
      to: neurons,
    }));
    expect(codeOf(() => new MeshLatency(program, places))).toBe("MEASURE_NO_NETWORK");
  });
});
