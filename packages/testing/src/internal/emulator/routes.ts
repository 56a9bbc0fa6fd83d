// The routes of the emulator, derived from the contract: authentication, refusals, and handlers over the stores.
import * as CommsApi from "@effect-comms/domain/CommsApi"
import * as CommsError from "@effect-comms/domain/CommsError"
import type { TwilioError } from "@effect-comms/domain/TwilioError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SchemaIssue from "effect/SchemaIssue"
import { currentMillis } from "../currentMillis.ts"
import { type AuthErrors, errorBody, twilioError } from "../errors.ts"
import type { Family } from "../family.ts"
import * as Listing from "../listing.ts"
import type { Served } from "./model.ts"

export interface Settings {
  readonly served: Arr.NonEmptyReadonlyArray<Served>
  readonly isAccount: (username: string, password: string) => boolean
  readonly authErrors: AuthErrors
  /** How long a page token stays valid, in milliseconds. */
  readonly tokenLifetime: number
}

/** An answer in the documented envelope, for requests that no handler of the contract answers. */
export const envelope = (
  status: number,
  errors: ReadonlyArray<TwilioError>
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ errors: errors.map((error) => ({ ...error })) }, { status })

// `/v1/Messages/Operations` belongs to the group `Messages`.
const group = (family: Family) =>
  CommsApi.operationsGroup(family.resource, family.path.split("/")[2] ?? family.title, family)

const makeApi = (served: Settings["served"]) =>
  HttpApi.make("comms")
    .add(...Arr.map(served, ({ family }) => group(family)))
    .annotateMerge(CommsApi.CommsApi.annotations)

const handlers = (api: ReturnType<typeof makeApi>, { served, tokenLifetime }: Settings) =>
  Arr.map(served, ({ family, store }) =>
    HttpApiBuilder.group(api, family.resource, (handlers) =>
      handlers.handleAll({
        fetch: ({ params }) =>
          Effect.flatMap(currentMillis, (now) =>
            Effect.mapError(
              Effect.fromOption(store.get(params.operationId, now)),
              () => new CommsError.NotFound({ errors: [twilioError(404)] })
            )),
        list: ({ query }) => Listing.page(family.resource, query, tokenLifetime, store.list)
      })))

const authorization = ({ authErrors, isAccount }: Settings) => {
  const { body, mediaType } = errorBody(401, authErrors)
  const unauthorized = HttpServerResponse.text(body, { status: 401, contentType: mediaType })
  return Layer.succeed(
    CommsApi.Authorization,
    CommsApi.Authorization.of({
      accountSid_authToken: (httpEffect, { credential }) =>
        isAccount(credential.username, Redacted.value(credential.password))
          ? Effect.provideService(httpEffect, CommsApi.Account, { accountSid: credential.username })
          : Effect.succeed(unauthorized)
    })
  )
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

const refusals = HttpApiMiddleware.layerSchemaErrorTransform(
  CommsApi.Refusals,
  (error) =>
    Effect.succeed(envelope(
      400,
      formatIssue(error.cause.issue).issues.map(({ message, path }) =>
        twilioError(400, ["$", ...(path ?? []).map(String)].join("."), message)
      )
    ))
)

// The page has almost 2 MB, which only a request for it loads.
const docs = (api: ReturnType<typeof makeApi>) =>
  HttpRouter.add(
    "GET",
    "/docs",
    Effect.promise(() => import("effect/http-api/HttpApiSwagger")).pipe(
      Effect.flatMap((Swagger) => HttpRouter.toHttpEffect(Swagger.layer(api, { path: "/docs" }))),
      Effect.flatten,
      Effect.orDie
    )
  )

/** Every route except the admin's. */
export const routes = (settings: Settings) => {
  const api = makeApi(settings.served)
  return Layer.mergeAll(
    HttpApiBuilder.layer(api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide(handlers(api, settings)),
      Layer.provide([authorization(settings), refusals])
    ),
    docs(api)
  )
}
