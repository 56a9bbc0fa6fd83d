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
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { FaultPlan } from "../../FaultPlan.ts"
import { OperationPlan } from "../../OperationPlan.ts"
import { Report } from "../../Report.ts"
import { twilioError } from "../errors.ts"
import { Milliseconds } from "../milliseconds.ts"
import { makeFaultPlan } from "./calls.ts"
import type { Families } from "./model.ts"
import type { Operations } from "./operations.ts"
import { envelope } from "./routes.ts"

const Refused = InvalidInput.pipe(HttpApiSchema.status(400))

class Refusals extends HttpApiMiddleware.Service<Refusals>()("@effect-comms/testing/Admin/Refusals", {
  error: Refused
}) {}

class Guard extends HttpApiMiddleware.Service<Guard>()("@effect-comms/testing/Admin/Guard") {}

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
  ).middleware(Refusals).middleware(Guard).prefix("/_emulator")
  return HttpApi.make("emulator").add(group).annotate(HttpApi.PayloadParseOptions, {
    errors: "all",
    onExcessProperty: "error"
  })
}

const refusals = HttpApiMiddleware.layerSchemaErrorTransform(
  Refusals,
  (error, { endpoint }) => Effect.fail(toInvalidInput(`Emulator admin ${endpoint.identifier}`, "body")(error.cause))
)

const loopback = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

const json = /^application\/json\s*(?:;|$)/i

// A page of another site can make a browser send simple requests to any port, and requests with a JSON content type to
// a host name that its own DNS server resolves to this machine. Requests in process have no `Host`.
const guard = Layer.succeed(
  Guard,
  Effect.fnUntraced(function*(httpEffect) {
    const { headers, text } = yield* HttpServerRequest.HttpServerRequest
    if (!loopback.test(headers["host"] ?? "localhost")) {
      return envelope(403, [twilioError(403, null, "The Host header is not a loopback address, such as localhost.")])
    }
    if (!json.test(headers["content-type"] ?? "") && (yield* Effect.orDie(text)) !== "") {
      return envelope(415, [twilioError(415, null, "The Content-Type of the body is not application/json.")])
    }
    return yield* httpEffect
  })
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
    Layer.provide([refusals, guard])
  )
}
