/**
 * Makes a constructor of instances with a prototype, from the function that sets their fields. The constructor of the
 * prototype's class does not run: it checks fields that are known to be valid.
 */
export function withPrototype<A extends object, Args extends ReadonlyArray<unknown>>(
  prototype: A,
  initialize: (this: Record<string, unknown>, ...args: Args) => void
): new(...args: Args) => A
// A function that is called with `new` does not have the type of a constructor.
export function withPrototype(prototype: object, initialize: { prototype: object }): unknown {
  initialize.prototype = prototype
  return initialize
}
