// Operations that come to their end look by look, whenever somebody looks.
import { makeDecoder } from "@effect-comms/domain/Input"
import { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OperationCourse, toPlan } from "../../OperationCourse.ts"
import { OperationPlan, standingAt } from "../../OperationPlan.ts"

/** An operation in memory: as it is, and what becomes of it, where each look is a millisecond of its plan. */
export interface Held {
  readonly operation: SenderPoolOperation
  readonly plan: OperationPlan | undefined
  readonly looks: number
}

/** An operation that stays as it is. */
export const unmoved = (operation: SenderPoolOperation): Held => ({ operation, plan: undefined, looks: 0 })

const operationName = "SenderPoolOperationsTest.takes"

const decodeCourse = makeDecoder(operationName, "course", OperationCourse)

const decodePlan = makeDecoder(operationName, "course", Schema.toType(OperationPlan))

export const planOf = (course: OperationCourse) =>
  Effect.flatMap(decodeCourse(course), (course) => decodePlan(toPlan(course)))

/** An operation with a plan, before anybody looked. */
export const begin = (id: SenderPoolOperation["id"], plan: OperationPlan, now: DateTime.Utc): Held => {
  const { stats, status } = standingAt(plan, Duration.zero)
  return { operation: new SenderPoolOperation({ id, status, stats, createdAt: now, updatedAt: now }), plan, looks: 0 }
}

/** What the next look will see. */
export const afterLook = (held: Held, now: DateTime.Utc): Held => {
  if (held.plan === undefined) return held
  const looks = held.looks + 1
  const { changedAfter, stats, status } = standingAt(held.plan, Duration.millis(looks))
  const { createdAt, id, updatedAt } = held.operation
  const isChange = Duration.toMillis(changedAfter) === looks
  return {
    ...held,
    operation: new SenderPoolOperation({ id, status, stats, createdAt, updatedAt: isChange ? now : updatedAt }),
    looks
  }
}
