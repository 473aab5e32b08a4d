/** Numbers printed in snnTorch's tutorials. */

import { lapicque, lapicqueConstants, type LapicqueOptions } from "../../src/network/snntorch.ts";
import type { BackendName } from "../../src/reference/backend.ts";
import type { FloatCase } from "./oracle.ts";
import { recordPart } from "./snntorch-neurons.ts";
import type { Tally } from "./tally.ts";

interface Fact {
  readonly what: string;
  readonly printed_in_tutorial: number;
  readonly current_value: number;
  readonly reproduced: boolean;
}

/** The tutorial's recordings have the initial state in front: index k there is step k - 1. */
const steps = 200;
const onset = 10;

const fast = { R: 5, C: 1e-3, timeStep: 1e-3 };
const firing = { R: 5.1, C: 5e-3, timeStep: 1e-3 };
const slow = { R: 5, C: 10 };

type Experiment = (backend: BackendName, old: boolean) => Promise<number>;

/** What each fact is about. */
const experiments: readonly { readonly pattern: RegExp; readonly measure: Experiment }[] = [
  { pattern: /0\.1 A step, mem_rec\[200\]/, measure: async (backend) => (await record(fast, 0.1, backend)).mem(200) },
  {
    pattern: /slow neuron 0\.15 A, mem_rec\[199\]/,
    measure: async (backend) => (await record(slow, 0.15, backend)).mem(199),
  },
  {
    pattern: /beta for R=5, C=1e-3, time_step=1e-3/,
    measure: () => Promise.resolve(lapicqueConstants(fast).beta.data[0]!),
  },
  { pattern: /beta for R=5, C=10, time_step 1/, measure: () => Promise.resolve(lapicqueConstants(slow).beta.data[0]!) },
  {
    pattern: /first output spike at index \d+ .*0\.2 A/,
    measure: async (backend, old) => (await record(firing, 0.2, backend, old)).firstSpike,
  },
  {
    pattern: /slow neuron 0\.21 A first spike/,
    measure: async (backend, old) => (await record(slow, 0.21, backend, old)).firstSpike,
  },
];

/** A fact as current snnTorch has it; where the printed one is that of an old release, that one in its order too. */
export function factCase(fact: Fact): FloatCase {
  const found = experiments.find(({ pattern }) => pattern.test(fact.what));
  const lacking = found === undefined ? { missing: "an experiment for this printed fact" } : {};
  const run = async (backend: BackendName, tally: Tally): Promise<void> => {
    tally.exact("current value", [await found!.measure(backend, false)], [fact.current_value]);
    if (fact.reproduced || !/spike/.test(fact.what)) return;
    tally.exact(
      "printed value, in the order of old releases",
      [await found!.measure(backend, true)],
      [fact.printed_in_tutorial],
    );
  };
  return { name: `printed: ${fact.what}`, needs: "float", run, ...lacking };
}

/** A step of current into one neuron, indexed as in the tutorial. */
async function record(options: LapicqueOptions, amperes: number, backend: BackendName, testedBefore = false) {
  const input = Array.from({ length: steps }, (_, step) => (step < onset ? 0 : amperes));
  const part = { nodes: [lapicque("neuron", { ...options, testedBefore })], edges: [] };
  const { spikes, traces } = await recordPart(part, [1], input, [1, steps], ["membrane"], backend);
  return { mem: (index: number) => traces["membrane"]![index - 1]!, firstSpike: spikes.indexOf(1) + 1 };
}
