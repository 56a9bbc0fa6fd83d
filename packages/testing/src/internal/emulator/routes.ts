// The routes of the emulator, derived from the contract: authentication, refusals, and handlers over the stores.
import * as CommsApi from "@effect-comms/domain/CommsApi"
import type { TwilioError } from "@effect-comms/domain/TwilioError"
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SchemaIssue from "effect/SchemaIssue"
import { type AuthErrors, errorBody, twilioError } from "../errors.ts"
import * as Listing from "../listing.ts"
import * as Api from "./api.ts"
import type { Writes } from "./model.ts"
import * as Operations from "./resources/operations.ts"
import * as SenderPools from "./resources/senderPools.ts"
import * as Senders from "./resources/senders.ts"
import type { Stores } from "./stores.ts"

export interface Settings extends Stores {
  readonly writes: Writes
  readonly isAccount: (username: string, password: string) => boolean
  readonly authErrors: AuthErrors
  readonly tokens: Listing.Tokens
}

/** An answer in the documented envelope, for requests that no handler of the contract answers. */
export const envelope = (
  status: number,
  errors: ReadonlyArray<TwilioError>
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ errors: errors.map((error) => ({ ...error })) }, { status })

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

const jsonPath = (path: ReadonlyArray<unknown>): string =>
  `$${path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("")}`

const refusals = HttpApiMiddleware.layerSchemaErrorTransform(
  CommsApi.Refusals,
  (error) =>
    Effect.succeed(envelope(
      400,
      formatIssue(error.cause.issue).issues.map(({ message, path }) => twilioError(400, jsonPath(path ?? []), message))
    ))
)

// The page has almost 2 MB, which only a request for it loads.
const docs = (api: Api.Api) =>
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
  const api = Api.make(settings.served)
  const resources: Api.Resources = {
    ...settings,
    api,
    page: (list, query, slice) => Listing.page(list, query, settings.tokens, slice)
  }
  return Layer.mergeAll(
    HttpApiBuilder.layer(api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide([
        ...Operations.handlers(resources),
        SenderPools.handlers(resources),
        Senders.handlers(resources)
      ]),
      Layer.provide([authorization(settings), refusals])
    ),
    docs(api)
  )
}
