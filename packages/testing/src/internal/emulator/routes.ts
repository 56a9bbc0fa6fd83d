// The server itself, derived from the contract: routes, authentication, refusals, and the handlers over the store.
import * as CommsApi from "@effect-comms/domain/CommsApi"
import * as CommsError from "@effect-comms/domain/CommsError"
import { defaultPageSize, PageToken, PaginationMetadata } from "@effect-comms/domain/Pagination"
import { family } from "@effect-comms/domain/SenderPoolOperation"
import type { TwilioError } from "@effect-comms/domain/TwilioError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSwagger from "effect/http-api/HttpApiSwagger"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SchemaIssue from "effect/SchemaIssue"
import type * as OperationStore from "../../OperationStore.ts"
import { twilioError } from "../errors.ts"
import { uint32 } from "../seeded.ts"
import { currentMillis } from "./currentMillis.ts"
import * as Token from "./token.ts"

export interface Settings {
  readonly store: OperationStore.OperationStore
  readonly isAccount: (username: string, password: string) => boolean
  /** How long a page token lives, in milliseconds. */
  readonly tokenLifetime: number
}

/** An answer with the documented envelope, for what the contract's handlers do not see. */
export const envelope = (
  status: number,
  errors: ReadonlyArray<TwilioError>
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ errors: errors.map((error) => ({ ...error })) }, { status })

const badToken = (message: string) => new CommsError.BadRequest({ errors: [twilioError(400, "$.pageToken", message)] })

const hash = (text: string): number => {
  let value = 0
  for (let i = 0; i < text.length; i++) value = uint32(value, text.charCodeAt(i)) | 0
  return value
}

const Api = HttpApi.make("comms")
  .add(CommsApi.operationsGroup("senderPoolOperations", "SenderPools", family))
  .annotateMerge(CommsApi.CommsApi.annotations)

const handlers = ({ store, tokenLifetime }: Settings) =>
  HttpApiBuilder.group(Api, "senderPoolOperations", (handlers) =>
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
        const list = hash([startDate, endDate].map((date) => date && DateTime.formatIso(date)).join() + status)
        const token = pageToken === undefined
          ? { at: 0, copy: 0, list, given: now }
          : Option.getOrUndefined(Token.decode(pageToken))
        if (token === undefined) return yield* badToken("The page token is not one of this server's.")
        if (token.list !== list) return yield* badToken("The page token belongs to a list with other filters.")
        if (token.given !== null && now - token.given > tokenLifetime) {
          return yield* badToken("The page token has expired.")
        }
        const slice = store.list(
          { startDate, endDate, status, from: token.at, limit: pageSize ?? defaultPageSize },
          now
        )
        return {
          operations: slice.operations,
          pagination: new PaginationMetadata({
            self: pageToken ?? PageToken.make(Token.encode(token)),
            next: Option.match(slice.next, {
              onNone: () => null,
              onSome: (at) => PageToken.make(Token.encode({ at, copy: 0, list, given: now }))
            })
          })
        }
      })
    }))

const authorization = ({ isAccount }: Settings) =>
  Layer.succeed(
    CommsApi.Authorization,
    CommsApi.Authorization.of({
      accountSid_authToken: (httpEffect, { credential }) =>
        isAccount(credential.username, Redacted.value(credential.password))
          ? Effect.provideService(httpEffect, CommsApi.Account, { accountSid: credential.username })
          : Effect.fail(
            new CommsError.Unauthorized({ errors: [twilioError(401, null, "The credentials are missing or wrong.")] })
          )
    })
  )

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

/** Every route of the emulator but the admin's. */
export const routes = (settings: Settings) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide(handlers(settings)),
      Layer.provide([authorization(settings), refusals])
    ),
    HttpApiSwagger.layer(Api, { path: "/docs" })
  )
