/** What the fields of a target say about each other; their form is checked before. */

import { checkEncoding, extremeNames, neuronQuantities, readDatapath, readRecipe } from "../datapath/datapath.ts";
import { readEventDatapath } from "../datapath/event-datapath.ts";
import { evaluateReal, parseReal } from "../datapath/real.ts";
import type { DatapathSpec, ParameterSpec, TypeSpec } from "../datapath/spec.ts";
import type { Definition } from "../datapath/syntax.ts";
import { BitspikeError, mistake } from "../errors.ts";
import { checkEvents } from "./event-check.ts";
import type { EventCost, RecipeSpec, Target } from "./types.ts";

/** Every mistake; places name a field, and where in its text. */
export function checkTarget(target: Target): BitspikeError[] {
  const issues = [
    ...Object.entries(target.datapaths).flatMap(([name, spec]) => checkDatapath(`datapaths.${name}`, spec, target)),
    ...Object.entries(target.settings).flatMap(([name, spec]) => checkSetting(`settings.${name}`, spec)),
    ...checkWeights(target),
    ...checkEvents(target),
    ...checkDelays(target),
    ...checkCounts(target),
    ...checkKinds(target),
    ...checkConstants(target),
    ...checkSystems(target),
    ...checkCosts(target),
    ...Object.entries(target.recipes).flatMap(([name, recipe]) => checkRecipe(name, recipe, target)),
  ];
  // What concerns weights is looked at once per datapath.
  return [...new Map(issues.map((issue) => [JSON.stringify([issue.message, issue.place]), issue])).values()];
}

/** Mistakes inside the equations alone. */
export function checkEquations(
  { datapaths, settings }: Pick<Target, "datapaths" | "settings">,
  onEvents: boolean,
): BitspikeError[] {
  const read = onEvents ? readEventDatapath : readDatapath;
  return Object.entries(datapaths).flatMap(([name, spec]) => {
    return below(`datapaths.${name}`, read(spec, settings).issues);
  });
}

function wrong(field: string, reason: string): BitspikeError {
  return mistake("TARGET_FIELD", { field, reason }, { field });
}

/** The same issues with more of their field known. */
function below(prefix: string, issues: readonly BitspikeError[]): BitspikeError[] {
  return issues.map((issue) => {
    const { field } = issue.place;
    const place = { ...issue.place, field: field === undefined ? prefix : `${prefix}.${field}` };
    return new BitspikeError(issue.code, issue, place, { issues: issue.issues });
  });
}

function checkDatapath(field: string, spec: DatapathSpec, target: Target): BitspikeError[] {
  const read = target.events === null ? readDatapath : readEventDatapath;
  const issues = below(field, read(spec, target.settings).issues);
  const registers = Object.entries(spec.state).map(([name, own]) => ({ name, own, at: `${field}.state.${name}` }));
  for (const { name, own, at } of registers) {
    issues.push(...checkType(at, own, Number.MAX_SAFE_INTEGER), ...checkWidth(at, own, target, 53));
    if (issues.length > 0 || own.encodes === undefined) continue;
    issues.push(...checkLinear(`${at}.encodes`, own.encodes, [name, "scale"], []));
  }
  for (const group of ["parameters", "projection"] as const) {
    for (const [name, own] of Object.entries(spec[group])) {
      issues.push(
        ...checkParameter(`${field}.${group}.${name}`, own),
        ...checkWidth(`${field}.${group}.${name}`, own, target, 32),
        ...checkChosen(`${field}.${group}.${name}`, own),
      );
    }
  }
  return [
    ...issues,
    ...checkActive(field, spec, target),
    ...checkExponents(field, spec, target),
    ...checkDecays(field, spec, target.settings),
  ];
}

/** What tells active neurons apart has to be worked out in every timestep. */
function checkActive(field: string, spec: DatapathSpec, target: Target): BitspikeError[] {
  const { active } = spec;
  if (active === undefined || target.events !== null) return [];
  const { datapath } = readDatapath(spec, target.settings);
  const isThere = datapath === null || datapath.onTimestep.some(({ name }) => name === active);
  return isThere ? [] : [wrong(`${field}.active`, `on timestep does not work out ${active}`)];
}

