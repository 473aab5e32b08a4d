/** What the fields of a target that runs on events say about each other; their form is checked before. */

import { readWords } from "../datapath/datapath.ts";
import {
  mentionedIn,
  namesOfBlock,
  readEventDatapath,
  readEventSynapses,
  type EventDatapath,
  type EventSynapses,
} from "../datapath/event-datapath.ts";
import { rangesOf } from "../datapath/ranges.ts";
import type { TypeSpec } from "../datapath/spec.ts";
import { namesIn } from "../datapath/syntax.ts";
import type { BitspikeError } from "../errors.ts";
import type { EventKind, EventSpec, MonitorSpec, SynapseSpec } from "./event-types.ts";
import { Findings, rangesOfTypes, rangesOfWords, type Names } from "./findings.ts";
import type { Target } from "./types.ts";
import { checkWords } from "./word-check.ts";

/** Every pair of a source and a neuron has a synapse, so that more would only fill memory. */
const mostNeurons = 4096;
/** Words and outputs are 32-bit integers. */
const integer32: TypeSpec = { low: -(2 ** 31), high: 2 ** 31 - 1 };
/** Names of blocks that mean something to chips that run in timesteps. */
const otherBlocks = ["total", "timestep", "load"];

/** Registers that all datapaths have, which synapses may read. */
export function commonRegisters({ datapaths }: Pick<Target, "datapaths">): string[] {
  const [first, ...others] = Object.values(datapaths);
  return Object.keys(first?.state ?? {}).filter((name) => others.every(({ state }) => Object.hasOwn(state, name)));
}

/** Every mistake beside those inside the datapaths; places name a field, and where in its text. */
export function checkEvents(target: Target): BitspikeError[] {
  const { events, synapses } = target;
  if (events === null || synapses === null) return [];
  const findings = new Findings();
  const parts = readParts(target, events, synapses, findings);
  checkSizes(target, findings);
  checkWidths(events, synapses, findings);
  checkKinds(parts, findings);
  const limits = { source: parts.addresses, neuron: parts.addresses, weight: target.weights };
  checkWords(events, parts.settings, limits, (kind) => readsWeight(kind, parts), findings);
  checkQueue(parts, findings);
  checkChoice(events, findings);
  checkOutput(parts, findings);
  if (events.monitor !== null) checkMonitor(events.monitor, parts, findings);
  checkTimestep(parts, findings);
  checkUnused(parts, findings);
  checkSynapses(parts, findings);
  if (findings.issues.length === 0) checkLeftOver(parts, findings);
  return findings.issues;
}

/** A target, parsed as far as it can be. */
interface Parts {
  readonly target: Target;
  readonly events: EventSpec;
  readonly synapses: SynapseSpec;
  /** Those whose equations are sound. */
  readonly datapaths: ReadonlyMap<string, EventDatapath>;
  readonly stored: EventSynapses | null;
  readonly settings: Names;
  /** Names that expressions about a synapse may read. */
  readonly ofSynapse: Names;
  readonly addresses: TypeSpec;
}

function readParts(target: Target, events: EventSpec, synapses: SynapseSpec, findings: Findings): Parts {
  const { settings, core } = target;
  const datapaths = Object.entries(target.datapaths).flatMap(([name, spec]) => {
    const { datapath } = readEventDatapath(spec, settings);
    return datapath === null ? [] : [[name, datapath] as const];
  });
  const stored = readEventSynapses(synapses, commonRegisters(target), settings);
  findings.below("synapses", stored.issues);
  const { state, sourceParameters } = synapses;
  const settingWords = readWords({ parameters: {}, projection: {} }, settings, []);
  const synapseWords = readWords({ parameters: sourceParameters, projection: {} }, {}, []);
  const names = [...rangesOfWords(settingWords), ...rangesOfTypes(settings)];
  return {
    target,
    events,
    synapses,
    datapaths: new Map(datapaths),
    stored: stored.synapses,
    settings: new Map(names),
    ofSynapse: new Map([
      ...names,
      ...rangesOfWords(synapseWords),
      ...rangesOfTypes(state),
      ...rangesOfTypes(sourceParameters),
    ]),
    addresses: { low: 0, high: core.neurons.value - 1 },
  };
}

