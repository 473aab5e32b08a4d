/** What the oracles of chips that run on events share: memories by address, words sent at a pace, outputs compared. */

import { openEventChip, type EventChip } from "../../src/chip/event-chip.ts";
import { noAddress, type Program, type ProgramPopulation } from "../../src/compile/program.ts";
import type { Target } from "../../src/target/types.ts";
import type { IntegerEngine } from "./oracle.ts";
import { populationLoad, programOf, type Loads } from "./programs.ts";
import type { Tally } from "./tally.ts";

/** Runs of neighbouring synapses: source, first neuron, values. */
export type Runs = readonly (readonly number[])[];

/** What every case of these oracles has. */
export interface EventVector {
  readonly case: string;
  readonly params: { readonly drive: string };
  readonly weights: Runs;
  /** The last number of a row is the word. */
  readonly events_in: readonly (readonly number[])[];
  /** Numbers of events after which the host waits for the chip to rest. */
  readonly flush_after?: readonly number[];
  readonly expected: {
    readonly events_out: readonly number[];
    readonly out_count_after_event?: readonly number[];
    readonly out_count_after_flush?: readonly number[];
    readonly checkpoints: readonly {
      readonly after_event: number;
      readonly out_count: number;
      readonly state: unknown;
    }[];
    readonly state_after: unknown;
  };
}

/** Neurons at given addresses; values are one for all or one per neuron. */
export function neuronsAt(
  addresses: readonly number[],
  datapath: string,
  parameters: Loads,
  initial: Loads,
): ProgramPopulation {
  return {
    ...populationLoad(datapath, [addresses.length], datapath, parameters, initial),
    addresses: Uint32Array.from(addresses),
  };
}

/** All synapses of a chip, [source][neuron] by address. */
export function crossbar(runs: Runs, size: number): Int32Array {
  const values = new Int32Array(size * size);
  for (const [source = 0, first = 0, ...row] of runs) values.set(row, source * size + first);
  return values;
}

/**
 * A program whose populations together fill the chip; each address is a source as well.
 *
 * @param synapses by register, [source][neuron] by address
 * @param sourceParameters [addresses] by name
 */
export function chipProgram(
  target: Target,
  settings: Readonly<Record<string, number>>,
  populations: readonly ProgramPopulation[],
  synapses: Readonly<Record<string, Int32Array>> & { readonly weight: Int32Array },
  sourceParameters: Readonly<Record<string, Int32Array>> = {},
): Program {
  const size = target.core.neurons.value;
  const senders = populations.map((population) => {
    const own = Object.entries(sourceParameters).map(([name, values]) => [name, picked(values, population.addresses!)]);
    return { ...population, sourceParameters: Object.fromEntries(own) as Record<string, Int32Array> };
  });
  const projections = senders.flatMap((from) =>
    senders.map((to) => {
      const places = [...from.addresses!].flatMap((source) =>
        [...to.addresses!].map((neuron) => source * size + neuron),
      );
      const { weight, ...others } = synapses;
      const registers = Object.entries(others).map(([name, values]) => [name, picked(values, places)]);
      return {
        name: `${from.name} to ${to.name}`,
        from: from.name,
        to: to.name,
        arrivesAfter: 0,
        parameters: {},
        accumulator: "input",
        synapses: { kind: "dense" as const, weight: picked(weight, places) },
        registers: Object.fromEntries(registers) as Record<string, Int32Array>,
      };
    }),
  );
  return programOf(target, settings, {}, senders, projections);
}

function picked(values: Int32Array, places: Iterable<number>): Int32Array {
  return Int32Array.from(places, (place) => (place === noAddress ? 0 : values[place]!));
}

/** The chip on one of the two engines that it has. */
export function openChip(program: Program, engine: IntegerEngine): EventChip {
  return openEventChip(program, { plain: engine === "plain" });
}

/** Send a case's words and compare outputs and their counts on the way; `compareState` looks at registers. */
export function compareRun(
  chip: EventChip,
  { params, events_in: events, flush_after: flushes, expected }: EventVector,
  compareState: (where: string, state: unknown) => void,
  tally: Tally,
): void {
  const words = events.map((row) => row.at(-1)!);
  const ends = params.drive === "saturated" ? flushes! : words.map((_, index) => index + 1);
  const counts = expected.out_count_after_flush ?? expected.out_count_after_event ?? [];
  const got: number[] = [];
  let sent = 0;
  for (const end of ends) {
    chip.send(words.slice(sent, end), { pace: params.drive === "saturated" ? "always-ready" : "after-idle" });
    sent = end;
    got.push(chip.outputs().length);
    const point = expected.checkpoints.find(({ after_event: after }) => after === end);
    if (point !== undefined) {
      tally.exact(`outputs at ${end}`, [chip.outputs().length], [point.out_count]);
      compareState(`at ${end}`, point.state);
    }
  }
  tally.exact("out", chip.outputs(), expected.events_out);
  tally.exact("out_count", got, counts);
  compareState("after", expected.state_after);
}
