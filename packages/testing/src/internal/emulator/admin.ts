// The admin routes, by which a test in another process controls the emulator.
import { InvalidInput } from "@effect-comms/domain/CommsError"
import { toInvalidInput } from "@effect-comms/domain/Input"
import { OperationId } from "@effect-comms/domain/Operation"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { FaultPlan } from "../../FaultPlan.ts"
import { OperationPlan } from "../../OperationPlan.ts"
import { Report } from "../../Report.ts"
import { Milliseconds } from "../milliseconds.ts"
import { makeFaultPlan } from "./calls.ts"
import type { Families } from "./model.ts"
import type { Operations } from "./operations.ts"

const Refused = InvalidInput.pipe(HttpApiSchema.status(400))

class Refusals extends HttpApiMiddleware.Service<Refusals>()("@effect-comms/testing/Admin/Refusals", {
  error: Refused
}) {}

const makeApi = (families: Families) => {
  const Operation = Schema.Union(families.map(({ model }) => model))
  const group = HttpApiGroup.make("admin").add(
    HttpApiEndpoint.post("create", "/operations", {
      query: { resource: Schema.optionalKey(Schema.String) },
      payload: OperationPlan,
      success: Operation.pipe(HttpApiSchema.status(201)),
      error: Refused
    }),
    HttpApiEndpoint.post("advance", "/operations/:operationId/advance", {
      params: { operationId: OperationId },
      payload: Schema.Struct({ by: Milliseconds }),
      success: Operation,
      error: Refused
    }),
    HttpApiEndpoint.get("report", "/report", { success: Report }),
    HttpApiEndpoint.delete("resetReport", "/report", { success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.put("setFaults", "/faults", { payload: makeFaultPlan(families), success: HttpApiSchema.NoContent })
  ).middleware(Refusals).prefix("/_emulator")
  return HttpApi.make("emulator").add(group).annotate(HttpApi.PayloadParseOptions, {
    errors: "all",
    onExcessProperty: "error"
  })
}

const refusals = HttpApiMiddleware.layerSchemaErrorTransform(
  Refusals,
  (error, { endpoint }) => Effect.fail(toInvalidInput(`Emulator admin ${endpoint.identifier}`, "body")(error.cause))
)

export const routes = ({ families, operations, report, resetReport, setFaults }: {
  readonly families: Families
  readonly operations: Operations
  readonly setFaults: (plan: FaultPlan) => Effect.Effect<void>
  readonly report: Effect.Effect<Report>
  readonly resetReport: Effect.Effect<void>
}) => {
  const api = makeApi(families)
  return HttpApiBuilder.layer(api).pipe(
    Layer.provide(HttpApiBuilder.group(api, "admin", (handlers) =>
      handlers.handleAll({
        create: ({ payload, query }) => operations.create(payload, query.resource),
        advance: ({ params, payload }) => operations.advance(params.operationId, payload.by),
        report: () => report,
        resetReport: () => resetReport,
        setFaults: ({ payload }) => setFaults(payload)
      }))),
    Layer.provide(refusals)
  )
}
