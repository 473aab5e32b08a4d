/** The pages of the tutorial and the figures drawn from what their code computed. */

import { barPlot, colours, timePlot, type Line, type Panel, type Ticks } from "./plot.ts";

/** Files of the pages with code, in order, below `docs/tutorial`. */
export const pageNames = ["1-one-neuron.md", "2-firing.md", "3-reset.md", "4-current.md", "5-network.md"] as const;

/** Values of the constants of a page's code, by name. */
export type Values = Readonly<Record<string, unknown>>;

interface Layer {
  readonly membrane: readonly (readonly number[])[];
  readonly spikes: readonly (readonly number[])[];
}
interface Both {
  readonly float: Readonly<Record<string, Layer>>;
  readonly chip: Readonly<Record<string, Layer>>;
}

/** The figures of one page as SVG text, by file name. */
export function figuresOf(page: (typeof pageNames)[number], values: Values): Readonly<Record<string, string>> {
  return drawings[page](values);
}

const drawings: Readonly<Record<(typeof pageNames)[number], (values: Values) => Record<string, string>>> = {
  "1-one-neuron.md": (values) => {
    const pulses = values["pulses"] as readonly Both[];
    const widths = values["widths"] as readonly number[];
    return {
      "no-stimulus.svg": oneNeuron("No stimulus", both(values, "silent"), { second: both(values, "silentLoihi2") }),
      "step-input.svg": oneNeuron("Step input", both(values, "step"), { second: both(values, "stepLoihi2") }),
      "pulses.svg": timePlot(
        "Pulses of three widths",
        80,
        pulses.map((run, i) => first(membranes(`${widths[i] ?? 0} timesteps`, run, {}), 80)),
      ),
      "spike-input.svg": timePlot("Spike input", 80, [first(membranes("Membrane", both(values, "single"), {}), 80)]),
    };
  },
  "2-firing.md": (values) => ({
    "firing.svg": timePlot("A current of 0.2", 200, [
      membranes("generic-8bit, reset by subtraction", both(values, "firing"), { threshold: 1 }),
      membranes("loihi2, reset to zero", both(values, "finer"), { threshold: 1, chip: "loihi2" }),
    ]),
    "higher-current.svg": timePlot("A current of 0.3", 200, [
      membranes("Reset one timestep late in float", both(values, "higher"), { threshold: 1 }),
      membranes("Reset at once in float", both(values, "atOnce"), { threshold: 1 }),
    ]),
    "lower-threshold.svg": oneNeuron("A threshold of 0.5", both(values, "lower"), { threshold: 0.5 }),
    "random-spikes.svg": oneNeuron("Random spikes", both(values, "noisy"), {
      threshold: 0.5,
      input: inputOf(values["random"]),
    }),
  }),
  "3-reset.md": (values) => ({
    "reset.svg": timePlot("Reset by subtraction and to zero", 200, [
      membranes("subtract", both(values, "subtract"), { threshold: 0.5, input: inputOf(values["random"]) }),
      membranes("zero", both(values, "zero"), { threshold: 0.5 }),
    ]),
    "reset-energy.svg": resetBars(values),
  }),
  "4-current.md": (values) => {
    const spikes = (values["fired"] as readonly number[]) ?? [];
    const membrane = { name: "float", colour: colours.float, values: values["membrane"] as readonly number[] };
    const alpha: Panel = {
      title: "Membrane, float only",
      ticks: [inputOf(values["spikes"]), { name: "float", colour: colours.float, trains: [spikes] }],
      lines: [membrane],
      threshold: 0.5,
    };
    return {
      "synaptic.svg": oneNeuron("Synaptic current", both(values, "current"), {
        threshold: 1,
        chip: "loihi2",
        input: inputOf(values["every10"]),
      }),
      "alpha.svg": timePlot("Alpha", 200, [alpha]),
    };
  },
  "5-network.md": (values) => {
    const [generic, loihi2] = [both(values, "generic"), both(values, "loihi2")];
    return {
      "network.svg": timePlot("The 784-1000-10 network", 200, [
        ...network(generic, "generic-8bit"),
        ...network(loihi2, "loihi2"),
      ]),
    };
  },
};

function both(values: Values, name: string): Both {
  const found = values[name];
  if (found === undefined) throw new Error(`the page has no constant ${name}`);
  return found as Both;
}

interface Look {
  readonly threshold?: number;
  /** What the chip is called; generic-8bit when missing. */
  readonly chip?: string;
  /** The same neuron on loihi2 as well. */
  readonly second?: Both;
  readonly input?: Ticks;
}

function oneNeuron(title: string, run: Both, look: Look): string {
  const steps = layer(run.float, "lif1").membrane[0]?.length ?? 0;
  const panel = membranes("Membrane", run, look);
  return timePlot(title, steps, look.second === undefined ? [panel] : [panel, differences(panel)]);
}

