import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"

/** Whether a span can be seen: by a tracer, or as the child of another span. */
export const isObserved = ({ context }: Fiber.Fiber<unknown, unknown>): boolean =>
  Context.getOrUndefined(context, Tracer.ParentSpan) !== undefined ||
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined

/** Adds a span if it can be seen, since it costs as much as some calls. */
export const withSpan = (name: string, attributes?: Record<string, unknown>) =>
<A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
  Effect.withFiber((fiber): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
    isObserved(fiber) ? Effect.withSpan(effect, name, { attributes }) : effect as Effect.Effect<A, E, never>
  )
