/** What a careful programmer would write in JavaScript for some datapaths, with the registers of a population. */

/** Arrays [neurons] by name, `input` among them, which is set to 0; gives how many fired. */
export type ByHand = (arrays: ReadonlyMap<string, Int32Array>, fired: Uint32Array) => number;

const limit = 8_388_607;

/** By target and datapath; parameters are numbers. */
export const byHand: Readonly<Record<string, (parameters: Readonly<Record<string, number>>) => ByHand>> = {
  "loihi2 lif": (parameters) => {
    const keptCurrent = 4095 - (parameters["current_decay"] ?? 0);
    const keptMembrane = 4096 - (parameters["membrane_decay"] ?? 0);
    const threshold = (parameters["threshold"] ?? 0) << 6;
    const exponent = parameters["bias_exp"] ?? 0;
    const bias = ((parameters["bias_mant"] ?? 0) << Math.max(exponent, 0)) >> Math.max(-exponent, 0);
    return (arrays, fired) => {
      const [input, current, membrane] = [arrays.get("input")!, arrays.get("current")!, arrays.get("membrane")!];
      let count = 0;
      for (let i = 0; i < input.length; i++) {
        let c = (Math.trunc((current[i]! * keptCurrent) / 4096) + (input[i]! << 6)) | 0;
        if (c > limit + 1) c -= 16_777_216;
        else if (c <= -limit - 1) c += 16_777_216;
        let v = (Math.trunc((membrane[i]! * keptMembrane) / 4096) + c + bias) | 0;
        if (v > limit) v = limit;
        else if (v < -limit) v = -limit;
        if (v > threshold) {
          fired[count++] = i;
          v = 0;
        }
        current[i] = c;
        membrane[i] = v;
        input[i] = 0;
      }
      return count;
    };
  },
  "generic-8bit lif": (parameters) => {
    const [beta, threshold, bias] = [parameters["beta"] ?? 0, parameters["threshold"] ?? 0, parameters["bias"] ?? 0];
    const subtract = parameters["subtract"] ?? 0;
    return (arrays, fired) => {
      const [input, membrane] = [arrays.get("input")!, arrays.get("membrane")!];
      let count = 0;
      for (let i = 0; i < input.length; i++) {
        let v = ((membrane[i]! * beta) >> 8) + input[i]! + bias;
        if (v > 32_767) v = 32_767;
        else if (v < -32_768) v = -32_768;
        if (v > threshold) {
          fired[count++] = i;
          v = subtract === 0 ? 0 : v - threshold;
        }
        membrane[i] = v;
        input[i] = 0;
      }
      return count;
    };
  },
};
