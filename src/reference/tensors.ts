/** Who owns which tensor: TensorFlow.js frees nothing by itself. */

import * as tf from "@tensorflow/tfjs-core";

/** Everything in it that is a tensor is kept; the rest is left alone. */
export type Made = tf.Tensor | null | readonly Made[] | { readonly [name: string]: Made };

/** Owner of the tensors of one model or one run. */
export class Tensors {
  private readonly owned = new Set<tf.Tensor>();

  /** Run `make`, keep the tensors in its result and free all others that it made. */
  keep<T extends Made>(make: () => T): T {
    let made: T | undefined;
    const tensors = tf.tidy(() => {
      made = make();
      return tensorsIn(made);
    });
    for (const tensor of tensors) this.owned.add(tensor);
    return made!;
  }

  /** Free tensors of this owner; those of others and those freed already are left alone. */
  free(tensors: Iterable<tf.Tensor>): void {
    for (const tensor of tensors) {
      if (this.owned.delete(tensor)) tensor.dispose();
    }
  }

  /** Free all that is left. */
  close(): void {
    this.free([...this.owned]);
  }
}

/** All tensors in a result, in depth-first order. */
export function tensorsIn(made: Made): tf.Tensor[] {
  if (made === null) return [];
  if (made instanceof tf.Tensor) return [made];
  return Object.values(made).flatMap(tensorsIn);
}
