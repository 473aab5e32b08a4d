import { describe, expect, it } from "vitest";
import { BitspikeError, mistake } from "../../src/errors.ts";
import { explain } from "../../src/cli/mistakes.ts";
import { bitspike, images, model, scratch } from "./support.ts";

const commands = ["validate", "run", "measure", "compile", "inspect", "targets", "doctor"];
const validate = ["validate", model, "--target", "loihi2", "--input", images];

describe("help", () => {
  it("lists every command and the exit codes, also when nothing is asked for", async () => {
    const asked = await bitspike(["--help"]);
    for (const command of commands) expect(asked.out).toContain(`  ${command} `);
    expect(asked.out).toContain("Exit codes: 0 fine");
    expect(await bitspike([])).toEqual(asked);
    expect(await bitspike(["help"])).toEqual(asked);
  });

  it.each(commands)("of %s has its arguments, defaults and examples", async (command) => {
    const { exitCode, out, err } = await bitspike([command, "--help"]);
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toContain(`Usage: bitspike ${command}`);
    expect(out).toContain("--json <file>");
    expect(out).toContain(`Examples:\n  $ bitspike ${command}`);
    expect(await bitspike(["help", command])).toEqual({ exitCode, out, err });
  });
});

describe("a command line that cannot be understood", () => {
  it.each([
    [["valdate", "x"], "unknown command 'valdate' (Did you mean validate?)"],
    [["valdate", "--help"], "unknown command 'valdate' (Did you mean validate?)"],
    [["help", "nonsense"], "unknown command 'nonsense'"],
    [["--nonsense"], "unknown option '--nonsense'"],
    [["validate", "--tarjet", "x"], "unknown option '--tarjet' (Did you mean --target?)"],
    [["validate"], "missing required argument 'model'"],
    [["validate", model], "option '--target' is required"],
    [["validate", model, "--target", "loihi2"], "option '--input' is required"],
    [["run", model], "option '--input' is required"],
    [["compile", model], "option '--target' is required"],
    [["inspect"], "missing required argument 'file'"],
    [["targets", "a", "b"], "too many arguments"],
    [["doctor", "--json"], "argument missing"],
    [[...validate, "--steps", "abc"], "It must be a whole number, 1 to 10000000."],
    [[...validate, "--steps", "-1"], "argument '-1' is invalid"],
    [[...validate, "--threads", "0"], "It must be a whole number, 1 to 1024."],
    [[...validate, "--dt", "0"], "It must be a number above 0."],
    [[...validate, "--scale", "0"], "It must be a number other than 0."],
    [[...validate, "--seed", "-1"], "It must be a whole number, 0 or more."],
    [[...validate, "--samples", "9:3"], "A below B"],
    [[...validate, "--set", "readout"], "It must be name=value."],
    [[...validate, "--min-predictions", "97"], "It must be a number from 0 to 1."],
    [[...validate, "--encode", "spike"], "constant, rate, latency, delta, spikes"],
    [[...validate, "--method", "rk4"], "euler, exact"],
    [[...validate, "--split", "layer"], "sample, core"],
    [["run", model, "--input", images, "--probe", "1"], "population:register"],
    [["compile", model, "-t", "speck", "--approximate", "leak,leek"], "current, leak, bias"],
  ])("%s is answered in one line with exit code 2", async (args, words) => {
    const { exitCode, out, err } = await bitspike(args);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain(words);
    expect(err).toMatch(/^error USAGE: .*$/);
  });
});

