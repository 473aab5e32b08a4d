/** Which datapaths a population may run on, where a chip has output neurons of their own. */

import type { Datapath } from "../datapath/datapath.ts";
import type { Warning } from "../errors.ts";
import type { Circuit } from "./paths.ts";

export interface NamedDatapath {
  readonly name: string;
  readonly datapath: Datapath;
}

/**
 * The datapaths for a population's role; all of them on a chip whose neurons are alike.
 *
 * @returns with them, what to say of a population that is read from outside and cannot run on output neurons
 */
export function datapathsFor(
  population: string,
  circuit: Circuit,
  all: readonly NamedDatapath[],
): { readonly datapaths: readonly NamedDatapath[]; readonly warnings: readonly Warning[] } {
  if (all.every(({ datapath }) => datapath.spec.role === undefined)) return { datapaths: all, warnings: [] };
  const shown = circuit.outputs.some((output) => output.population === population);
  const reason = circuit.paths.some(({ from }) => from === population)
    ? "sends spikes to other neurons"
    : circuit.paths.some(({ from, to }) => to === population && circuit.inputs.some(({ name }) => name === from))
      ? "is fed by an input"
      : null;
  const role = shown && reason === null ? "output" : "hidden";
  const datapaths = all.filter(({ datapath }) => (datapath.spec.role ?? role) === role);
  if (!shown || reason === null) return { datapaths, warnings: [] };
  const message =
    `${population} ${reason}, so it does not run on the chip's output neurons, ` +
    "and its spikes may not leave the chip in every mode.";
  return { datapaths, warnings: [{ code: "COMPILE_HIDDEN_OUTPUT", message, place: { node: population } }] };
}