function checkSizes({ core, chip }: Target, findings: Findings): void {
  if (chip.cores.value !== 1) findings.wrong("chip.cores.value", "a chip that runs on events has one core here");
  if (core.neurons.value > mostNeurons) findings.wrong("core.neurons.value", `there can be ${mostNeurons} at most`);
}

function checkWidths({ host }: EventSpec, { state, sourceParameters }: SynapseSpec, findings: Findings): void {
  const groups = { "synapses.state": state, "synapses.source-parameters": sourceParameters };
  const types = Object.entries(groups).flatMap(([group, all]) => {
    return Object.entries(all).map(([name, type]) => [`${group}.${name}`, type] as const);
  });
  for (const [field, { width }] of [...types, ["events.host.word", host.word] as const]) {
    if (width !== undefined) findings.wrong(field, "only the datapath's types take their width from a setting");
  }
}

function checkKinds(parts: Parts, findings: Findings): void {
  const { events, synapses, target } = parts;
  const kinds = Object.entries(events.kinds);
  for (const [name, kind] of kinds) checkKind(`events.kinds.${name}`, kind, parts, findings);
  for (const [name, { blocks }] of Object.entries(target.datapaths)) {
    const run = kinds.map(([, { runs }]) => runs);
    checkBlocksUsed(`datapaths.${name}`, blocks, run, otherBlocks, findings);
  }
  const { "on load": _, ...others } = synapses.blocks;
  const learnt = kinds.map(([, { learns }]) => learns);
  checkBlocksUsed("synapses", others, learnt, [], findings);
}

function checkKind(field: string, kind: EventKind, { target, synapses }: Parts, findings: Findings): void {
  const { route, reaches, runs, learns, background } = kind;
  if (reaches === "synapses") {
    if (runs !== null) findings.wrong(`${field}.runs`, "an event that reaches synapses runs no block of a neuron");
    if (learns === null) findings.wrong(field, "learns is missing, which an event needs that reaches synapses");
  } else if (runs === null) {
    findings.wrong(field, "runs is missing: the name of a block of the neurons");
  } else {
    // Any neuron may be reached, so every datapath needs the block.
    Object.entries(target.datapaths).every(([name, { blocks }]) => {
      const known = Object.keys(blocks).flatMap(namesOfBlock);
      return findings.reference(`${field}.runs`, `block of the datapath ${name}`, runs, known);
    });
  }
  if (learns !== null && reaches === "neuron") findings.wrong(`${field}.learns`, "the event touches no synapse");
  else if (learns !== null) {
    const known = Object.keys(synapses.blocks).flatMap(namesOfBlock);
    findings.reference(`${field}.learns`, "block of the synapses", learns, known);
  }
  if (background && route === "queue") findings.wrong(`${field}.background`, "only an immediate event can wait");
}

function checkBlocksUsed(
  field: string,
  blocks: Readonly<Record<string, string>>,
  used: readonly (string | null)[],
  elsewhere: readonly string[],
  findings: Findings,
): void {
  for (const key of Object.keys(blocks)) {
    for (const name of namesOfBlock(key)) {
      if (elsewhere.includes(name)) findings.wrong(`${field}.${key}`, "only a chip that runs in timesteps has it");
      else if (!used.includes(name)) findings.unused(`${field}.${key}`, `the block on ${name}`, "kind of event");
    }
  }
}

/** Whether what an event runs reads the weight. */
function readsWeight({ runs }: EventKind, { datapaths }: Parts): boolean {
  return [...datapaths.values()].some(({ blocks }) => {
    const lines = runs === null ? undefined : blocks.get(runs);
    return lines?.some(({ value }) => namesIn(value).has("weight")) === true;
  });
}