describe("a mistake", () => {
  it.each([
    ["a model that is not there", ["validate", "nothing.nir", "-t", "loihi2", "-i", images], "FILE_NOT_FOUND"],
    ["data that are not there", ["validate", model, "-t", "loihi2", "-i", "nothing.npy"], "FILE_NOT_FOUND"],
    ["labels that are not there", [...validate, "-n", "5", "-l", "nothing.npy"], "FILE_NOT_FOUND"],
    ["a target that is not there", ["validate", model, "-t", "lohi2", "-i", images], "TARGET_UNKNOWN"],
    ["data instead of a model", ["validate", images, "-t", "loihi2", "-i", images], "FILE_KIND"],
    ["a model instead of data", ["validate", model, "-t", "loihi2", "-i", model], "NPY_SIGNATURE"],
    ["no number of timesteps", validate, "DATA_STEPS"],
    ["too many samples", [...validate, "-n", "5", "--samples", "201"], "DATA_SAMPLES"],
    ["images as labels", [...validate, "-n", "5", "-l", images], "LABELS_SHAPE"],
    [
      "real values on a chip of events",
      ["validate", model, "-t", "generic-8bit", "-i", images, "-n", "5"],
      "COMPILE_GRADED",
    ],
    ["an unknown recipe", [...validate, "-n", "5", "--recipe", "none"], "COMPILE_RECIPE"],
    [
      "a calibration beside a recipe",
      [...validate, "-n", "5", "--recipe", "nir-paper", "--calibrate", images],
      "COMPILE_CALIBRATION",
    ],
    [
      "data for a calibration that are not there",
      [...validate, "-n", "5", "--calibrate", "nothing.npy"],
      "FILE_NOT_FOUND",
    ],
    [
      "a calibration without a number of timesteps",
      ["compile", model, "-t", "loihi2", "--calibrate", images],
      "DATA_STEPS",
    ],
    ["an unknown setting", [...validate, "-n", "5", "--set", "gain=1"], "COMPILE_SETTING"],
    ["an output folder that is a file", [...validate, "-n", "5", "-o", model], "FILE_UNWRITABLE"],
    ["a JSON file nowhere", [...validate, "-n", "5", "--json", scratch("no/x.json")], "FILE_UNWRITABLE"],
    ["a program's folder nowhere", ["compile", model, "-t", "loihi2", "-o", scratch("no/x")], "FILE_UNWRITABLE"],
    ["a model to run without a chip", ["run", model, "-i", images, "-n", "5"], "RUN_TARGET"],
    ["an unknown register", ["run", model, "-t", "loihi2", "-i", images, "-n", "5", "--probe", "1:x"], "RUN_PROBE"],
    ["a folder to inspect", ["inspect", scratch(".")], "FILE_UNREADABLE"],
  ])("such as %s has a code, a place, a hint and exit code 2", async (_, args, code) => {
    const out = args.includes("-o") || args[0] === "inspect" ? [] : ["-o", scratch("out")];
    const outcome = await bitspike([...args, ...out]);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.err).toMatch(new RegExp(`^error ${code}: .+\\.$`, "m"));
    expect(outcome.err).toMatch(/^ {2}hint: .+\.$/m);
    expect(outcome.err).not.toMatch(/\n\s+at \w+ \(/);
  });

  it("of several kinds at once is told in full", () => {
    const issues = [
      mistake("DATA_EMPTY", { shape: "[0]" }, { file: "a.npy" }),
      mistake(
        "FILE_NOT_FOUND",
        { path: "b" },
        { file: "x.yaml", line: 3, column: 5, field: "core.neurons", node: "lif" },
      ),
    ];
    const { text, exitCode } = explain(new BitspikeError("DATA_EMPTY", { message: "Two.", hint: "" }, {}, { issues }));
    expect(exitCode).toBe(2);
    expect(text.match(/^error /gm)).toHaveLength(2);
    expect(text).toContain("  at x.yaml:3:5, core.neurons, node lif\n");
  });
});

describe("our own bug", () => {
  it("is called one, with its stack and exit code 3", () => {
    const { text, exitCode } = explain(new TypeError("x is undefined", { cause: new Error("below") }));
    expect(exitCode).toBe(3);
    expect(text).toMatch(/^This is a bug in bitspike/);
    expect(text).toContain("TypeError: x is undefined\n    at ");
    expect(text).toContain("caused by: Error: below");
    expect(explain("thrown text").exitCode).toBe(3);
  });
});
