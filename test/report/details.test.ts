import { describe, expect, it } from "vitest";
import type { PopulationNode } from "../../src/network/types.ts";
import { detailsOf } from "../../src/report/details.ts";
import { type Event, recordingOf } from "../measure/recordings.ts";
import { synthetic } from "./synthetic.ts";

const inputs = synthetic({ samples: 3, steps: 8, sizes: [10, 6, 3] });

interface Run {
  readonly events: readonly Event[];
  readonly membrane?: Int32Array | Float32Array;
}

/** Details of one population `n` on one core, the chip's membrane counting 10 LSBs from -1. */
function details(
  reference: Run,
  emulator: Run,
  size: { samples?: number; steps: number; neurons: number },
  sample = 0,
) {
  const { samples = 1, steps, neurons } = size;
  const population = inputs.program.populations[0]!;
  const node = inputs.network.nodes.find(({ kind }) => kind === "population") as PopulationNode;
  return detailsOf({
    reference: recordingOf({ samples, steps, populations: [{ name: "n", neurons, ...reference }] }),
    emulator: recordingOf({ samples, steps, populations: [{ name: "n", neurons, ...emulator }] }),
    program: {
      ...inputs.program,
      populations: [{ ...population, name: "n", neurons, scale: Float64Array.of(10), origin: Float64Array.of(-1) }],
    },
    network: { nodes: [{ ...node, name: "n", threshold: new Float64Array(neurons).fill(0.5) }], edges: [] },
    sample,
  });
}

function fires(neuron: number, steps: readonly number[]): Event[] {
  return steps.map((step) => [0, step, neuron]);
}

describe("detailsOf", () => {
  it("sorts the spikes of one sample by who has them", () => {
    const reference: Event[] = [
      [0, 0, 0],
      [1, 0, 1],
      [1, 2, 0],
    ];
    const emulator: Event[] = [
      [1, 0, 1],
      [1, 1, 2],
    ];
    const { populations, divergence, sample } = details(
      { events: reference },
      { events: emulator },
      { samples: 2, steps: 3, neurons: 3 },
      1,
    );
    expect(populations).toEqual([
      {
        name: "n",
        neurons: 3,
        rows: [0, 1, 2],
        both: [1],
        referenceOnly: [2 * 3],
        emulatorOnly: [1 * 3 + 2],
      },
    ]);
    expect(sample).toBe(1);
    expect(divergence).toEqual({ sample: 1, step: 1, population: "n", neuron: 2, reference: false, emulator: true });
  });

  it("gives the chip's membranes in float units, with spikes and threshold", () => {
    const { traces } = details(
      { events: [[0, 1, 0]], membrane: Float32Array.of(0.25, 0) },
      { events: [], membrane: Int32Array.of(13, 10) },
      { steps: 2, neurons: 1 },
    );
    expect(traces).toEqual([
      {
        population: "n",
        neuron: 0,
        reference: [0.25, 0],
        emulator: [0.3, 0],
        threshold: 0.5,
        referenceSpikes: [1],
        emulatorSpikes: [],
      },
    ]);
  });

  it("says so with null where no membrane was recorded", () => {
    const { traces } = details({ events: [] }, { events: [] }, { steps: 2, neurons: 1 });
    expect(traces[0]).toMatchObject({ reference: null, emulator: null });
  });

  it("traces the neuron that differs first, then those that differ, then those that fire", () => {
    const both = [...fires(3, [0, 1, 2, 3]), ...fires(7, [0, 1])];
    const { traces } = details(
      { events: [...both, ...fires(15, [3])] },
      { events: [...both, ...fires(11, [4, 5])] },
      { steps: 6, neurons: 20 },
    );
    const neurons = traces.map(({ neuron }) => neuron);
    expect(neurons).toHaveLength(8);
    expect(neurons).toEqual(expect.arrayContaining([3, 7, 11, 15]));
    expect(neurons).toEqual(neurons.toSorted((a, b) => a - b));
  });

  it("shows a large population by evenly spaced neurons, the same ones every time", () => {
    const events: Event[] = Array.from({ length: 5000 }, (_, neuron) => [0, 0, neuron]);
    const { populations } = details({ events }, { events }, { steps: 1, neurons: 5000 });
    const rows = populations[0]?.rows ?? [];
    expect(rows.length).toBeLessThanOrEqual(264);
    expect(rows[0]).toBe(0);
    expect(rows.at(-1)).toBeGreaterThan(4900);
    expect(details({ events }, { events }, { steps: 1, neurons: 5000 }).populations[0]?.rows).toEqual(rows);
  });

  it("shows a long sample around its first difference", () => {
    const { from, steps, allSteps, divergence } = details(
      { events: [[0, 3000, 0]] },
      { events: [] },
      { steps: 5000, neurons: 1 },
    );
    expect({ from, steps, allSteps }).toEqual({ from: 2900, steps: 1000, allSteps: 5000 });
    expect(divergence?.step).toBe(3000);
    expect(details({ events: [] }, { events: [] }, { steps: 5000, neurons: 1 }).from).toBe(0);
  });

  it("keeps the number of the sample that the caller ran alone", () => {
    const { reference, emulator } = inputs;
    const shown = detailsOf({
      reference: reference.recording,
      emulator: emulator.recording,
      program: inputs.program,
      network: inputs.network,
      sample: 0,
      shownAs: 41,
    });
    expect(shown.sample).toBe(41);
    expect(shown.populations.map(({ name }) => name)).toEqual(["lif1", "lif2"]);
    if (shown.divergence !== null) expect(shown.divergence.sample).toBe(41);
  });
});