function checkQueue({ events, settings, addresses }: Parts, findings: Findings): void {
  const { kinds, queue, ownSpikes, lastNeuron } = events;
  const queued = Object.values(kinds).some(({ route }) => route === "queue");
  if (queued && queue === null) findings.wrong("events", "queue is missing, into which events go");
  if (!queued && queue !== null) findings.wrong("events.queue", "no event goes into it");
  if (lastNeuron !== null) findings.expression("events.sweep.last-neuron", lastNeuron, settings, addresses);
  if (ownSpikes === null) return;
  const field = "events.own-spikes";
  if (findings.reference(`${field}.event`, "kind of event", ownSpikes.event, Object.keys(kinds))) {
    const { route, reaches } = kinds[ownSpikes.event]!;
    const sound = route === "queue" && reaches === "targets";
    if (!sound) findings.wrong(`${field}.event`, "own spikes become queued events that reach targets");
  }
  if (ownSpikes.unless !== null) findings.expression(`${field}.unless`, ownSpikes.unless, settings, integer32);
}

function checkChoice({ choice, queue, kinds }: EventSpec, findings: Findings): void {
  const field = "events.choice";
  const waits = Object.values(kinds).some(({ background }) => background);
  if (new Set(choice).size < choice.length) findings.wrong(field, "something stands in it twice");
  if (!choice.includes("input")) findings.wrong(field, "input is missing");
  if (queue !== null && !choice.includes("queue")) findings.wrong(field, "queue is missing");
  if (queue === null && choice.some((one) => one.endsWith("queue"))) findings.wrong(field, "there is no queue");
  if (choice.includes("full-queue") && choice.indexOf("full-queue") > choice.indexOf("queue")) {
    findings.wrong(field, "full-queue does nothing behind queue");
  }
  if (waits && !choice.includes("background")) findings.wrong(field, "background is missing, in which events wait");
  if (!waits && choice.includes("background")) findings.wrong(field, "no kind of event waits in the background");
}

function checkOutput({ events, settings }: Parts, findings: Findings): void {
  const { output, host, queue } = events;
  const { whenFired, whenServed } = output;
  if (whenFired !== null) findings.expression("events.output.when-fired", whenFired, settings, integer32);
  if (whenServed !== null) findings.expression("events.output.when-served", whenServed, settings, integer32);
  if (whenServed !== null && queue === null) findings.wrong("events.output.when-served", "there is no queue");
  if (host.atOnceAfter !== null && whenFired === null) {
    findings.wrong("events.host.at-once-after", "no output is written when a neuron fires");
  }
  if (host.word.low < integer32.low || host.word.high > integer32.high) {
    findings.wrong("events.host.word", "a word has 32 bits at most");
  }
}

function checkMonitor(monitor: MonitorSpec, parts: Parts, findings: Findings): void {
  const { settings, addresses, datapaths, target } = parts;
  const { when, neuron, source, neuronWords, synapseWord } = monitor;
  const field = "events.monitor";
  findings.expression(`${field}.when`, when, settings, integer32);
  findings.expression(`${field}.neuron`, neuron, settings, addresses);
  if (source !== null) findings.expression(`${field}.source`, source, settings, addresses);
  if ((source === null) !== (synapseWord === null)) findings.wrong(field, "source and synapse-word go together");
  if (synapseWord !== null) findings.expression(`${field}.synapse-word`, synapseWord, parts.ofSynapse, integer32);
  for (const [name, texts] of Object.entries(neuronWords)) {
    const at = `${field}.neuron-words.${name}`;
    if (!findings.reference(at, "datapath", name, Object.keys(target.datapaths))) continue;
    const datapath = datapaths.get(name);
    if (datapath === undefined) continue;
    const names = new Map([...settings, ...namesOfNeuron(datapath)]);
    for (const [index, text] of texts.entries()) findings.expression(`${at}.${index}`, text, names, integer32);
  }
  const missing = Object.keys(target.datapaths).find((name) => !Object.hasOwn(neuronWords, name));
  if (missing !== undefined)
    findings.wrong(`${field}.neuron-words`, `the words of the datapath ${missing} are missing`);
}