/** What decays keep, and what a current makes of a weight. */
function checkDecays(
  field: string,
  { parameters, charge }: DatapathSpec,
  settings: Target["settings"],
): BitspikeError[] {
  const usual = Object.fromEntries(Object.entries(settings).map(([name, one]) => [name, one.default ?? one.low]));
  const issues: BitspikeError[] = [];
  const decoded: string[] = [];
  for (const [name, { encodes, decodes, low, high }] of Object.entries(parameters)) {
    if (decodes === undefined) continue;
    const at = `${field}.parameters.${name}.decodes`;
    const found = checkEncoding(decodes, [name, ...Object.keys(settings)], at);
    issues.push(...found);
    const quantities = ["alpha", "beta"].filter((quantity) => mentioned([encodes], quantity));
    decoded.push(...quantities);
    if (quantities.length !== 1) issues.push(wrong(at, "encodes has to name one of alpha and beta"));
    else if (found.length === 0 && ![low, high].every((end) => isShare(decodes, { ...usual, [name]: end }))) {
      issues.push(wrong(at, `it has to lie in 0 to 1 for ${low} and ${high}`));
    }
  }
  if (charge === undefined) return issues;
  const found = checkEncoding(charge, ["alpha"], `${field}.charge`);
  if (found.length > 0) return [...issues, ...found];
  if (!decoded.includes("alpha")) issues.push(wrong(`${field}.charge`, "no parameter decodes alpha"));
  const sums = [0.1, 0.5, 0.9].map((alpha) => evaluateReal(parseReal(charge), { alpha }));
  if (!sums.every((sum) => sum > 0 && Number.isFinite(sum)))
    issues.push(wrong(`${field}.charge`, "it has to be positive"));
  return issues;
}

function isShare(text: string, values: Record<string, number>): boolean {
  const share = evaluateReal(parseReal(text), values);
  return share >= 0 && share <= 1;
}

/** Integers that the host loads are 32 bits wide; registers may have all that a double holds. */
const largestLoaded = 2 ** 31;

function checkType(field: string, { low, high }: TypeSpec, largest: number = largestLoaded): BitspikeError[] {
  if (low > high) return [mistake("TARGET_RANGE", { low, high }, { field })];
  if (low >= -largest && high <= largest - 1) return [];
  return [wrong(field, `the range ${low}..${high} leaves ${-largest}..${largest - 1}`)];
}

/** A width that a setting gives: the setting has to be there, and none of its values too wide. */
function checkWidth(field: string, type: ParameterSpec, target: Target, widest: number): BitspikeError[] {
  const { width, low, documented } = type;
  const issues = documented === undefined ? [] : checkWidth(`${field}.documented`, documented, target, widest);
  if (width === undefined) return issues;
  const setting = Object.hasOwn(target.settings, width) ? target.settings[width] : undefined;
  const most = low < 0 ? widest : widest - 1;
  if (setting === undefined) issues.push(wrong(field, `its width is the setting ${width}, which does not exist`));
  else if (setting.low < 1 || setting.high > most) {
    const range = `${setting.low}..${setting.high}`;
    issues.push(wrong(field, `its width is the setting ${width} of ${range}; it has to be 1..${most}`));
  }
  return issues;
}

function checkParameter(field: string, spec: ParameterSpec): BitspikeError[] {
  const issues = checkType(field, spec);
  const { low, high, documented, default: usual } = spec;
  if (usual !== undefined && (usual < low || usual > high)) {
    issues.push(wrong(`${field}.default`, `${usual} lies outside ${low}..${high}`));
  }
  if (documented === undefined) return issues;
  issues.push(...checkType(`${field}.documented`, documented));
  if (documented.low < low || documented.high > high) {
    const range = `${documented.low}..${documented.high}`;
    issues.push(wrong(`${field}.documented`, `${range} is not inside of the type, ${low}..${high}`));
  }
  return issues;
}

function checkSetting(field: string, spec: ParameterSpec): BitspikeError[] {
  return [...checkParameter(field, spec), ...checkFixed(field, spec)];
}

