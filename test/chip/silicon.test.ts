import { describe, expect, it } from "vitest";
import { openInterpreter } from "../../src/chip/interpreter.ts";
import { compile } from "../../src/compile/compile.ts";
import type { Stimulus } from "../../src/engine.ts";
import { readTarget } from "../../src/files.ts";
import { readNir } from "../../src/formats/nir.ts";
import { discretize } from "../../src/network/discretize.ts";
import { golden } from "../support.ts";

const folder = "models/nir-paper/01_lif";

/** Input, membrane and spike of each timestep. */
function recorded(name: string): number[][] {
  const text = new TextDecoder().decode(golden(`${folder}/${name}`));
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(",").map(Number));
}

/** Membrane and spike of the chip's timesteps, for the input of a recording. */
async function emulated(rows: readonly (readonly number[])[], readout: string): Promise<number[][]> {
  const { network } = await readNir(golden(`${folder}/lif_norse.nir`));
  const discrete = discretize(network, { dt: 1e-4, method: "euler", reset: null, resetDelay: false }).network;
  const program = compile(discrete, readTarget("loihi2"), { recipe: "nir-paper", settings: { readout } });
  const read: Stimulus["read"] = (_sample, step, out) => void (out[0] = rows[step]![0]!);
  const { name } = program.inputs[0]!;
  const stimulus: Stimulus = { samples: 1, steps: rows.length, shape: [1], kind: "spikes", constant: false, read };
  const probes = [{ population: program.populations[0]!.name, register: "membrane" }];
  const recording = await openInterpreter(program).run(new Map([[name, stimulus]]), { probes, chipTime: true });
  const { traces, spikes } = recording.populations[0]!;
  return rows.map((_, step) => [traces.get("membrane")![step]!, spikes.start[step + 1]! - spikes.start[step]!]);
}

describe("the neuron that was recorded on Loihi 2 and on Lava's processes", () => {
  it("is reproduced in every one of its 1000 timesteps on the chip, read-out mark included", async () => {
    const rows = recorded("lif_lava_loihi_fixed.csv");
    expect(rows).toHaveLength(1000);
    expect(await emulated(rows, "silicon")).toEqual(rows.map(([, membrane, spike]) => [membrane, spike]));
  });

  it("differs from the chip by that mark only where Lava's model is asked for", async () => {
    const rows = recorded("lif_lava_loihi_fixed.csv");
    const got = await emulated(rows, "lava");
    const differing = rows.flatMap(([, membrane, spike], step) => {
      return got[step]![0] === membrane ? [] : [[got[step]![0], membrane, spike]];
    });
    expect(differing).toEqual([0, 1, 2, 3].map(() => [0, 128, 1]));
  });

  it("is reproduced in every one of its 1000 timesteps of Lava's model", async () => {
    const rows = recorded("lif_lava_cpu_fixed.csv");
    expect(await emulated(rows, "lava")).toEqual(rows.map(([, membrane, spike]) => [membrane, spike]));
  });
});
