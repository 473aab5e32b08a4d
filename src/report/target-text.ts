/** A target as text for a terminal: what the chip is, its registers, its equations and where its numbers come from. */

import type { DatapathSpec } from "../datapath/spec.ts";
import { eventNames, type CostKind } from "../measure/costs.ts";
import { grouped, significant } from "../measure/numbers.ts";
import { findingsOf } from "../target/ranges.ts";
import type { EventCost, NocSpec, PerEvent, Power, RecipeSpec, Sourced, Target } from "../target/types.ts";
import { legendOf, markOf } from "./marks.ts";
import { verifiedText } from "./program-text.ts";
import { eventsText } from "./event-text.ts";
import { encodesText, linesText, meaning, typeText } from "./spec-text.ts";
import { type Style, plainStyle } from "./style.ts";
import { item, paragraph, section, table } from "./table.ts";

/** Many targets, one line each. */
export function targetListText(targets: readonly Target[], style: Style = plainStyle): string {
  const rows = targets.map((target) => [
    target.name,
    target.title,
    markedNumber(target.chip.cores),
    markedNumber(target.core.neurons),
    target.delivery.payloadBits === 0 ? "binary" : "graded",
    target.verified.map(({ level }) => level).join(", ") || "nothing",
  ]);
  const columns = [
    { header: "target" },
    { header: "chip" },
    { header: "cores", align: "right" },
    { header: "neurons per core", align: "right" },
    { header: "spikes" },
    { header: "verified against" },
  ] as const;
  const text = table(columns, rows, style).join("\n");
  const legend = legendOf(text);
  return legend === "" ? text : `${text}\n\n${paragraph(legend).join("\n")}`;
}

/** One target in full. */
export function targetText(target: Target, style: Style = plainStyle): string {
  const text = [
    section(target.title, target.name, style, paragraph(target.description)),
    section("Verified", "", style, [
      ...target.verified.flatMap((one) => item("✓", verifiedText(one), style.good)),
      ...target.notModelled.flatMap((what) => item("- not modelled:", what, style.faint)),
    ]),
    section("Chip", "", style, chipLines(target, style)),
    settingsText(target, style),
    ...Object.keys(target.datapaths).map((name) => datapathText(target, name, style)),
    eventsText(target, style),
    energyText(target, style),
    latencyText(target, style),
    recipesText(target, style),
  ].join("");
  const legend = legendOf(text);
  return legend === "" ? text : `${text}\n${paragraph(legend).join("\n")}\n`;
}

/** `8 x 4 tiles of 4 cores: <source>`. */
function meshText({ width, height, coresPerTile }: NocSpec): string {
  const cores = coresPerTile.value === 1 ? "one core" : `${coresPerTile.value} cores`;
  return `${width.value} x ${height.value} tiles of ${cores}: ${width.source} ${markOf(width.confidence)}`.trimEnd();
}

function chipLines({ chip, core, noc, delivery, weights, events }: Target, style: Style): string[] {
  const rows = [
    ["cores", sourcedText(chip.cores)],
    ["neurons per core", sourcedText(core.neurons)],
    ...(core.synapseMemory === undefined ? [] : [["synapse memory per core", sourcedText(core.synapseMemory)]]),
    ...Object.entries(core.kinds ?? {}).flatMap(([kind, { neurons, fanOut }]) => [
      ...(neurons === undefined ? [] : [[`${kind} neurons per core`, sourcedText(neurons)]]),
      ...(fanOut === undefined ? [] : [[`${kind} neurons that one reaches`, sourcedText(fanOut)]]),
    ]),
    ...(chip.inputs === undefined ? [] : [["channels of inputs", sourcedText(chip.inputs)]]),
    ...(core.axons === undefined ? [] : [["axons per core", sourcedText(core.axons)]]),
    ...(core.axonsOut === undefined ? [] : [["output axons per core", sourcedText(core.axonsOut)]]),
    ...(core.fanIn === undefined ? [] : [["synapses onto a neuron", sourcedText(core.fanIn)]]),
    ...Object.entries(core.constants ?? {}).map(([name, { most }]) => [`${name} per core`, sourcedText(most)]),
    ...(core.destinations === undefined ? [] : [["axons that a neuron reaches", sourcedText(core.destinations)]]),
    ...(chip.systems ?? []).map(({ name, chips }) => [`chips of ${name}`, sourcedText(chips)]),
    ...(noc === undefined ? [] : [["mesh", meshText(noc)]]),
    ...(weights.axonTypes === undefined ? [] : [["types of axons", sourcedText(weights.axonTypes)]]),
    ["weights", `${typeText(weights)}, ${sharingText(weights)}${encodesText(weights)}`],
    ["spikes", delivery.payloadBits === 0 ? "binary" : `graded, up to ${delivery.payloadBits} bits`],
    ...(events === null ? deliveryRows(delivery) : [["delivery", "event by event, within the timestep"]]),
  ];
  return table([{ header: "" }, { header: "" }], rows, style);
}

