// The routes of the emulator, derived from the contract: authentication, refusals, and handlers over the stores.
import * as CommsApi from "@effect-comms/domain/CommsApi"
import * as CommsError from "@effect-comms/domain/CommsError"
import { defaultPageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import type { TwilioError } from "@effect-comms/domain/TwilioError"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SchemaIssue from "effect/SchemaIssue"
import { type AuthErrors, errorBody, twilioError } from "../errors.ts"
import type { Family } from "../family.ts"
import { hash } from "../seeded.ts"
import { currentMillis } from "./currentMillis.ts"
import type { Served } from "./model.ts"
import * as Token from "./token.ts"

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

const badToken = (message: string) => new CommsError.BadRequest({ errors: [twilioError(400, "$.pageToken", message)] })

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
        list: Effect.fnUntraced(function*({ query }) {
          const { endDate, pageSize, pageToken, startDate, status } = query
          const now = yield* currentMillis
          const dates = [startDate, endDate].map((date) => date && DateTime.formatIso(date))
          const list = hash([family.resource, ...dates, status].join())
          const token = pageToken === undefined
            ? { at: 0, copy: 0, list, given: now }
            : Option.getOrUndefined(Token.decode(pageToken))
          if (token === undefined) return yield* badToken("The page token is not one of this server's.")
          if (token.list !== list) return yield* badToken("The page token belongs to a list with other filters.")
          if (token.given !== null && now - token.given > tokenLifetime) {
            return yield* badToken("The page token has expired.")
          }
          const limit = pageSize ?? defaultPageSize
          const { items, next } = store.list({ ...query, from: token.at, limit }, now)
          return {
            operations: items,
            pagination: new PaginationMetadata({
              self: pageToken ?? PageToken.make(Token.encode(token)),
              next: Option.match(next, {
                onNone: () => null,
                onSome: (at) => PageToken.make(Token.encode({ at, copy: 0, list, given: now }))
              })
            })
          }
        })
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
