/** The simulated design of tinyODIN, as programs for the target tinyodin and the words that its host sent. */

import { chipProgram, compareRun, crossbar, neuronsAt, openChip, type EventVector } from "./event-chips.ts";
import { hasFields, type Adapter, type Case } from "./oracle.ts";
import { targetOf } from "./programs.ts";

interface Vector extends EventVector {
  readonly params: EventVector["params"] & {
    readonly max_neur: number;
    readonly open_loop: number;
    readonly aer_src_ctrl: number;
  };
  readonly neurons: Readonly<Record<"leak_str" | "thr" | "disable" | "v_init", readonly number[]>>;
}

const target = targetOf("tinyodin");

export const tinyodin: Adapter = {
  name: "tinyodin",
  read(document) {
    if (!hasFields(document, "cases") || !Array.isArray(document.cases)) return null;
    const cases = document.cases as readonly Vector[];
    return cases.every((one) => hasFields(one, "case", "params", "neurons", "events_in")) ? cases.map(caseOf) : null;
  },
};

function caseOf(vector: Vector): Case {
  const { params, neurons } = vector;
  return {
    name: vector.case,
    needs: "events",
    run(engine, tally) {
      const settings = { last_neuron: params.max_neur, open_loop: params.open_loop, output: params.aer_src_ctrl };
      const parameters = { leak: neurons.leak_str, threshold: neurons.thr, disabled: neurons.disable };
      const population = neuronsAt([...neurons.thr.keys()], "lif", parameters, { membrane: neurons.v_init });
      const size = population.neurons;
      const chip = openChip(
        chipProgram(target, settings, [population], { weight: crossbar(vector.weights, size) }),
        engine,
      );
      const compareState = (where: string, state: unknown): void => {
        tally.exact(`membrane ${where}`, chip.register("lif", "membrane"), state as readonly number[]);
      };
      compareRun(chip, vector, compareState, tally);
    },
  };
}
