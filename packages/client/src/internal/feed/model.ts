// The types that the parts of a feed share with `Feed`.

/**
 * An operation that was not delivered before, or that is not what it was when it was delivered last.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change<A> {
  readonly kind: "new" | "changed"
  readonly operation: A
}
