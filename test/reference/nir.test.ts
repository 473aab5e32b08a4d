import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readNir } from "../../src/formats/nir.ts";
import { defaultTime, discretize, type TimeOptions } from "../../src/network/discretize.ts";
import type { DiscreteNetwork, DiscreteNode } from "../../src/network/types.ts";
import { golden } from "../support.ts";
import { excess, onEveryBackend, populationOf, raster, record, stimulus } from "./support.ts";

/** [steps][..shape] by name of the node. */
type Values = Readonly<Record<string, readonly unknown[]>>;

interface Vector {
  readonly file: string;
  readonly dt: number;
  readonly steps: number;
  readonly input: Values;
  readonly expected: Values;
  readonly state_v?: Values;
  readonly expected_exact_zoh?: Values;
  readonly state_v_exact_zoh?: Values;
  readonly expected_dt_1?: Values;
  readonly state_v_dt_1?: Values;
}

const json = (path: string): unknown => JSON.parse(new TextDecoder().decode(golden(path)));
const floats = (values: readonly unknown[]): Float32Array =>
  Float32Array.from((values as never[]).flat(Infinity as 1) as unknown as number[]);

const vectors = readdirSync(new URL("../golden/nir", import.meta.url))
  .filter((name) => name.endsWith(".json") && name !== "index.json" && name !== "malformed.json")
  .map((name) => json(`nir/${name}`) as Vector);

const nodeOf = (network: DiscreteNetwork, name: string): DiscreteNode => {
  const found = network.nodes.find((node) => node.name === name);
  if (found === undefined) throw new Error(`no node ${name}`);
  return found;
};

async function compare(vector: Vector, backend: string, time: TimeOptions, outputs: Values, membranes: Values = {}) {
  const { network } = await readNir(golden(`nir/${vector.file}`));
  const discrete = discretize(network, time).network;
  const stimuli = Object.entries(vector.input).map(([name, values]) => {
    const shape = nodeOf(discrete, name).outputShape;
    return [name, stimulus(floats(values), 1, vector.steps, shape)] as const;
  });
  const probes = Object.keys(membranes).map((population) => ({ population, register: "membrane" }));
  const recording = await record(discrete, Object.fromEntries(stimuli), { backend, probes });
  for (const [name, values] of Object.entries(outputs)) {
    const wanted = floats(values);
    const got = recording.outputs.get(name)!;
    const [source] = discrete.edges.filter((edge) => edge.to === name).map((edge) => nodeOf(discrete, edge.from));
    if (source?.kind === "population" && source.threshold !== null) {
      const { spikes, neurons } = populationOf(recording, source.name);
      expect(got).toEqual(wanted);
      expect(raster(spikes, neurons)).toEqual(Uint8Array.from(wanted));
    } else {
      expect(excess(got, wanted, 1e-5, 1e-5)).toBeLessThanOrEqual(0);
    }
  }
  for (const [name, values] of Object.entries(membranes)) {
    const trace = populationOf(recording, name).traces.get("membrane") as Float32Array;
    expect(excess(trace, floats(values), 1e-5, 1e-5)).toBeLessThanOrEqual(0);
  }
}

onEveryBackend((backend) => {
  describe("a NIR graph gives the expected spikes, outputs and membranes", () => {
    it.each(vectors)("$file by Euler", async (vector) => {
      await compare(vector, backend, { ...defaultTime, dt: vector.dt }, vector.expected, vector.state_v);
    });

    it.each(vectors.filter((vector) => vector.expected_exact_zoh !== undefined))("$file exactly", async (vector) => {
      const time = { ...defaultTime, dt: vector.dt, method: "exact" } as const;
      await compare(vector, backend, time, vector.expected_exact_zoh!, vector.state_v_exact_zoh);
    });

    it.each(vectors.filter((vector) => vector.expected_dt_1 !== undefined))(
      "$file with a timestep that counts as 1",
      async (vector) => {
        await compare(vector, backend, defaultTime, vector.expected_dt_1!, vector.state_v_dt_1);
      },
    );
  });
});
