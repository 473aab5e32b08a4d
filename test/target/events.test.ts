import { describe, expect, it } from "vitest";
import { targetJsonSchema } from "../../src/target/schema.ts";
import { loadTarget } from "../../src/target/load.ts";
import { mistakeOf } from "../support.ts";

const chip = `name: chip
title: A chip
description: For tests.
verified:
  - { level: property-tests, against: nothing }
settings:
  last: { type: 0..15, default: 15 }
  open: uint1
  watch: uint1
datapaths:
  lif:
    state: { membrane: int8, mark: uint1 }
    parameters: { threshold: int8 }
    on spike: |
      v = membrane + weight
    on leak: |
      v = membrane - sign(membrane)
    on spike, leak: |
      spike    = v >= threshold
      membrane = spike ? 0 : saturate(v, -128, 127)
      mark     = membrane > 0
weights: { type: -7..7, bits: 4, encodes: weight * scale }
synapses:
  state: { weight: uint3, mapped: uint1 }
  source-parameters: { negative: uint1 }
  negative-source: negative
  delivers: "mapped ? (negative ? -weight : weight) : 0"
  stored-together: 4
  define: |
    more(w) = min(w + 1, 7)
  on load: |
    weight = abs(weight)
    mapped = 1
  on learn: |
    weight = mark ? more(weight) : weight
events:
  kinds:
    spike: { route: queue, reaches: targets, runs: spike, learns: learn }
    poke: { route: immediate, reaches: neuron, runs: spike }
    leak: { route: immediate, reaches: neuron, runs: leak }
    drift: { route: immediate, reaches: synapses, learns: learn, background: true }
  host:
    word: uint10
    words:
      - { when: word == 1023, event: leak, neuron: all }
      - { when: "bits(word, 9, 1)", event: poke, neuron: "bits(word, 0, 4)", weight: "bits(word, 4, 3)" }
      - { when: "bits(word, 8, 1)", event: drift, source: all }
      - { event: spike, source: "bits(word, 0, 4)" }
    seen-after: 1
    at-once-after: output-by-last-update
  queue: { capacity: 8, when-full: lose-new, head-leaves: after-service }
  own-spikes: { event: spike, unless: open }
  output: { when-fired: "!watch" }
  sweep: { last-neuron: last }
  choice: [full-queue, input, queue, background]
  monitor:
    when: watch
    neuron: last
    source: last
    neuron-words: { lif: [membrane + spike * 256, serving] }
    synapse-word: weight * 2 + mapped
  unused: { datapath: lif, parameters: { threshold: 100 } }
  timestep: { input: spike, pace: after-idle, end: [leak] }
core:
  neurons: { value: 16, source: chosen, confidence: assumption }
chip:
  cores: { value: 1, source: chosen, confidence: assumption }
`;

/** Every mistake in a file: code, place and field, and what is said. */
function mistakesIn(text: string): string[] {
  const error = mistakeOf(() => loadTarget(text, "chip.yaml", () => null));
  if (error === undefined) return [];
  const all = error.issues.length > 0 ? error.issues : [error];
  return all.map(({ code, place, message, hint }) => {
    const said = code === "TARGET_REFERENCE" ? `${message} ${hint}` : message;
    return `${code} ${place.line}:${place.column} ${place.field}: ${said}`;
  });
}

/** The mistakes after one edit, which has to be possible; `at` is a piece of text at the place. */
function edited(from: string, to: string): { text: string; mistakes: string[] } {
  if (!chip.includes(from)) throw new Error(`the chip has no ${from}`);
  const text = chip.replace(from, to);
  return { text, mistakes: mistakesIn(text) };
}