function deliveryRows(delivery: Target["delivery"]): string[][] {
  const [low, high] = delivery.delays;
  return [
    ["delivery", delivery.spikes === "next-timestep" ? "in the next timestep" : "in the same timestep, layer by layer"],
    ...inputRows(delivery),
    ["further delay", low === high ? `${low} timesteps` : `${low} to ${high} timesteps`],
  ];
}

/** How events of inputs differ from spikes. */
function inputRows({ inputs, spikes, order, atMost }: Target["delivery"]): string[][] {
  const when =
    inputs === undefined || inputs === spikes ? [] : [inputs === "same-timestep" ? "at once" : "one timestep later"];
  const parts = [...when, ...(order === "inputs-first" ? ["before those of neurons"] : [])];
  const limits = [
    atMost?.inputs === undefined ? [] : [`${atMost.inputs} of a channel of an input`],
    atMost?.spikes === undefined ? [] : [`${atMost.spikes} of a neuron`],
  ].flat();
  return [
    ...(parts.length > 0 ? [["events of inputs", parts.join(", ")]] : []),
    ...(limits.length > 0 ? [["most per timestep", limits.join(", ")]] : []),
  ];
}

function sharingText({ bits, axonTypes }: Target["weights"]): string {
  const size = bits === 1 ? "1 bit" : `${bits} bits`;
  return axonTypes === undefined ? `${size} each` : `one per neuron and type of axon; a synapse takes ${size}`;
}

/** `8,192 [unverified]`: a number never goes without its mark. */
function markedNumber({ value, unit = "", confidence }: Sourced): string {
  return [grouped(value), unit, markOf(confidence)].filter((part) => part !== "").join(" ");
}

function sourcedText(number: Sourced): string {
  return `${markedNumber(number)}; ${number.source}`;
}

function settingsText({ settings }: Target, style: Style): string {
  const entries = Object.entries(settings);
  if (entries.length === 0) return "";
  const rows = entries.map(([name, spec]) => [
    name,
    typeText(spec),
    spec.default === undefined ? "" : (spec.words?.[spec.default] ?? String(spec.default)),
    spec.description ?? "",
  ]);
  return section(
    "Settings",
    "chosen with --set name=value",
    style,
    table([{ header: "name" }, { header: "values" }, { header: "default" }, { header: "" }], rows, style),
  );
}

function datapathText(target: Target, name: string, style: Style): string {
  const spec = target.datapaths[name]!;
  const { state, parameters, projection, blocks } = spec;
  const rows = [
    ...Object.entries(state).map(([register, spec]) => ["register", register, typeText(spec), meaning(spec)]),
    ...Object.entries(parameters).map(([parameter, spec]) => ["per neuron", parameter, typeText(spec), meaning(spec)]),
    ...Object.entries(projection).map(([constant, spec]) => [
      "per projection",
      constant,
      typeText(spec),
      meaning(spec),
    ]),
  ];
  const columns = [{ header: "" }, { header: "name" }, { header: "integers" }, { header: "stands for" }];
  return section("Datapath", name, style, [
    ...choicesOf(spec).map((choice) => `  ${choice}`),
    ...table(columns, rows, style),
    ...Object.entries(blocks).flatMap(([block, text]) => linesText(block, text, style)),
    ...Object.entries(parameters).flatMap(([parameter, { onLoad }]) => {
      return onLoad === undefined ? [] : linesText(`on load of ${parameter}`, onLoad, style);
    }),
    ...rangesText(target, name, style),
  ]);
}

/** What the types of the names say about the equations. */
function rangesText(target: Target, name: string, style: Style): string[] {
  const { registers, idle, bits } = findingsOf(target, name);
  const those = (how: string): string => {
    const names = Object.entries(registers).filter(([, own]) => own === how);
    return names.map(([register]) => register).join(", ");
  };
  const always = those("always");
  const quietly = those("while nothing arrives");
  const open = those("not known");
  const { state } = target.datapaths[name]!;
  const stopping = Object.keys(state).filter((register) => state[register]!.overflow === "stops");
  return [
    "",
    `  ${style.title("by the types alone")}`,
    ...(always === "" ? [] : item("✓", `${always}: in range whatever arrives`, style.good)),
    ...(quietly === "" ? [] : item("-", `${quietly}: in range while nothing arrives, else up to a program's weights`)),
    ...(open === "" ? [] : item("-", `${open}: up to a program's weights and parameters`)),
    ...(stopping.length === 0 ? [] : item("-", `a run that drives ${stopping.join(" or ")} out of range stops`)),
    ...idle.flatMap((what) => item("-", what)),
    ...item("-", `${bits} bits for the widest value while nothing arrives`),
  ];
}