/** What a setting and a weight may be does not depend on settings. */
function checkFixed(field: string, { width }: TypeSpec): BitspikeError[] {
  return width === undefined
    ? []
    : [wrong(`${field}.type`, "only the datapath's types take their width from a setting")];
}

const signWords = ["mixed", "excitatory", "inhibitory"];

function checkChosen(field: string, { chosen, words, low, high }: ParameterSpec): BitspikeError[] {
  if (chosen === "signs" && !signWords.every((word) => words?.includes(word) === true)) {
    return [wrong(`${field}.chosen`, `signs needs values with the words ${signWords.join(", ")}`)];
  }
  if (chosen === "graded" && (low > 0 || high < 1)) {
    return [wrong(`${field}.chosen`, "graded is 0 or 1, which the type has to hold")];
  }
  return [];
}

/** An exponent is chosen so that what depends on it fits: something has to. */
function checkExponents(field: string, spec: DatapathSpec, target: Target): BitspikeError[] {
  const issues: BitspikeError[] = [];
  const own = Object.values(spec.parameters).map(({ encodes }) => encodes);
  const groups = { parameters: own, projection: [target.weights.encodes] };
  for (const [group, texts] of Object.entries(groups)) {
    for (const [name, { chosen }] of Object.entries(spec[group as keyof typeof groups])) {
      if (chosen !== "exponent" || mentioned(texts, name)) continue;
      const where = group === "projection" ? "weights.encodes does not mention it" : "no other encodes mentions it";
      issues.push(wrong(`${field}.${group}.${name}.chosen`, `an exponent cannot be chosen where ${where}`));
    }
  }
  const several = Object.entries(spec.projection).filter(([, { chosen }]) => chosen === "exponent");
  if (several.length > 1) issues.push(wrong(`${field}.projection`, "only one exponent can be chosen"));
  return issues;
}

/** Whether an expression names something; texts that do not parse are told elsewhere. */
function mentioned(texts: readonly (string | undefined)[], name: string): boolean {
  return texts.some((text) => {
    const words: readonly string[] = text?.match(/[A-Za-z_]\w*/g) ?? [];
    return words.includes(name);
  });
}

function checkWeights(target: Target): BitspikeError[] {
  const { weights, datapaths } = target;
  const issues = [...checkType("weights.type", weights), ...checkFixed("weights", weights)];
  for (const spec of Object.values(datapaths)) {
    const constants = Object.keys(spec.projection);
    const text = weights.encodes ?? "";
    const found = checkEncoding(text, ["weight", "scale", ...constants], "weights.encodes");
    issues.push(...(found.length > 0 ? found : checkLinear("weights.encodes", text, ["weight", "scale"], constants)));
    issues.push(...checkStep(target, spec));
    if (weights.stored === undefined) continue;
    const stored = checkEncoding(weights.stored, ["weight", ...constants], "weights.stored");
    issues.push(...(stored.length > 0 ? stored : checkLinear("weights.stored", weights.stored, ["weight"], constants)));
  }
  return issues;
}

function checkStep({ weights, settings }: Target, spec: DatapathSpec): BitspikeError[] {
  const known = stepNames(spec, settings);
  return weights.step === undefined ? [] : checkEncoding(weights.step, known, "weights.step", "integer");
}

/** Names that the distance between weights may depend on. */
function stepNames(spec: DatapathSpec, settings: Target["settings"] = {}): string[] {
  const words = [spec.parameters, spec.projection, settings].flatMap((group) => {
    return Object.values(group).flatMap((parameter) => parameter.words ?? []);
  });
  return [...Object.keys(spec.projection), ...words];
}

/**
 * The compiler works with what one unit gives, so an encoding has to be a multiple of each of `quantities`. Tried out
 * at a few values; `others` are constants whose value does not matter.
 */
function checkLinear(
  field: string,
  text: string,
  quantities: readonly string[],
  others: readonly string[],
  definitions: readonly Definition[] = [],
): BitspikeError[] {
  const expression = parseReal(text, definitions);
  const at = (values: Record<string, number>): number => {
    const rest = Object.fromEntries([...others, ...quantities].map((name) => [name, 1]));
    return evaluateReal(expression, { ...rest, ...values });
  };
  const one = at({});
  const linear = quantities.every((name) => [0, 0.3, -2, 1e6].every((x) => isClose(at({ [name]: x }), x * one)));
  if (linear && one > 0 && Number.isFinite(one)) return [];
  return [wrong(field, `it has to be a positive multiple of ${quantities.join(" and of ")}`)];
}

