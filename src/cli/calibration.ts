/** The float run that `--calibrate` asks for. */

import { calibrate, type Calibration } from "../compile/calibration.ts";
import { prepareInputs } from "../encoding/prepare.ts";
import { readArrays } from "../files.ts";
import { discretize } from "../network/discretize.ts";
import type { Network } from "../network/types.ts";
import { inputsOf, type Engines } from "../validate.ts";
import { timeOf, type InputFlags, type TargetFlags, type TimeFlags } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Run the network in float on the data that are named, read and encoded as the other data of the command.
 *
 * @throws mistakes of data; RUN_INTERRUPTED
 */
export async function calibrationOf(
  network: Network,
  flags: Pick<TargetFlags, "calibrate"> & TimeFlags & Pick<InputFlags, "steps" | "encode" | "scale" | "seed">,
  engines: Pick<Engines, "openReference">,
  { signal }: Pick<Terminal, "signal">,
): Promise<Calibration | undefined> {
  const { calibrate: dataName, steps, encode, scale, seed } = flags;
  if (dataName === undefined) return undefined;
  const data = await readArrays(dataName);
  const { stimuli } = prepareInputs(inputsOf(network), data, { dataName, steps, encode, scale, seed });
  const reference = await engines.openReference(discretize(network, timeOf(flags)).network);
  try {
    return await calibrate(reference, stimuli, dataName, signal);
  } finally {
    await reference.close();
  }
}
