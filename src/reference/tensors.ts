/** Who owns which tensor: TensorFlow.js frees nothing by itself. */

import * as tf from "@tensorflow/tfjs-core";

/** What makes tensors: one, several, several by name, or none. */
export type Made = tf.Tensor | null | readonly Made[] | ReadonlyMap<string, tf.Tensor>;

/** Owner of the tensors of one model or one run. */
export class Tensors {
  private readonly owned = new Set<tf.Tensor>();

  /** Run `make`, keep the tensors in its result and free all others that it made. */
  keep<T extends Made>(make: () => T): T {
    const results: T[] = [];
    const tensors = tf.tidy(() => {
      const made = make();
      results.push(made);
      return tensorsIn(made);
    });
    for (const tensor of tensors) this.owned.add(tensor);
    return results[0] as T;
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

/** Sum in the order given; null for no tensors. One tensor is its own sum. */
export function total(tensors: readonly tf.Tensor2D[]): tf.Tensor2D | null {
  return tensors.length === 0 ? null : tensors.reduce((sum, tensor) => tf.add(sum, tensor));
}

function tensorsIn(made: Made): tf.Tensor[] {
  if (made === null) return [];
  if (made instanceof tf.Tensor) return [made];
  if (made instanceof Map) return [...(made as ReadonlyMap<string, tf.Tensor>).values()];
  return (made as readonly Made[]).flatMap(tensorsIn);
}