/** How far each chip is from float. */
function differences({ lines }: Panel): Panel {
  const [float, ...chips] = lines;
  const away = chips.map((chip) => {
    return { ...chip, values: chip.values.map((value, step) => value - (float?.values[step] ?? 0)) };
  });
  return { title: "Membrane, chip minus float", ticks: [], lines: away, even: true };
}

/** Membrane and spikes of the first neuron of `lif1`. */
function membranes(title: string, run: Both, { threshold, chip = "generic-8bit", second, input }: Look): Panel {
  const [float, onChip] = [layer(run.float, "lif1"), layer(run.chip, "lif1")];
  const chipColour = chip === "loihi2" ? colours.second : colours.chip;
  const lines: Line[] = [
    { name: "float", colour: colours.float, values: float.membrane[0] ?? [] },
    { name: chip, colour: chipColour, values: onChip.membrane[0] ?? [] },
  ];
  if (second !== undefined) {
    lines.push({ name: "loihi2", colour: colours.second, values: layer(second.chip, "lif1").membrane[0] ?? [] });
  }
  const fires = [float, onChip].some(({ spikes }) => (spikes[0]?.length ?? 0) > 0);
  const ticks: Ticks[] = [
    ...(input === undefined ? [] : [input]),
    ...(fires ? [{ name: "float", colour: colours.float, trains: [float.spikes[0] ?? []] }] : []),
    ...(fires ? [{ name: chip, colour: chipColour, trains: [onChip.spikes[0] ?? []] }] : []),
  ];
  return { title, ticks, lines, ...(threshold === undefined ? {} : { threshold }) };
}

/** The first timesteps of a panel. */
function first(panel: Panel, steps: number): Panel {
  return { ...panel, lines: panel.lines.map((line) => ({ ...line, values: line.values.slice(0, steps) })) };
}

function network(run: Both, chip: string): Panel[] {
  const [float, onChip] = [layer(run.float, "lif2"), layer(run.chip, "lif2")];
  const busiest = float.spikes.reduce(
    (best, train, id) => (train.length > (float.spikes[best]?.length ?? 0) ? id : best),
    0,
  );
  const colour = chip === "loihi2" ? colours.second : colours.chip;
  return [
    {
      title: `Spikes of the ten output neurons: float above, ${chip} below`,
      ticks: [
        { name: "float", colour: colours.float, trains: float.spikes },
        { name: "chip", colour, trains: onChip.spikes },
      ],
      lines: [],
    },
    {
      title: `Membrane of output neuron ${busiest}`,
      ticks: [],
      lines: [
        { name: "float", colour: colours.float, values: float.membrane[busiest] ?? [] },
        { name: chip, colour, values: onChip.membrane[busiest] ?? [] },
      ],
      threshold: 1,
    },
  ];
}

interface Measured {
  readonly float: { readonly hiddenSpikes: number; readonly accuracy: number };
  readonly chip: (Measured["float"] & { readonly synopsIntoOutput: number; readonly microjoule: number }) | null;
}

function resetBars(values: Values): string {
  const runs = { subtract: "soft", zero: "hard", none: "free" } as const;
  const groups = Object.entries(runs).map(([name, constant]) => ({ name, run: values[constant] as Measured }));
  const onChip = groups.filter(({ run }) => run.chip !== null);
  const pair = (
    of: (run: Measured["float"]) => number,
  ): readonly { name: string; values: readonly (number | null)[] }[] =>
    groups.map(({ name, run }) => ({ name, values: [of(run.float), run.chip === null ? null : of(run.chip)] }));
  return barPlot(
    "Spikes and energy by reset",
    [
      { name: "float", colour: colours.float },
      { name: "generic-8bit", colour: colours.chip },
    ],
    [
      { title: "Hidden spikes", unit: "per digit", groups: pair((run) => run.hiddenSpikes) },
      {
        title: "Synops into the output",
        unit: "per digit",
        groups: onChip.map(({ name, run }) => ({ name, values: [null, run.chip?.synopsIntoOutput ?? null] })),
      },
      {
        title: "Energy proxy",
        unit: "µJ per digit",
        groups: onChip.map(({ name, run }) => ({ name, values: [null, run.chip?.microjoule ?? null] })),
      },
    ],
  );
}

function inputOf(spikes: unknown): Ticks {
  const times = (spikes as readonly (readonly number[])[]).flatMap(([spike], step) => (spike === 1 ? [step] : []));
  return { name: "input", colour: colours.faint, trains: [times] };
}

function layer(layers: Readonly<Record<string, Layer>>, name: string): Layer {
  const found = layers[name];
  if (found === undefined) throw new Error(`there is no layer ${name}`);
  return found;
}
