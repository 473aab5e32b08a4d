/** What a page's worker imports as `bitspike/engine-worker`: it waits for a program and runs it. */

import { engines } from "./engines.ts";
import type { MessageEnd } from "./protocol.ts";
import { serve } from "./serve.ts";

serve(globalThis as unknown as MessageEnd, engines);