function placeOf(piece: string, text: string): string {
  if (!text.includes(piece)) throw new Error(`nowhere: ${piece}`);
  const before = text.slice(0, text.indexOf(piece)).split("\n");
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

describe("a target that runs on events", () => {
  it("without mistakes loads", () => expect(mistakesIn(chip)).toEqual([]));

  it("has what it says as data, the rest at its defaults", () => {
    const { events, synapses, delivery } = loadTarget(chip, "chip.yaml", () => null);
    expect(events!.kinds["drift"]).toEqual({
      route: "immediate",
      reaches: "synapses",
      runs: null,
      learns: "learn",
      background: true,
    });
    expect(events!.host.rules[3]).toEqual({
      when: null,
      event: "spike",
      source: "bits(word, 0, 4)",
      neuron: null,
      weight: null,
    });
    expect(events).toMatchObject({ lastNeuron: "last", ownSpikes: { event: "spike", unless: "open" } });
    expect(synapses).toMatchObject({ negativeSource: "negative", storedTogether: 4 });
    expect(delivery).toMatchObject({ spikes: "same-timestep", delays: [0, 0], payloadBits: 0 });
  });

  it("stores a weight alone where it says nothing about synapses", () => {
    const text = chip
      .replace(/synapses:\n(  .*\n)+/, "")
      .replace(", learns: learn", "")
      .replace(/ +drift: .*\n/, "")
      .replace(/ +- \{ when: "bits\(word, 8, 1\)".*\n/, "")
      .replace(", background]", "]")
      .replace("    source: last\n", "")
      .replace("    synapse-word: weight * 2 + mapped\n", "");
    const { synapses } = loadTarget(text, "chip.yaml", () => null);
    expect(synapses).toEqual({
      state: { weight: { low: -7, high: 7 } },
      sourceParameters: {},
      negativeSource: null,
      delivers: "weight",
      storedTogether: 1,
      blocks: {},
    });
  });

  it.each([
    ["runs: leak }", "runs: leek }", "leek", "TARGET_REFERENCE", "events.kinds.leak.runs", "Did you mean leak?"],
    [
      "learns: learn }",
      "learns: lern }",
      "lern",
      "TARGET_REFERENCE",
      "events.kinds.spike.learns",
      "Did you mean learn?",
    ],
    ["event: poke", "event: spoke", "spoke", "TARGET_REFERENCE", "events.host.words.1.event", "There are: spike, poke"],
    [
      "event: spike, unless",
      "event: spikes, unless",
      "spikes, unless",
      "TARGET_REFERENCE",
      "events.own-spikes.event",
      "Did you mean spike?",
    ],
    ["unless: open", "unless: opne", "opne", "DATAPATH_NAME", "events.own-spikes.unless", "opne is not declared"],
    ["last-neuron: last", "last-neuron: last + 1", "last + 1", "TARGET_FIELD", "events.sweep.last-neuron", "1..16"],
    ["lif: [membrane", "if: [membrane", "[membrane", "TARGET_REFERENCE", "events.monitor.neuron-words.if", "lif?"],
    ["serving] }", "served] }", "served]", "DATAPATH_NAME", "events.monitor.neuron-words.lif.1", "served"],
    ["* 2 + mapped", "* 2 + maped", "maped", "DATAPATH_NAME", "events.monitor.synapse-word", "maped"],
    ["datapath: lif, p", "datapath: fil, p", "fil, p", "TARGET_REFERENCE", "events.unused.datapath", "fil"],
    [
      "threshold: 100",
      "treshold: 100",
      "100 } }\n  t",
      "TARGET_REFERENCE",
      "events.unused.parameters.treshold",
      "threshold?",
    ],
    [
      "threshold: 100",
      "threshold: 128",
      "128 } }\n",
      "TARGET_FIELD",
      "events.unused.parameters.threshold",
      "-128..127",
    ],
    ["input: spike, p", "input: poke, p", "poke, pace", "TARGET_FIELD", "events.timestep.input", "reaches targets"],
    ["end: [leak]", "end: [poke]", "poke] }", "TARGET_FIELD", "events.timestep.end.0", "carries no weight"],
    [
      "negative-source: negative",
      "negative-source: mapped",
      "mapped\n  del",
      "TARGET_REFERENCE",
      "synapses.negative-source",
      "negative",
    ],
    ["min(w + 1, 7)", "min(w + one, 7)", "more(weight)", "DATAPATH_NAME", "synapses.on learn", "one is not declared"],
    ["mark ? more", "makr ? more", "makr", "DATAPATH_NAME", "synapses.on learn", "makr"],
    ["mapped ? (neg", "mapepd ? (neg", "mapepd", "DATAPATH_NAME", "synapses.delivers", "mapepd"],
    ["-weight : weight)", "-weight : weight * 2)", '"mapped', "TARGET_FIELD", "synapses.delivers", "-7..14"],
    ["stored-together: 4", "stored-together: 40", "40", "TARGET_FIELD", "synapses.stored-together", "not so many"],
    [
      "negative: uint1",
      "mark: uint1",
      "uint1 }\n  neg",
      "DATAPATH_DECLARED_TWICE",
      "synapses.source-parameters.mark",
      "mark",
    ],
    [
      "v = membrane - ",
      "w = membrane - ",
      "v >= threshold",
      "DATAPATH_NAME",
      "datapaths.lif.on spike, leak",
      "v is not",
    ],
    ["spike    = v", "v        = v", "v        =", "DATAPATH_ASSIGNED_TWICE", "datapaths.lif.on spike, leak", "v is"],
    [
      "on leak:",
      "on leaks:",
      "|\n      v = membrane - ",
      "TARGET_UNUSED",
      "datapaths.lif.on leaks",
      "No kind of event uses the block on leaks",
    ],
    ["seen-after: 1", "seen-after: -1", "-1\n", "TARGET_FIELD", "events.host.seen-after", ">=0"],
    [
      "neuron: all",
      'neuron: "word >> 5"',
      '"word >> 5',
      "TARGET_FIELD",
      "events.host.words.0.neuron",
      "it can be 31..31",
    ],
    [
      'neuron: "bits(word, 0, 4)"',
      'neuron: "bits(word, 0, 5)"',
      '"bits(word, 0, 5)',
      "TARGET_FIELD",
      "events.host.words.1.neuron",
      "0..31",
    ],
    [
      "bits(word, 4, 3)",
      "bits(word, 4, 4)",
      '"bits(word, 4, 4)',
      "TARGET_FIELD",
      "events.host.words.1.weight",
      "0..15",
    ],
    ["word == 1023", "word == 1024", "word == 1024", "TARGET_FIELD", "events.host.words.0.when", "0 for every word"],
    [
      "word == 1023",
      "word <= 1023",
      '{ when: "bits(word, 9',
      "TARGET_FIELD",
      "events.host.words.1",
      "no word comes to this rule",
    ],
    [
      "source: all }",
      "source: all, neuron: 1 }",
      "1 }\n      - { event",
      "TARGET_FIELD",
      "events.host.words.2.neuron",
      "has no neuron",
    ],
    [
      "source: all }",
      "neuron: all }",
      '{ when: "bits(word, 8',
      "TARGET_FIELD",
      "events.host.words.2",
      "source is missing",
    ],
    [
      ', weight: "bits(word, 4, 3)"',
      "",
      '{ when: "bits(word, 9',
      "TARGET_FIELD",
      "events.host.words.1",
      "weight is missing",
    ],
    [
      "learns: learn, background: true",
      "learns: learn",
      "[full",
      "TARGET_FIELD",
      "events.choice",
      "no kind of event waits",
    ],
    [", queue, background]", ", background]", "[full", "TARGET_FIELD", "events.choice", "queue is missing"],
    [
      "[full-queue, input, queue",
      "[input, queue, full-queue",
      "[input",
      "TARGET_FIELD",
      "events.choice",
      "behind queue",
    ],
    ["[full-queue, input", "[full-queue", "[full", "TARGET_FIELD", "events.choice", "input is missing"],
    [
      "reaches: neuron, runs: leak",
      "reaches: neuron",
      "{ route: immediate, reaches: neuron }",
      "TARGET_FIELD",
      "events.kinds.leak",
      "runs is missing",
    ],
    [
      "reaches: neuron, runs: leak",
      "reaches: neuron, runs: leak, learns: learn",
      "learn }\n    drift",
      "TARGET_FIELD",
      "events.kinds.leak.learns",
      "touches no synapse",
    ],
    [
      "synapses, learns",
      "synapses, runs: spike, learns",
      "spike, learns: learn, b",
      "TARGET_FIELD",
      "events.kinds.drift.runs",
      "no block",
    ],
    [
      "{ route: queue, reaches: targets",
      "{ route: queue, background: true, reaches: targets",
      "true, reaches",
      "TARGET_FIELD",
      "events.kinds.spike.background",
      "immediate",
    ],
    ["value: 16", "value: 5000", "5000", "TARGET_FIELD", "core.neurons.value", "4096"],
    ["cores: { value: 1", "cores: { value: 2", "2, source", "TARGET_FIELD", "chip.cores.value", "one core"],
    [
      "threshold: int8 }",
      "threshold: int8, other: int8 }",
      "int8 }\n    on",
      "DATAPATH_UNUSED",
      "datapaths.lif.parameters.other",
      "other",
    ],
    [
      "state: { weight: uint3",
      "state: { other: uint1, weight: uint3",
      "uint1, weight",
      "DATAPATH_UNUSED",
      "synapses.state.other",
      "other",
    ],
    [
      "  open: uint1",
      "  open: uint1\n  idle: uint1",
      "uint1\n  watch",
      "TARGET_UNUSED",
      "settings.idle",
      "the setting idle",
    ],
    ["weight: uint3", "weight: 'int[last]'", "'int[last]'", "TARGET_FIELD", "synapses.state.weight", "width"],
    [
      "membrane: int8",
      "serving: int8, membrane: int8",
      "int8, membrane",
      "DATAPATH_DECLARED_TWICE",
      "datapaths.lif.state.serving",
      "serving",
    ],
  ])("%j for %j", (from, to, piece, code, field, words) => {
    const { text, mistakes } = edited(from, to);
    const expected = `${code} ${placeOf(piece, text)} ${field}`;
    expect(mistakes.map((one) => one.slice(0, expected.length))).toContain(expected);
    expect(mistakes.find((one) => one.startsWith(expected))).toContain(words);
  });

  it.each([
    ["delivery", "core:\n", "delivery: { spikes: same-timestep }\ncore:\n", "delivery"],
    ["accumulators", "    parameters:", "    inputs: [input]\n    parameters:", "datapaths.lif.inputs"],
    [
      "constants of projections",
      "    parameters:",
      "    projection: { w: int8 }\n    parameters:",
      "datapaths.lif.projection",
    ],
    ["kernels", "bits: 4,", "bits: 4, shared: true,", "weights.shared"],
  ])("has no %s of a chip that runs in timesteps", (_, from, to, field) => {
    const { mistakes } = edited(from, to);
    expect(mistakes).toEqual([
      expect.stringContaining(`${field}: ${field}: only a chip that runs in timesteps has it.`),
    ]);
  });

  it("has no block that only timesteps run", () => {
    const { mistakes } = edited("on leak:", "on timestep:");
    expect(mistakes.join("\n")).toContain("on timestep: only a chip that runs in timesteps has it");
  });

  it("tells mistakes in its equations together with those of its form", () => {
    const text = chip.replace("capacity: 8", "capacity: none").replace("membrane + weight", "membrane + wieght");
    expect(mistakesIn(text).map((one) => one.split(" ")[0])).toEqual(["TARGET_FIELD", "DATAPATH_NAME"]);
  });

  it("can extend another one", () => {
    const own = "extends: chip\nname: other\nevents: { queue: { capacity: 2 } }\n";
    const { events } = loadTarget(own, "other.yaml", () => chip);
    expect(events!.queue).toEqual({ capacity: 2, whenFull: "lose-new", headLeaves: "after-service" });
  });

  it("has its own branch in the schema for editors, where keys of blocks are patterns", () => {
    const schema = targetJsonSchema() as object;
    const datapath = ["then", "properties", "datapaths", "additionalProperties"];
    expect(schema).toHaveProperty("if", { required: ["events"] });
    expect(schema).toHaveProperty([...datapath, "patternProperties", "^on [a-z][a-z0-9-]*(, [a-z][a-z0-9-]*)*$"]);
    expect(schema).toHaveProperty([...datapath, "additionalProperties"], false);
    expect(schema).not.toHaveProperty("else.properties.events");
    expect(JSON.stringify(schema)).toContain("Whether the entry that is being served still holds its place");
  });
});
