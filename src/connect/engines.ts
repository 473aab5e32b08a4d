/** The engines that a worker can have. */

import { openInterpreter } from "../chip/interpreter.ts";
import { openKernels } from "../kernels/engine.ts";
import type { Openers } from "./serve.ts";

export const engines: Openers = {
  kernels: openKernels,
  interpreter: (program) => openInterpreter(program),
};
