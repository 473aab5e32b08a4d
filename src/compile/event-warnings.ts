/** What a chip that runs on events does otherwise than a network in timesteps, without being told. */

import { openRows } from "../core/rows.ts";
import type { Warning } from "../errors.ts";
import { sizeOf } from "../network/types.ts";
import { chipValue, settingValues } from "../target/values.ts";
import { noAddress, type Program } from "./program.ts";

/** All that concerns a program that has its addresses. */
export function eventWarnings(program: Program): Warning[] {
  return [eventByEvent(program), ...floors(program), ...earlyLoops(program), ...settingsThatCut(program)];
}

function eventByEvent({ target }: Program): Warning {
  const message = `${target.title} compares membranes with their thresholds after every event, not once per timestep: a neuron can fire on a part of a timestep's input, and more than once.`;
  return { code: "COMPILE_EVENT_BY_EVENT", message };
}

/** Membranes that do not go below zero, under inhibition. */
function floors(program: Program): Warning[] {
  const { target, populations, projections } = program;
  return populations.flatMap(({ name, datapath }): Warning[] => {
    const membrane = target.datapaths[datapath]!.state["membrane"];
    const floored = membrane !== undefined && membrane.low >= 0;
    if (!floored || !projections.some((one) => one.to === name && inhibits(program, one))) return [];
    const message = `${name}: on the chip no membrane goes below 0, so that inhibition beyond that is lost.`;
    return [{ code: "COMPILE_FLOOR", message, place: { node: name } }];
  });
}

/** Whether some synapse of a projection has a negative weight. */
function inhibits(
  { target, inputs, populations }: Program,
  { from, to, copy = 0, synapses }: Program["projections"][number],
): boolean {
  const source = [...inputs, ...populations].find(({ name }) => name === from)!;
  const signs = source.sourceParameters?.[target.synapses!.negativeSource ?? ""];
  const { neurons } = populations.find(({ name }) => name === to)!;
  const rows = openRows(synapses, neurons, 0, neurons);
  const sources = sizeOf(source.shape);
  for (let row = 0; row < sources; row++) {
    const sign = signs?.[copy * sources + row] === 1 ? -1 : 1;
    rows.seek(row);
    for (let i = rows.begin; i < rows.end; i++) if (sign * rows.weight[i]! < 0) return true;
  }
  return false;
}

function earlyLoops({ projections, populations }: Program): Warning[] {
  const order = new Map(populations.map(({ name }, index) => [name, index]));
  const loops = projections.filter(({ from, to }) => order.has(from) && order.get(from)! >= order.get(to)!);
  const ways = new Map(loops.map(({ from, to }) => [JSON.stringify([from, to]), { from, to }]));
  return [...ways.values()].map(({ from, to }): Warning => {
    const message = `Spikes from ${from} reach ${to} within the timestep, one earlier than in the network, where a loop takes one.`;
    return { code: "COMPILE_LOOP_EARLY", message, place: { node: to } };
  });
}

/** Settings with which the chip leaves out a part of the network. */
function settingsThatCut({ target, settings, populations, projections }: Program): Warning[] {
  const { lastNeuron, ownSpikes } = target.events!;
  const values = settingValues(target, settings);
  const last = chipValue(lastNeuron, values, target.core.neurons.value - 1);
  const warnings: Warning[] = [];
  for (const { name, addresses } of populations) {
    const highest = addresses!.reduce((most, one) => (one === noAddress ? most : Math.max(most, one)), 0);
    if (highest <= last) continue;
    const message = `${name} has neurons at addresses up to ${highest}, and with these settings events reach those up to ${last} only.`;
    warnings.push({ code: "COMPILE_SWEEP", message, place: { node: name } });
  }
  const silent = ownSpikes === null || chipValue(ownSpikes.unless, values, 0) !== 0;
  const inner = projections.find(({ from }) => populations.some(({ name }) => name === from));
  if (silent && inner !== undefined) {
    const message = `With these settings the neurons' own spikes go to no other neuron: ${inner.to} receives nothing from ${inner.from}.`;
    warnings.push({ code: "COMPILE_OPEN_LOOP", message, place: { node: inner.to } });
  }
  return warnings;
}