/** Rounding to float32 is no departure from a multiple. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(Math.abs(a), Math.abs(b));
}

/** Longer delays than any chip has would only fill memory. */
const longestDelay = 65_535;

function checkDelays({ delivery }: Target): BitspikeError[] {
  const [low, high] = delivery.delays;
  const field = "delivery.delays";
  if (low > high) return [mistake("TARGET_RANGE", { low, high }, { field })];
  return high > longestDelay ? [wrong(field, `a delay is at most ${longestDelay} timesteps`)] : [];
}

/** Only binary spikes come in counts that can be cut; a payload has its bits. */
function checkCounts({ delivery }: Target): BitspikeError[] {
  if (delivery.atMost === undefined || delivery.payloadBits === 0) return [];
  return [wrong("delivery.at-most", "it counts binary spikes, and here events carry numbers (payload-bits)")];
}

/** Limits are those of datapaths that there are; axons are counted per population. */
function checkKinds({ core, datapaths }: Target): BitspikeError[] {
  const strangers = Object.keys(core.kinds ?? {}).filter((kind) => !Object.hasOwn(datapaths, kind));
  const issues = strangers.map((kind) => wrong(`core.kinds.${kind}`, "there is no datapath of that name"));
  const counted = core.axons !== undefined || core.destinations !== undefined;
  if (core.shared !== true || !counted) return issues;
  return [...issues, wrong("core.shared", "axons are counted for cores with one population each")];
}

/** What neurons of a core share are parameters of theirs, or constants of projections. */
function checkConstants({ core, datapaths }: Target): BitspikeError[] {
  const known = new Set(
    Object.values(datapaths).flatMap(({ parameters, projection }) => Object.keys({ ...parameters, ...projection })),
  );
  return Object.entries(core.constants ?? {}).flatMap(([name, { of }]) => {
    return of.flatMap((parameter, i) => {
      if (known.has(parameter)) return [];
      return wrong(`core.constants.${name}.of.${i}`, `no datapath has a parameter or constant ${parameter}`);
    });
  });
}

/** Larger systems come later, and a mesh that goes on from chip to chip has a core everywhere. */
function checkSystems({ chip, noc }: Target): BitspikeError[] {
  const { systems = [], cores } = chip;
  const issues = systems.flatMap(({ chips }, i) => {
    const rising = chips.value > (systems[i - 1]?.chips.value ?? 1);
    return rising
      ? []
      : [wrong(`chip.systems.${i}.chips`, "systems join two chips or more, each more than the one before")];
  });
  if (noc === undefined) return issues;
  const places = noc.width.value * noc.height.value * noc.coresPerTile.value;
  if (systems.length > 0 && cores.value < places)
    issues.push(wrong("noc", `chips are joined whose tiles have ${places} cores, and they have ${cores.value}`));
  return issues;
}

function checkCosts({ energy, noc, chip }: Target): BitspikeError[] {
  const { synopByForm, hop, ...events } = energy ?? {};
  const costs = Object.entries({ ...events, ...synopByForm, ...hop }).filter((entry): entry is [string, EventCost] => {
    return typeof entry[1] === "object" && "typical" in entry[1];
  });
  const issues = costs.flatMap(([name, cost]) => {
    const rising = cost.low <= cost.typical && cost.typical <= cost.high;
    return rising ? [] : [wrong(`energy.${fieldOf(name)}`, "low, typical and high have to rise")];
  });
  const places = noc === undefined ? Infinity : noc.width.value * noc.height.value * noc.coresPerTile.value;
  if (chip.cores.value > places)
    issues.push(wrong("noc", `its tiles have ${places} cores, the chip ${chip.cores.value}`));
  return issues;
}

