// The operations of a mock, which move through their plans one poll at a time.
import { makeDecoder } from "@effect-comms/domain/Input"
import type { Operation, OperationId } from "@effect-comms/domain/Operation"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { OperationCourse } from "../../OperationCourse.ts"
import { OperationPlan } from "../../OperationPlan.ts"
import { build, type FamilyOf } from "../family.ts"
import { standingAt } from "../standing.ts"

/** An operation, its plan, and the number of polls so far. Each poll is one millisecond of the plan. */
export interface Held<A> {
  readonly operation: A
  readonly plan: OperationPlan | undefined
  readonly polls: number
}

/** An operation that never changes. */
export const fixed = <A>(operation: A): Held<A> => ({ operation, plan: undefined, polls: 0 })

const defaultTotal = 10

/** The plan of a course, where polls are one millisecond apart. */
const toPlan = ({ canceled = false, polls, ...plan }: typeof OperationCourse.Type): OperationPlan => {
  const common = { total: defaultTotal, ...plan }
  if (polls === Infinity) return { ...common, duration: Duration.zero, end: "PROCESSING", endsAt: 0 }
  return canceled
    ? { ...common, duration: Duration.millis(2 * (polls - 1)), end: "CANCELED", endsAt: 0.5 }
    : { ...common, duration: Duration.millis(polls - 1) }
}

export const make = <A extends Operation>(family: FamilyOf<A>) => {
  const call = `${family.resource}Test.takes`
  const decodeCourse = makeDecoder(call, "course", OperationCourse, "error")
  const decodePlan = makeDecoder(call, "course", Schema.toType(OperationPlan))
  return {
    toPlan: (course: OperationCourse) => Effect.flatMap(decodeCourse(course), (course) => decodePlan(toPlan(course))),
    begin: (id: OperationId, plan: OperationPlan, now: DateTime.Utc): Held<A> => ({
      operation: build(family, standingAt(plan, Duration.zero), { id, createdAt: now, updatedAt: now }),
      plan,
      polls: 0
    }),
    afterPoll: (held: Held<A>, now: DateTime.Utc): Held<A> => {
      if (held.plan === undefined) return held
      const polls = held.polls + 1
      const standing = standingAt(held.plan, Duration.millis(polls))
      const { createdAt, id, updatedAt } = held.operation
      const hasChanged = Duration.toMillis(standing.changedAfter) === polls
      const operation = build(family, standing, { id, createdAt, updatedAt: hasChanged ? now : updatedAt })
      return { ...held, operation, polls }
    }
  }
}
