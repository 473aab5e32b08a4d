/** The ladder in `report.json`. */

import { z } from "zod";
import type { Ladder } from "../equivalence/explanation.ts";

const share = z.number().min(0).max(1);
const count = z.number().int().min(0);
const text = z.string();
const rung = z
  .enum(["framework", "chip order", "chip parameters", "chip"])
  .describe(
    "framework: the float network; chip order: the chip's equations in real numbers with parameters before rounding; chip parameters: the same with the program's integers; chip: its integer arithmetic.",
  );
const agreementFields = {
  both: count.describe("Spikes that both rungs have."),
  either: count.describe("Spikes that at least one has."),
  differing: count.describe("either - both."),
  share: share.describe("both / either; 1 when neither has a spike."),
};
const place = {
  sample: count.describe("Sample."),
  step: count.describe("The model's timestep."),
  population: text.describe("Population."),
  neuron: count.describe("Neuron in the population."),
};

function difference(what: string) {
  return z
    .strictObject({ spikes: z.number().describe("Spikes."), predictions: z.number().describe("Samples whose class.") })
    .describe(what);
}

function differenceOrNone(what: string) {
  return difference(what).nullable().describe(what);
}

const quantization = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("weights").describe("All weights."),
      where: text.describe("Of this projection."),
    }),
    z.strictObject({
      kind: z.literal("parameter").describe("One integer parameter."),
      where: text.describe("Of this population."),
      name: text.describe("As the target calls it."),
    }),
    z.strictObject({
      kind: z.literal("initial").describe("What a register begins with."),
      where: text.describe("In this population."),
      name: text.describe("The register."),
    }),
    z.strictObject({
      kind: z.literal("payloads").describe("Values as payloads."),
      where: text.describe("Of this input."),
    }),
    z.strictObject({
      kind: z.literal("arithmetic").describe("Operations of one line of the equations."),
      where: text.describe("Of this population."),
      block: z.enum(["on spike", "on total", "on timestep"]).describe("Which block of the target."),
      line: count.describe("Line of the block, counted from 0."),
      name: text.describe("What the line assigns."),
      loss: z.enum(["rounding", "wrap", "saturate"]).describe("What is lost."),
    }),
  ])
  .describe("What is rounded or cut.");

const cause = z.strictObject({
  quantization,
  part: z.enum(["parameters", "arithmetic"]).describe("In which step of the ladder it is made."),
  text: text.describe("In words."),
  undone: differenceOrNone(
    "How many fewer differ when it alone is undone and everything else stays as on the chip; negative: more; null where the network does not run so.",
  ),
  alone: differenceOrNone(
    "How many differ when it alone is made and everything else is real; null where the network does not run so.",
  ),
  first: z.boolean().describe("Whether the first spike that differs agrees once it is undone."),
});

const first = z
  .strictObject({
    ...place,
    reference: z.boolean().describe("Whether the float network fires there."),
    emulator: z.boolean().describe("Whether the chip fires there."),
    fires: z
      .tuple([z.boolean(), z.boolean(), z.boolean(), z.boolean()])
      .describe("Whether the neuron fires there, on each rung from the framework down."),
    condition: text.describe("When it fires, as the target writes it."),
    steps: z.array(count).describe("Timesteps of `values`, the last one that of the divergence."),
    values: z
      .array(
        z.strictObject({
          name: text.describe("A register after the timestep, or a name of the equations."),
          order: z.array(z.number()).describe("[steps] on the rung chip order, in LSBs."),
          chip: z.array(z.number()).describe("[steps] on the chip, in LSBs."),
        }),
      )
      .describe("What the neuron's equations hold before and at the divergence."),
  })
  .nullable()
  .describe("The first spike of these samples that one of float network and chip has and the other has not.");

const explanation = z
  .strictObject({
    samples: z.array(count).describe("Samples on which quantizations were undone."),
    framework: difference("What differs between the float network and the chip."),
    semantics: difference("What differs before anything is rounded: between the framework and the chip's equations."),
    quantization: difference("What differs between the chip's equations in real numbers and the chip."),
    parameters: differenceOrNone(
      "What comes back with all parameters before rounding, and the arithmetic the chip's; null where the network does not run so.",
    ),
    arithmetic: difference(
      "What comes back with nothing rounded or cut in any timestep, and the parameters the chip's.",
    ),
    causes: z.array(cause).describe("Every quantization that changes a number, the one that weighs most first."),
    first,
  })
  .nullable()
  .describe("What comes back when quantizations are undone one at a time; null where nothing differs.");

/** Schema of the field `ladder`. */
export const ladder: z.ZodType<Ladder | null> = z
  .strictObject({
    samples: count.describe("How many samples all rungs ran on, from the first on."),
    rungs: z
      .array(
        z.strictObject({
          name: rung,
          accuracy: share.nullable().describe("Share of right classes; null without labels."),
          predictions: z.array(count).describe("[samples] chosen class."),
          spikes: count.describe("Spikes of all layers."),
        }),
      )
      .describe(
        "From the float network down to the chip; those between are missing where a target has no real reading.",
      ),
    steps: z
      .array(
        z.strictObject({
          from: rung,
          to: rung,
          cost: z
            .enum(["semantics", "parameters", "arithmetic"])
            .describe(
              "What the step adds: order and meaning, rounded parameters, rounding and overflow in each timestep.",
            ),
          spikes: z.strictObject(agreementFields).describe("Of all layers."),
          predictions: count.describe("Samples whose class differs."),
          populations: z
            .array(
              z.strictObject({
                name: text.describe("The population."),
                ...agreementFields,
                membrane: z
                  .number()
                  .nullable()
                  .describe(
                    "Mean difference of membranes after a timestep, in distances from rest to threshold, over the samples of the explanation; null where there is none.",
                  ),
              }),
            )
            .describe("By population."),
          divergence: z
            .strictObject({
              ...place,
              reference: z.boolean().describe("Whether the upper rung fires there."),
              emulator: z.boolean().describe("Whether the lower rung fires there."),
            })
            .nullable()
            .describe("First spike that one of the two has; null: none."),
        }),
      )
      .describe("From each rung to the next."),
    explanation,
    reason: text.describe("Why they differ, in one sentence."),
    missing: z
      .strictObject({ code: text.describe("Permanent code."), message: text.describe("Why.") })
      .nullable()
      .describe("Why there are no rungs between framework and chip; null: there are."),
  })
  .nullable()
  .describe(
    "From the float network to the chip in four rungs, and what the difference comes from; null where nobody asked (--explain).",
  );
