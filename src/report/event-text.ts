/** How a chip runs on events, as text for a terminal. */

import type { EventKind, EventSpec, SynapseSpec, Target, WordRule } from "../target/types.ts";
import { counted } from "../measure/numbers.ts";
import { linesText, meaning, typeText } from "./spec-text.ts";
import type { Style } from "./style.ts";
import { section, table } from "./table.ts";

/** Synapses, events, words and what an idle chip does; nothing for a chip that runs in timesteps. */
export function eventsText({ events, synapses }: Target, style: Style): string {
  if (events === null || synapses === null) return "";
  const { host } = events;
  return [
    section("Synapses", "one for every source and neuron", style, synapseLines(synapses, style)),
    section("Events", "", style, [...kindLines(events, style), "", ...table(plain, choiceRows(events), style)]),
    section("Words", `of the host, ${typeText(host.word)}; the first rule holds`, style, wordLines(host.rules, style)),
  ].join("");
}

const plain = [{ header: "" }, { header: "" }];

function synapseLines(
  { state, sourceParameters, delivers, storedTogether, blocks }: SynapseSpec,
  style: Style,
): string[] {
  const rows = [
    ...Object.entries(state).map(([name, spec]) => ["register", name, typeText(spec), meaning(spec)]),
    ...Object.entries(sourceParameters).map(([name, spec]) => ["per source", name, typeText(spec), meaning(spec)]),
    ["", "delivered", "", delivers],
    ...(storedTogether === 1 ? [] : [["", "in one word of memory", String(storedTogether), ""]]),
  ];
  const columns = [{ header: "" }, { header: "name" }, { header: "integers" }, { header: "" }];
  return [
    ...table(columns, rows, style),
    ...Object.entries(blocks).flatMap(([block, text]) => linesText(block, text, style)),
  ];
}

const reaches: Readonly<Record<EventKind["reaches"], string>> = {
  targets: "all neurons of the sweep",
  neuron: "a neuron, or all",
  synapse: "one synapse and its neuron",
  synapses: "all synapses of a source",
};

function kindLines({ kinds }: EventSpec, style: Style): string[] {
  const rows = Object.entries(kinds).map(([name, { route, reaches: reach, runs, learns, background }]) => [
    name,
    route === "queue" ? "through the queue" : background ? "at once, when idle" : "at once",
    reaches[reach],
    [runs === null ? [] : [`on ${runs}`], learns === null ? [] : [`synapses on ${learns}`]].flat().join(", "),
  ]);
  return table([{ header: "event" }, { header: "served" }, { header: "reaches" }, { header: "runs" }], rows, style);
}

function choiceRows(events: EventSpec): string[][] {
  const { queue, ownSpikes, output, lastNeuron, choice, host, monitor, timestep } = events;
  return [
    ...(queue === null ? [] : [["queue", queueText(queue)]]),
    ...(ownSpikes === null ? [] : [["own spikes", `become ${ownSpikes.event}${unless(ownSpikes.unless)}`]]),
    ...(output.whenFired === null ? [] : [["address out when fired", `if ${output.whenFired}`]]),
    ...(output.whenServed === null ? [] : [["address out when served", `if ${output.whenServed}`]]),
    ["sweep", lastNeuron === null ? "all neurons" : `neurons 0 to ${lastNeuron}`],
    ["when idle", choice.join(", else ")],
    ["next word", `seen after ${counted(host.seenAfter, "decision")}${atOnce(host.atOnceAfter)}`],
    ...(monitor === null
      ? []
      : [["monitor", `if ${monitor.when}, of neuron ${monitor.neuron}, in place of the output`]]),
    ["timestep", timestep === null ? "none: no network runs here" : timestepText(timestep)],
  ];
}

function queueText({ capacity, whenFull, headLeaves }: NonNullable<EventSpec["queue"]>): string {
  const lost = whenFull === "lose-new" ? "a new one" : "the oldest";
  const head = headLeaves === "after-service" ? "holds its place" : "has left its place";
  return `${capacity} entries; when full ${lost} is lost; the one being served ${head}`;
}

function unless(text: string | null): string {
  return text === null ? "" : `, unless ${text}`;
}

function atOnce(what: EventSpec["host"]["atOnceAfter"]): string {
  return what === null ? "" : ", at once after an event whose last update was output";
}

function timestepText({ input, pace, end }: NonNullable<EventSpec["timestep"]>): string {
  const waits = pace === "after-idle" ? "one after another, each when the queue is empty" : "as fast as they are taken";
  const last = end.length === 0 ? "" : `; then ${end.join(", ")} for all neurons`;
  return `events of inputs as ${input}, ${waits}${last}`;
}

function wordLines(rules: readonly WordRule[], style: Style): string[] {
  const rows = rules.map(({ when, event, source, neuron, weight }) => {
    const parts = Object.entries({ source, neuron, weight }).filter(([, text]) => text !== null);
    return [when ?? "else", event, parts.map(([name, text]) => `${name} ${text}`).join("; ")];
  });
  return table([{ header: "when" }, { header: "event" }, { header: "" }], rows, style);
}
