import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import { spikeCounts } from "../../src/recording.ts";
import { golden } from "../support.ts";
import { readDiscrete, readTrained, trainedNames } from "./trained.ts";
import { spikesOf, wide, wideAtOnce } from "./wide.ts";

const chips = [wide, wideAtOnce].map((chip) => ({ chip, delivery: chip.delivery.spikes }));

/** What a chip of 8 bits changes is then its rounding alone: timing, biases, resets and loops are right. */
describe.each(chips)("trained networks on a chip of many bits, $delivery", ({ chip }) => {
  it.each(trainedNames)("%s fires in every timestep as in its framework", async (name) => {
    const { network, input, stimulus, outputSpikes, firstCounts, steps } = await readTrained(name);
    const program = compile(network, chip, { inputs: { [input]: { kind: "graded", limit: 1 } } });
    const samples = name === "mnist-conv" ? 6 : 20;
    const recording = await openInterpreter(program).run(new Map([[input, stimulus(samples)]]));
    const output = recording.outputs.get(program.outputs[0]!.name)!;
    expect([...output]).toEqual([...outputSpikes.subarray(0, output.length)]);
    const { spikes, neurons } = recording.populations[0]!;
    expect([...spikeCounts(spikes, steps, neurons)]).toEqual([...firstCounts.subarray(0, samples * neurons)]);
  });
});

interface Braille {
  readonly input: number[][];
  readonly cases: {
    readonly model: string;
    readonly reset: "zero" | "subtract";
    readonly hidden_spikes: number[][];
    readonly out_spikes: number[][];
  }[];
}

const text = new TextDecoder().decode(golden("models/nir-paper/03_rnn/braille-synthetic.json"));
const { input: rows, cases } = JSON.parse(text) as Braille;

describe.each(chips)(
  "the recurrent Braille networks of the NIR paper on a chip of many bits, $delivery",
  ({ chip }) => {
    it.each(cases)(
      "$model fires in every timestep as recorded",
      async ({ model, reset, hidden_spikes, out_spikes }) => {
        const network = await readDiscrete(`nir-paper/03_rnn/${model}`, reset);
        const program = compile(network, chip);
        const spikes = [...(await spikesOf(program, { [program.inputs[0]!.name]: rows })).values()];
        expect(spikes).toEqual([hidden_spikes, out_spikes]);
      },
    );
  },
);
