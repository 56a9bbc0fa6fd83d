// What tests do to the operations of an emulator, through its service and through its admin routes.
import { DurationFromInput, invalidInput, makeDecoder } from "@effect-comms/domain/Input"
import type * as Arr from "effect/Array"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { OperationPlan } from "../../OperationPlan.ts"
import { currentMillis } from "../currentMillis.ts"
import { canBeScheduled } from "../family.ts"
import type { Served } from "./model.ts"

const decodePlan = makeDecoder("Emulator.create", "plan", Schema.toType(OperationPlan), "error")

const decodeAdvance = makeDecoder("Emulator.advance", "by", DurationFromInput)

export const make = (served: Arr.NonEmptyReadonlyArray<Served>) => ({
  create: Effect.fnUntraced(function*(plan: OperationPlan, resource: string = served[0].family.resource) {
    const checked = yield* decodePlan(plan)
    const found = served.find(({ family }) => family.resource === resource)
    if (found === undefined) {
      const names = served.map(({ family }) => family.resource)
      return yield* invalidInput("Emulator.create", "resource", `Expected one of ${names.join(", ")}`)
    }
    if (checked.scheduled !== undefined && !canBeScheduled(found.family)) {
      return yield* invalidInput("Emulator.create", "scheduled", `Expected none: ${resource} have no status SCHEDULED`)
    }
    return found.store.create(checked, yield* currentMillis)
  }),
  advance: Effect.fnUntraced(function*(operationId: string, by: Duration.Input) {
    const duration = yield* decodeAdvance(by)
    const now = yield* currentMillis
    return yield* Option.firstSomeOf(served.map(({ store }) => store.advance(operationId, duration, now))).pipe(
      Effect.fromOption,
      Effect.mapError(() =>
        invalidInput("Emulator.advance", "operationId", "Expected the id of an operation that was created")
      )
    )
  })
})

export type Operations = ReturnType<typeof make>
