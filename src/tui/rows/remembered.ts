/**
 * Work that is done once for the same inputs: what was made last is given again while none of what it was made of has changed. Inputs
 * are compared by identity, as nothing in the state is ever changed in place.
 */

/** @param most So many results are kept, the newest first: one for each view that is asked for in turn. */
export function remembering<Result>(most = 1): (inputs: readonly unknown[], make: () => Result) => Result {
  const kept: { readonly inputs: readonly unknown[]; readonly result: Result }[] = [];
  return (inputs, make) => {
    const known = kept.find((one) => sameInputs(one.inputs, inputs));
    if (known !== undefined) return known.result;
    const result = make();
    kept.unshift({ inputs, result });
    if (kept.length > most) kept.pop();
    return result;
  };
}

function sameInputs(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((one, index) => Object.is(one, right[index]));
}
