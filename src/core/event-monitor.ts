/** The monitor of a chip that runs on events: words about one neuron and one synapse in place of the output. */

import { readWords } from "../datapath/datapath.ts";
import { parseExpression } from "../datapath/parse.ts";
import { chipValue, settingValues, valueOf, type NamedValues } from "../target/values.ts";
import type { EventNeurons } from "./event-neurons.ts";
import type { SynapseMemory } from "./event-synapses.ts";
import type { EventProgram } from "./event-words.ts";

/** What a monitor looks at, and what it writes about it. */
export interface Monitor {
  readonly neuron: number;
  /** Source of the synapse that is looked at; -1: none. */
  readonly source: number;
  /** First neuron of the memory word that holds the synapse. */
  readonly wordStart: number;
  /** @param serving whether a queued event with the neuron as its source is being served */
  neuronWords(serving: boolean): readonly number[];
  synapseWord(): number;
}

/**
 * The monitor of a program; null where there is none or it is off.
 *
 * @param neurons those with the address that is looked at, and its place among them
 */
export function openMonitor(
  program: EventProgram,
  find: (address: number) => { neurons: EventNeurons; lane: number },
  memory: SynapseMemory,
  sourceParameters: Readonly<Record<string, Int32Array>>,
): Monitor | null {
  const { events, synapses } = program.target;
  const spec = events!.monitor;
  const settings = settingValues(program.target, program.settings);
  if (spec === null || chipValue(spec.when, settings, 0) === 0) return null;
  const neuron = chipValue(spec.neuron, settings, 0);
  const source = chipValue(spec.source, settings, -1);
  const { neurons, lane } = find(neuron);
  const texts = spec.neuronWords[neurons.load.name]!.map((text) => parseExpression(text, "integer"));
  const synapseText = spec.synapseWord === null ? null : parseExpression(spec.synapseWord, "integer");
  const place = source * program.target.core.neurons.value + neuron;
  const constants = new Map([...settings, ...big(neurons.load.datapath.words)]);
  const parameters = Object.entries(neurons.load.parameters).map(([key, values]) => [key, values[lane]!] as const);
  const sourceWords = readWords({ parameters: synapses!.sourceParameters, projection: {} }, {}, []);
  const ofSource = Object.entries(sourceParameters).map(([key, values]) => [key, values[source] ?? 0] as const);
  const { storedTogether } = synapses!;
  return {
    neuron,
    source,
    wordStart: Math.floor(neuron / storedTogether) * storedTogether,
    neuronWords(serving) {
      const registers = [...neurons.registers].map(([key, values]) => [key, values[lane]!] as const);
      const flags = [["spike", neurons.spike[lane]!] as const, ["serving", Number(serving)] as const];
      const values = new Map([...constants, ...big([...parameters, ...registers, ...flags])]);
      return texts.map((text) => valueOf(text, values));
    },
    synapseWord() {
      const registers = [...memory.registers].map(([key, values]) => [key, values[place]!] as const);
      const values: NamedValues = new Map([...settings, ...big([...sourceWords, ...ofSource, ...registers])]);
      return valueOf(synapseText!, values);
    },
  };
}

function big(values: Iterable<readonly [string, number]>): [string, bigint][] {
  return [...values].map(([name, value]) => [name, BigInt(value)]);
}
