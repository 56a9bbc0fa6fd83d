// The admin's routes: what a test in another process does to the emulator.
import { InvalidInput } from "@effect-comms/domain/CommsError"
import { toInvalidInput } from "@effect-comms/domain/Input"
import { invalidInput } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import { SenderPoolOperation } from "@effect-comms/domain/SenderPoolOperation"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { FaultPlan } from "../../FaultPlan.ts"
import { OperationPlan } from "../../OperationPlan.ts"
import type * as OperationStore from "../../OperationStore.ts"
import { Report } from "../../Report.ts"
import { notNegative } from "../notNegative.ts"
import { currentMillis } from "./currentMillis.ts"

const Refused = InvalidInput.pipe(HttpApiSchema.status(400))

class Refusals extends HttpApiMiddleware.Service<Refusals>()("@effect-comms/testing/Admin/Refusals", {
  error: Refused
}) {}

const Group = HttpApiGroup.make("admin").add(
  HttpApiEndpoint.post("create", "/operations", {
    payload: OperationPlan,
    success: SenderPoolOperation.pipe(HttpApiSchema.status(201))
  }),
  HttpApiEndpoint.post("advance", "/operations/:operationId/advance", {
    params: { operationId: OperationId },
    payload: Schema.Struct({ by: Schema.DurationFromMillis.check(notNegative) }),
    success: SenderPoolOperation,
    error: Refused
  }),
  HttpApiEndpoint.get("report", "/report", { success: Report }),
  HttpApiEndpoint.delete("resetReport", "/report", { success: HttpApiSchema.NoContent }),
  HttpApiEndpoint.put("setFaults", "/faults", { payload: FaultPlan, success: HttpApiSchema.NoContent })
).middleware(Refusals).prefix("/_emulator")

const Api = HttpApi.make("emulator").add(Group).annotate(HttpApi.PayloadParseOptions, {
  errors: "all",
  onExcessProperty: "error"
})

const refusals = HttpApiMiddleware.layerSchemaErrorTransform(
  Refusals,
  (error, { endpoint }) => Effect.fail(toInvalidInput(`Emulator admin ${endpoint.identifier}`, "body")(error.cause))
)

export const routes = ({ report, resetReport, setFaults, store }: {
  readonly store: OperationStore.OperationStore
  readonly setFaults: (plan: FaultPlan) => Effect.Effect<void>
  readonly report: Effect.Effect<Report>
  readonly resetReport: Effect.Effect<void>
}) =>
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide(HttpApiBuilder.group(Api, "admin", (handlers) =>
      handlers.handleAll({
        create: ({ payload }) => Effect.map(currentMillis, (now) => store.create(payload, now)),
        advance: ({ params, payload }) =>
          Effect.flatMap(currentMillis, (now) =>
            Effect.mapError(
              Effect.fromOption(store.advance(params.operationId, payload.by, now)),
              () =>
                invalidInput(
                  "Emulator admin advance",
                  "operationId",
                  "Expected the id of an operation that was created"
                )
            )),
        report: () => report,
        resetReport: () => resetReport,
        setFaults: ({ payload }) => setFaults(payload)
      }))),
    Layer.provide(refusals)
  )
