import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { feedRow, tabulate } from "../../src/chip/tabulate.ts";
import type { Program } from "../../src/compile/program.ts";
import { emptyList } from "../../src/core/events.ts";
import { openRows } from "../../src/core/rows.ts";
import type { Recording, Stimuli } from "../../src/engine.ts";
import type { LedgerKind } from "../../src/measure/accounts.ts";
import { readTarget } from "../../src/files.ts";
import { LedgerPlan, totalsOf } from "../../src/measure/ledger.ts";
import type { Placed } from "../../src/measure/places.ts";
import { pathBetween, placeOf, tileAt } from "../../src/target/mesh.ts";
import type { NocSpec } from "../../src/target/types.ts";
import { randomProgram, randomStimuli, targets } from "../chip/programs.ts";
import { Dice } from "../dice.ts";
import { codeOf } from "../support.ts";
import { meshes, randomPlaces, recorded } from "./placed.ts";

/** Events of every input and population: who, and how often. */
function sent(program: Program, stimuli: Stimuli, recording: Recording): Map<string, number[]> {
  const several = program.target.delivery.payloadBits === 0;
  const events = new Map<string, number[]>();
  const add = (name: string, neuron: number, payload: number): void => {
    const own = events.get(name) ?? [];
    events.set(name, own);
    for (let i = several ? payload : 1; i > 0; i--) own.push(neuron);
  };
  for (const { name, spikes } of recording.populations) {
    for (const [i, neuron] of spikes.neuron.entries()) add(name, neuron, spikes.payload?.[i] ?? 1);
  }
  for (const input of program.inputs) {
    const table = tabulate(stimuli.get(input.name)!, input, program.target.delivery);
    const list = emptyList();
    for (let row = 0; row < recording.samples * recording.steps; row++) {
      feedRow(table, Math.floor(row / recording.steps), row % recording.steps, list);
      for (let i = list.begin; i < list.begin + list.count; i++) add(input.name, list.neuron[i]!, list.payload[i]!);
    }
  }
  return events;
}

/** The counts by the words of their definitions, event by event and synapse by synapse. */
function countPlainly(program: Program, places: readonly Placed[], noc: NocSpec, events: Map<string, number[]>) {
  const total = { spike: 0, "axon-out": 0, "axon-in": 0, hop: 0, synop: 0 };
  const multicast = noc.copies === "multicast";
  const coreOf = (name: string, neuron: number): number | null =>
    places.find(({ population, from, to }) => population === name && from <= neuron && neuron < to)?.core ?? null;
  const at = (core: number): readonly [number, number] => placeOf(Math.floor(core / noc.coresPerTile.value), noc);
  for (const [name, neurons] of events) {
    for (const neuron of neurons) {
      const own = coreOf(name, neuron);
      const cores = new Set<number>();
      for (const { from, to, synapses } of program.projections) {
        if (from !== name) continue;
        const targets = program.populations.find((one) => one.name === to)!.neurons;
        const rows = openRows(synapses, targets, 0, targets);
        rows.seek(neuron);
        for (let i = rows.begin; i < rows.end; i++) {
          total.synop++;
          cores.add(coreOf(to, rows.dense ? i - rows.begin : rows.target[i]!)!);
        }
      }
      if (program.populations.some((one) => one.name === name)) total.spike++;
      total["axon-in"] += cores.size;
      if (own === null) continue;
      total["axon-out"] += multicast ? Math.min(1, cores.size) : cores.size;
      const crossed: string[] = [];
      for (const core of cores) {
        const [[x, y], [endX, endY]] = [at(own), at(core)];
        for (let i = x; i !== endX; i += Math.sign(endX - x)) crossed.push(`${i} ${y} across ${Math.sign(endX - x)}`);
        for (let i = y; i !== endY; i += Math.sign(endY - y)) crossed.push(`${endX} ${i} along ${Math.sign(endY - y)}`);
      }
      total.hop += multicast ? new Set(crossed).size : crossed.length;
    }
  }
  return total;
}

