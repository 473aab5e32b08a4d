/** What every input and every population sent in a run, timestep by timestep. */

import { feedRow, tabulate } from "../chip/tabulate.ts";
import type { Program } from "../compile/program.ts";
import { emptyList, onesFor, type EventList } from "../core/events.ts";
import type { Recording, SpikeTrain, Stimuli } from "../engine.ts";
import { mistake } from "../errors.ts";
import { populationOf } from "./frames.ts";

/** Events of one source in one row (sample * steps + step); overwritten by the next call. */
export type SentIn = (row: number) => EventList;

/**
 * Readers of what was sent, by the names of inputs and populations.
 *
 * @param recording of the program; where it has further timesteps than the stimuli, inputs send nothing
 * @throws MEASURE_NO_POPULATION
 */
export function sentBy(program: Program, stimuli: Stimuli, recording: Recording): Map<string, SentIn> {
  const { inputs, populations, target } = program;
  const fed = inputs.flatMap((input): [string, SentIn][] => {
    const stimulus = stimuli.get(input.name);
    if (stimulus === undefined) return [];
    const table = tabulate(stimulus, input, target.delivery);
    const list = emptyList();
    return [
      [
        input.name,
        (row) => {
          feedRow(table, Math.floor(row / recording.steps), row % recording.steps, list);
          return list;
        },
      ],
    ];
  });
  const fired = populations.map(({ name }): [string, SentIn] => [name, readerOf(populationOf(recording, name).spikes)]);
  return new Map([...fed, ...fired]);
}

function readerOf({ start, neuron, payload }: SpikeTrain): SentIn {
  const all = payload ?? onesFor(neuron);
  const list: EventList = { neuron, payload: all, begin: 0, count: 0, binary: payload === null };
  return (row) => {
    list.begin = start[row]!;
    list.count = start[row + 1]! - start[row]!;
    return list;
  };
}

/** Whether each neuron of a population was active, [samples][steps][neurons]; not 0: it was. @throws MEASURE_NO_ACTIVITY */
export function activityOf(recording: Recording, population: string, register: string): ArrayLike<number> {
  const trace = populationOf(recording, population).traces.get(register);
  if (trace === undefined) throw mistake("MEASURE_NO_ACTIVITY", { population, register });
  return trace;
}