/** What a datapath says beside its equations. */
function choicesOf({ role, fires, forward, inputs, real }: DatapathSpec): string[] {
  const choices = [
    role === "output" ? "for populations that only Outputs read and only neurons feed" : "",
    role === "hidden" ? "for populations that are not the chip's outputs" : "",
    real === "none" ? "a machine of bits: its equations mean nothing in real numbers" : "",
    inputs.length > 1 ? `events are added to ${inputs.join(" or ")}` : "",
    fires === "repeatedly" ? "several thresholds are several spikes in one timestep" : "",
    forward === undefined ? "" : `a neuron may pass its spikes on to one other, up to ${forward.atMost} together`,
  ];
  return choices.filter((choice) => choice !== "");
}

function energyText({ energy }: Target, style: Style): string {
  if (energy === null) return section("Energy", "nothing is published: events are counted, not priced", style, []);
  const basis = energy.basis === "published" ? `published for ${energy.of}` : `stand-in: the prices of ${energy.of}`;
  const power = energy.staticPower;
  const rows = [
    ...perEventRows(energy).map(([event, cost]) => [event, costText(cost), cost.source]),
    ...(power === undefined ? [] : [["static power, mW", costText(power), power.source]]),
  ];
  return section("Energy", basis, style, [
    ...(rows.length === 0 ? [] : table([{ header: "event" }, { header: "pJ" }, { header: "source" }], rows, style)),
    ...energy.notPriced.flatMap((what) => item("- not priced:", what, style.faint)),
  ]);
}

function latencyText({ latency }: Target, style: Style): string {
  if (latency === undefined) return "";
  const { timestep, barrier } = latency;
  const rows = [
    ...perEventRows(latency),
    ...(timestep === undefined ? [] : [["timestep", timestep] as const]),
    ...barrier.map(({ tiles, time }) => [`end of a timestep, ${tiles} tiles and more`, time] as const),
  ].map(([event, time]) => [event, `${significant(time.value)} ${markOf(time.confidence)}`.trimEnd(), time.source]);
  return section("Time", "", style, table([{ header: "event" }, { header: "ns" }, { header: "source" }], rows, style));
}

/** What each kind of event takes, as far as it is known; forms and directions that differ each for itself. */
function perEventRows<T extends object>(spec: PerEvent<T>): (readonly [name: string, cost: T])[] {
  const forms = Object.entries(spec.synopByForm ?? {}).map(([form, cost]) => [`synop, ${form}`, cost] as const);
  const hops = Object.entries(spec.hop ?? {}).map(([direction, cost]) => [`hop to the ${direction}`, cost] as const);
  const kinds = (Object.keys(eventNames) as CostKind[]).flatMap((kind) => {
    return kind === "hop" ? [] : [[eventNames[kind][0], spec[kind]] as const];
  });
  const [synop, ...others] = kinds;
  const all = [...(synop === undefined ? [] : [synop]), ...forms, ...others, ...hops];
  return all.flatMap(([name, cost]) => (cost === undefined ? [] : [[name, cost] as const]));
}

function costText({ low, typical, high, confidence }: EventCost | Power): string {
  const range =
    low === high ? significant(typical) : `${significant(typical)} (${significant(low)} to ${significant(high)})`;
  return `${range} ${markOf(confidence)}`.trimEnd();
}

function recipesText({ recipes }: Target, style: Style): string {
  const entries = Object.entries(recipes);
  if (entries.length === 0) return "";
  return section(
    "Recipes",
    "chosen with --recipe name",
    style,
    entries.flatMap(([name, recipe]) => recipeText(name, recipe, style)),
  );
}

function recipeText(name: string, recipe: RecipeSpec, style: Style): string[] {
  const { description, source, arithmetic, define, population, scale, parameters } = recipe;
  const rules = Object.entries(parameters).map(([parameter, rule]) => {
    return `${parameter}${typeof rule === "number" ? ` = ${rule}` : encodesText(rule)}`;
  });
  if (scale !== undefined) rules.unshift(`scale = ${scale}`);
  return [
    ...item(name, `${description} (${source})${arithmetic === "float32" ? " All of it in float32." : ""}`, style.title),
    ...(define === undefined ? [] : linesText("define", define, style)),
    ...(population === undefined ? [] : linesText("on population", population, style)),
    ...(rules.length === 0 ? [] : linesText("parameters", rules.join("\n"), style)),
  ];
}