describe("the ledger", () => {
  it("counts every event of random programs on random places once, where it happens", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), meshes, fc.constantFrom("per-core", "multicast"), async (seed, mesh, copies) => {
        const dice = new Dice(seed);
        const noc: NocSpec = { ...mesh, copies };
        const chip = { ...dice.one(targets), noc };
        const program = randomProgram(chip, dice);
        const cores = noc.width.value * noc.height.value * noc.coresPerTile.value;
        const places = randomPlaces(program, cores, dice);
        const stimuli = randomStimuli(program, 2, 3, seed);
        const recording = await recorded(program, stimuli);
        if (recording === null) return;
        compared++;
        const ledger = new LedgerPlan(program, places).sum(stimuli, recording);
        const totals = totalsOf(ledger);
        const of = (kind: LedgerKind): number =>
          ledger.accounts.reduce((sum, account, i) => sum + (account.kind === kind ? totals[i]! : 0), 0);
        const expected = countPlainly(program, places, noc, sent(program, stimuli, recording));
        const got = Object.fromEntries(
          (["spike", "axon-out", "axon-in", "hop", "synop"] as const).map((k) => [k, of(k)]),
        );
        expect(got).toEqual(expected);
        const neurons = program.populations.reduce((sum, one) => sum + one.neurons, 0);
        expect(of("neuron-update")).toBe(neurons * recording.samples * recording.steps);
        const fired = recording.populations.reduce((sum, { spikes }) => sum + spikes.neuron.length, 0);
        expect(of("neuron-silent")).toBe(of("neuron-update") - fired);
        const bySample = ledger.bySample.reduce((sum, count) => sum + count, 0);
        expect(bySample).toBe(totals.reduce((sum, count) => sum + count, 0));
      }),
      { numRuns: 80 },
    );
    expect(compared).toBeGreaterThan(0);
  });

  it("counts active neurons where the datapath tells them apart", async () => {
    const chip = readTarget("sana-fe-loihi");
    const program = randomProgram(chip, new Dice(3));
    const [{ name, datapath }] = program.populations as [Program["populations"][number]];
    const register = chip.datapaths[datapath]!.active!;
    const places = program.populations.map((one): Placed => ({
      population: one.name,
      core: 0,
      from: 0,
      to: one.neurons,
    }));
    const stimuli = randomStimuli(program, 1, 4, 3);
    const recording = (await recorded(program, stimuli))!;
    const { accounts, byStep } = new LedgerPlan(program, places).sum(stimuli, recording);
    const account = accounts.findIndex(({ kind, layer }) => kind === "neuron-active" && layer === name);
    const trace = recording.populations[0]!.traces.get(register)!;
    const active = Array.from({ length: 4 }, (_, t) => {
      return trace.subarray((t * trace.length) / 4, ((t + 1) * trace.length) / 4).filter((one) => one !== 0).length;
    });
    expect([...byStep.subarray(account * 4, account * 4 + 4)]).toEqual(active);
    const bare = { ...recording, populations: recording.populations.map((one) => ({ ...one, traces: new Map() })) };
    expect(codeOf(() => new LedgerPlan(program, places).sum(stimuli, bare))).toBe("MEASURE_NO_ACTIVITY");
    expect(codeOf(() => new LedgerPlan(program, places.slice(1)))).toBe("MEASURE_NOT_PLACED");
  });
});

describe("paths over a mesh", () => {
  it("lead along x and then along y, from tile to neighbouring tile", () => {
    fc.assert(
      fc.property(meshes, fc.nat(24), fc.nat(24), (noc, a, b) => {
        const tiles = noc.width.value * noc.height.value;
        const [from, to] = [a % tiles, b % tiles];
        let [x, y] = placeOf(from, noc);
        let turned = false;
        for (const { tile, direction } of pathBetween(from, to, noc)) {
          expect(tile).toBe(tileAt(x, y, noc));
          const across = direction === "east" || direction === "west";
          expect(across && turned).toBe(false);
          turned ||= !across;
          x += direction === "east" ? 1 : direction === "west" ? -1 : 0;
          y += direction === "north" ? 1 : direction === "south" ? -1 : 0;
        }
        expect(tileAt(x, y, noc)).toBe(to);
      }),
    );
  });
});
