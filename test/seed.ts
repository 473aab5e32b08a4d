/** Property tests draw from one seed, so that only a change decides their outcome; BITSPIKE_SEED hunts with another. */

import * as fc from "fast-check";

const seed = Number(process.env["BITSPIKE_SEED"] ?? 20_261_122);
if (!Number.isInteger(seed))
  throw new Error(`BITSPIKE_SEED is ${process.env["BITSPIKE_SEED"]}, a whole number was expected`);

fc.configureGlobal({ seed });
