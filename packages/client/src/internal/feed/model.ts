/**
 * An operation that is new, or has changed since its last delivery.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change<A> {
  readonly kind: "new" | "changed"
  readonly operation: A
}
