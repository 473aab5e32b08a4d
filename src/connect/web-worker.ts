/** What a page's worker imports as `bitspike/engine-worker`: it waits for a program and runs it. */

import { openInterpreter } from "../chip/interpreter.ts";
import type { MessageEnd } from "./protocol.ts";
import { serve } from "./serve.ts";

serve(globalThis as unknown as MessageEnd, (program) => openInterpreter(program));
