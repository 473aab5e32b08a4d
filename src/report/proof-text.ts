/** What can overflow and what cannot, in sentences. */

import type { ActWitness, CutProof, OrderProof, PopulationProof, Proofs, SentRun } from "../compile/program.ts";
import { counted, grouped } from "../measure/numbers.ts";

/** `input sends 0 to 255 in a timestep`: what the proofs rest on. */
export function proofInputs({ inputs, between }: Proofs): string {
  const names = Object.keys(inputs).join(", ");
  if (between === "events") return names === "" ? "without inputs" : `events of ${names} come in any order and number`;
  const parts = Object.entries(inputs).map(
    ([name, [low, high]]) => `${name} sends ${grouped(low)} to ${grouped(high)}`,
  );
  return parts.length === 0 ? "without inputs" : `in one timestep ${parts.join(", ")}`;
}

type Between = NonNullable<Proofs["between"]>;

/** Sentences for every population. */
export function proofRows({
  populations,
  between = "timesteps",
}: Proofs): readonly { population: string; lines: readonly string[] }[] {
  return populations.map((one) => ({ population: one.population, lines: linesOf(one, between) }));
}

function linesOf({ registers, cuts, order }: PopulationProof, between: Between): string[] {
  const calls = cuts.filter(({ kind }) => kind !== "type");
  const never = calls.filter(({ acts }) => acts === "never").length;
  const ranges = Object.entries(registers).filter(([, [low, high]]) => low < high);
  const stays = ranges.map(([name, [low, high]]) => `${name} ${grouped(low)} to ${grouped(high)}`).join(", ");
  return [
    ...(calls.length === 0 ? [] : [countText(never, calls.length)]),
    ...(stays === "" ? [] : [`between ${between}: ${stays}`]),
    ...cuts.filter(({ acts }) => acts !== "never").map((cut) => actText(cut, between)),
    ...order.flatMap(orderText),
  ];
}

function countText(never: number, all: number): string {
  if (never === all) return all === 1 ? "its one cut can never act" : `none of its ${all} cuts can ever act`;
  return `${never} of ${counted(all, "cut")} can never act`;
}

function actText({ kind, block, name, text, acts, witness }: CutProof, between: Between): string {
  const what = kind === "type" ? `${name} can leave ${text}, which stops a run` : `${name} = ${text} ${verb(acts)}`;
  const where = block === "on timestep" || kind === "type" ? "" : ` (${block})`;
  return `${what}${where}: ${witness === null ? "no input was found that does it" : witnessText(witness, between)}`;
}

function verb(acts: CutProof["acts"]): string {
  return acts === "always" ? "always acts" : "can act";
}

/** `324 events that add up to -38,760 in one timestep, from membrane -6,733,101 (neuron 230; confirmed ..)`. */
function witnessText(witness: ActWitness, between: Between): string {
  const { neuron, registers } = witness;
  const state = Object.entries(registers)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name} ${grouped(value)}`);
  const start = state.length === 0 ? "rest" : state.join(", ");
  return `${arrivingText(witness, between)}, from ${start} (neuron ${neuron}; ${sureness(witness)})`;
}

function arrivingText({ events, arrived }: ActWitness, between: Between): string {
  if (between === "events") {
    const { weight = 0 } = arrived;
    return weight === 0 ? "an event" : `an event of weight ${grouped(weight)}`;
  }
  const sums = Object.entries(arrived).map(([name, sum]) =>
    Object.keys(arrived).length > 1 ? `${name} ${grouped(sum)}` : grouped(sum),
  );
  const sum = sums.length === 0 ? "" : ` that add up to ${sums.join(", ")}`;
  if (events > 0) return `${counted(events, "event")}${sum} in one timestep`;
  return sums.length === 0 ? "no event" : `an input of ${sums.join(", ")}`;
}

/** Elements that are named one by one. */
const mostNamed = 4;

/** `40 timesteps of in 0, 2, then 3 timesteps of 17 elements of in`. */
function sentText(sent: readonly SentRun[]): string {
  const parts = sent.map(({ timesteps, elements }) => {
    const own = Object.entries(elements).map(([input, list]) => {
      return list.length > mostNamed ? `${list.length} elements of ${input}` : `${input} ${list.join(", ")}`;
    });
    return `${counted(timesteps, "timestep")} of ${own.join(" and ") || "no input"}`;
  });
  return parts.join(", then ");
}

function sureness({ from, timesteps, sent }: ActWitness): string {
  if (sent !== undefined) return `confirmed by a run from a reset: ${sentText(sent)}`;
  const run = `a run of ${counted(timesteps, "timestep")} from a reset`;
  if (from === "reset") return `confirmed by ${run}`;
  if (from === "sources") return `confirmed by ${run} in which its sources fire together, which may not happen`;
  return "confirmed from registers that may not be reachable";
}

/** Nothing where events simply add up. */
function orderText({ projection, free, because }: OrderProof): string[] {
  if (because === "an exact sum") return [];
  if (free) return [`events of ${projection} may come in any order: ${because}`];
  return [
    `events of ${projection} are taken in the chip's order: ${because === "not decided" ? "nothing simpler was proved" : because}`,
  ];
}