/** Names that a monitor of a neuron may read beside the settings. */
function namesOfNeuron({ spec, words }: EventDatapath): Names {
  const flag = { low: 0, high: 1 };
  const types = { ...spec.state, ...spec.parameters, spike: flag, serving: flag };
  return new Map([...rangesOfWords(words), ...rangesOfTypes(types)]);
}

function checkTimestep(parts: Parts, findings: Findings): void {
  const { timestep, kinds } = parts.events;
  if (timestep === null) return;
  const field = "events.timestep";
  const names = Object.keys(kinds);
  if (findings.reference(`${field}.input`, "kind of event", timestep.input, names)) {
    const { reaches } = kinds[timestep.input]!;
    if (reaches !== "targets") findings.wrong(`${field}.input`, "the event of an input reaches targets");
  }
  for (const [index, name] of timestep.end.entries()) {
    const at = `${field}.end.${index}`;
    if (!findings.reference(at, "kind of event", name, names)) continue;
    const fits = kinds[name]!.reaches === "neuron" && !readsWeight(kinds[name]!, parts);
    if (!fits) findings.wrong(at, "what ends a timestep reaches neurons and carries no weight");
  }
}

function checkUnused({ events, target }: Parts, findings: Findings): void {
  if (events.unused === null) return;
  const { datapath, parameters } = events.unused;
  const field = "events.unused";
  if (!findings.reference(`${field}.datapath`, "datapath", datapath, Object.keys(target.datapaths))) return;
  const specs = target.datapaths[datapath]!.parameters;
  for (const [name, value] of Object.entries(parameters)) {
    const at = `${field}.parameters.${name}`;
    if (!findings.reference(at, "parameter", name, Object.keys(specs))) continue;
    const { low, high } = specs[name]!;
    if (value < low || value > high) findings.wrong(at, `${value} lies outside ${low}..${high}`);
  }
}

function checkSynapses({ synapses, stored, target, ofSynapse }: Parts, findings: Findings): void {
  const { negativeSource, sourceParameters, storedTogether } = synapses;
  if (storedTogether > target.core.neurons.value) findings.wrong("synapses.stored-together", "there are not so many");
  if (negativeSource !== null) {
    const field = "synapses.negative-source";
    if (findings.reference(field, "source parameter", negativeSource, Object.keys(sourceParameters))) {
      const { low, high } = sourceParameters[negativeSource]!;
      if (low > 0 || high < 1) findings.wrong(field, `${negativeSource} has to hold 0 and 1`);
    }
  }
  if (stored === null) return;
  const lines = [{ name: "delivered", value: stored.delivers, at: stored.delivers.at }];
  findings.inside("synapses.delivers", rangesOf(lines, ofSynapse).results.get("delivered"), target.weights);
}

/** Kinds of events that nothing makes, and settings that nothing reads. */
function checkLeftOver({ events, target, datapaths, stored }: Parts, findings: Findings): void {
  const { host, ownSpikes, timestep, kinds } = events;
  const made = new Set([
    ...host.rules.map(({ event }) => event),
    ownSpikes?.event,
    timestep?.input,
    ...(timestep?.end ?? []),
  ]);
  for (const name of Object.keys(kinds)) {
    if (!made.has(name)) findings.unused(`events.kinds.${name}`, `the event ${name}`, "word, spike or timestep");
  }
  const blocks = [...datapaths.values(), ...(stored === null ? [] : [stored])].flatMap((one) => [
    ...one.blocks.values(),
  ]);
  const read = new Set([...findings.read, ...mentionedIn([...blocks.flat(), ...(stored?.onLoad ?? [])])]);
  if (stored !== null) namesIn(stored.delivers, read);
  for (const { state, parameters } of Object.values(target.datapaths)) {
    for (const { width } of [...Object.values(state), ...Object.values(parameters)]) read.add(width ?? "");
  }
  for (const name of Object.keys(target.settings)) {
    if (!read.has(name)) findings.unused(`settings.${name}`, `the setting ${name}`, "expression");
  }
}