/** A field as a target's file writes it. */
function fieldOf(name: string): string {
  if (["dense", "sparse", "conv2d"].includes(name)) return `synop-by-form.${name}`;
  if (["east", "west", "north", "south"].includes(name)) return `hop.${name}`;
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function checkRecipe(name: string, recipe: RecipeSpec, target: Target): BitspikeError[] {
  const field = `recipes.${name}`;
  const issues = below(field, readRecipe(recipe).issues);
  if (recipe.scale !== undefined && recipe.population !== undefined) {
    issues.push(wrong(`${field}.scale`, "a scale and on population exclude each other"));
  }
  if (issues.length > 0) return issues;
  const checker = new RecipeChecker(name, recipe, target);
  return Object.keys(recipe.parameters).flatMap((parameter) => checker.parameter(parameter));
}

/** What the rules of a recipe may name, and whether they fit the target. */
class RecipeChecker {
  private readonly name: string;
  private readonly recipe: RecipeSpec;
  private readonly specs: readonly DatapathSpec[];
  private readonly definitions: readonly Definition[];
  /** What `on population` works out. */
  private readonly numbers: readonly string[];

  constructor(name: string, recipe: RecipeSpec, target: Target) {
    const { definitions, lines } = readRecipe(recipe);
    this.name = name;
    this.recipe = recipe;
    this.specs = Object.values(target.datapaths);
    this.definitions = definitions;
    this.numbers = lines.map((line) => line.name).filter((own) => own !== "scale");
  }

  parameter(parameter: string): BitspikeError[] {
    const { name: recipe, specs } = this;
    const value = this.recipe.parameters[parameter]!;
    const field = `recipes.${recipe}.parameters.${parameter}`;
    if (parameter === "weight") return this.weight(field, value);
    if (typeof value === "object" && value.step !== undefined) return [wrong(field, "only weights have a step")];
    const constants = specs.flatMap((spec) => spec.projection[parameter] ?? []);
    const registers = specs.flatMap((spec) => spec.state[parameter] ?? []);
    const ranges = [...specs.flatMap((spec) => spec.parameters[parameter] ?? []), ...constants, ...registers];
    if (ranges.length === 0) return [mistake("TARGET_RECIPE", { recipe, parameter }, { field })];
    if (typeof value === "number") {
      const misfit = ranges.find(({ low, high }) => value < low || value > high);
      return misfit === undefined ? [] : [wrong(field, `${value} lies outside ${misfit.low}..${misfit.high}`)];
    }
    const known =
      registers.length > 0
        ? [parameter, "scale"]
        : constants.length > 0
          ? extremeNames(["weight"])
          : [...neuronQuantities, ...exponentsOf(specs)];
    return this.expression(value.encodes, known, `${field}.encodes`);
  }

  private expression(text: string, known: readonly string[], field: string): BitspikeError[] {
    return checkEncoding(text, [...known, ...this.numbers], field, "real", this.definitions);
  }

  private weight(field: string, value: RecipeSpec["parameters"][string]): BitspikeError[] {
    if (typeof value === "number") return [wrong(field, "weights need an expression")];
    const inside = `${field}.encodes`;
    // With a scale of its own a recipe may leave `scale` out.
    const fixed = this.recipe.scale !== undefined || this.recipe.population !== undefined;
    return this.specs.flatMap((spec) => {
      const constants = Object.keys(spec.projection);
      const found = this.expression(
        value.encodes,
        ["weight", "scale", ...constants, ...extremeNames(["weight"])],
        inside,
      );
      if (found.length > 0) return found;
      const step =
        value.step === undefined ? [] : checkEncoding(value.step, stepNames(spec), `${field}.step`, "integer");
      if (this.numbers.length > 0) return step;
      const quantities = fixed ? ["weight"] : ["weight", "scale"];
      const others = [...(fixed ? ["scale"] : []), ...constants, ...extremeNames(["weight"])];
      return [...step, ...checkLinear(inside, value.encodes, quantities, others, this.definitions)];
    });
  }
}

function exponentsOf(specs: readonly DatapathSpec[]): string[] {
  return specs.flatMap((spec) => {
    return Object.entries(spec.parameters).flatMap(([name, { chosen }]) => (chosen === "exponent" ? [name] : []));
  });
}
