import { Attempt, CommsError, Pagination, TwilioError } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, DateTime, Duration, Equal, Hash, Schema } from "effect"
import { roundTrips } from "./utils/roundTrip.ts"
import { normalizedErrors } from "./utils/values.ts"

const {
  BadRequest,
  CheckpointMismatch,
  Conflict,
  Forbidden,
  InputIssue,
  InternalServerError,
  InvalidInput,
  InvalidResponse,
  NotFound,
  OutcomeUnknown,
  PaginationLimit,
  PaginationLoop,
  ServiceUnavailable,
  TooManyRequests,
  TransportFailure,
  Unauthorized,
  UnexpectedStatus
} = CommsError

const url = "https://comms.twilio.com/v1/SenderPools/Operations"
const request = { method: "GET", url }
const twilioError = new TwilioError.TwilioError({
  code: 20001,
  message: "The value is wrong",
  infoUrl: "https://www.twilio.com/docs/api/errors/20001",
  context: "$.status"
})
const answer = { ...request, errors: [twilioError], requestId: "RQ1" }
const gateway = { ...request, errors: [], mediaType: "text/html", excerpt: "<h1>Nope</h1>" }
const token = Pagination.PageToken.make("a")
const loop = { call: "o", reason: "RepeatedToken", pageToken: token, pages: 1, trail: [token] } as const
const mismatch = (part: CommsError.CheckpointMismatch["part"]) => new CheckpointMismatch({ call: "o", part })

const statusClasses = [
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  Conflict,
  TooManyRequests,
  InternalServerError,
  ServiceUnavailable
] as const

const examples: ReadonlyArray<readonly [error: CommsError.CommsError, parts: ReadonlyArray<string>]> = [
  [
    new BadRequest(answer),
    [
      `GET ${url} returned 400 Bad Request.`,
      "The value is wrong. (20001 at $.status, https://www.twilio.com/docs/api/errors/20001)",
      "Correct the request",
      "Request id: RQ1."
    ]
  ],
  [
    new Unauthorized({ ...request, errors: [], mediaType: "application/problem+json", excerpt: "" }),
    [
      `GET ${url} returned 401 Unauthorized.`,
      "The body (application/problem+json) is empty.",
      "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and TWILIO_API_SECRET"
    ]
  ],
  [new Forbidden(answer), [`GET ${url} returned 403 Forbidden.`, "credentials that have permission"]],
  [new NotFound(answer), [`GET ${url} returned 404 Not Found.`, "Check the id", "this account"]],
  [
    new Conflict({ ...answer, retryAfter: Duration.seconds(7) }),
    [
      `GET ${url} returned 409 Conflict.`,
      "The server asks to wait 7 seconds.",
      "Retry the request later"
    ]
  ],
  [
    new TooManyRequests({ ...answer, retryAfter: Duration.minutes(1) }),
    [
      `GET ${url} returned 429 Too Many Requests.`,
      "The server asks to wait 1 minute.",
      "send fewer requests at once"
    ]
  ],
  [
    new InternalServerError(answer),
    [
      `GET ${url} returned 500 Internal Server Error.`,
      "The API asks not to retry it",
      "Contact Twilio support",
      "Request id: RQ1."
    ]
  ],
  [
    new ServiceUnavailable(gateway),
    [
      `GET ${url} returned 503 Service Unavailable.`,
      "The body (text/html) begins with \"<h1>Nope</h1>\".",
      "Retry the request later"
    ]
  ],
  [
    new UnexpectedStatus({ ...gateway, status: 502, readOnly: true }),
    [
      `GET ${url} returned 502.`,
      "The API does not document this status for this request, so it may come from a proxy.",
      "The body (text/html) begins with \"<h1>Nope</h1>\".",
      "Check TWILIO_COMMS_BASE_URL"
    ]
  ],
  [
    new UnexpectedStatus({ ...request, errors: [], status: 302, readOnly: true }),
    [
      "Redirects are not followed",
      "Check TWILIO_COMMS_BASE_URL"
    ]
  ],
  [
    new TransportFailure({ ...request, reason: "Connection", detail: "connect ECONNREFUSED", readOnly: true }),
    [
      `GET ${url} got no complete response. The connection failed: connect ECONNREFUSED.`,
      "Check the network and TWILIO_COMMS_BASE_URL"
    ]
  ],
  [
    new TransportFailure({
      ...request,
      reason: "Timeout",
      detail: "The attempt timed out after 30 seconds.",
      readOnly: false
    }),
    [
      `GET ${url} got no complete response. The attempt timed out after 30 seconds.`,
      "Raise attemptTimeout or callTimeout"
    ]
  ],
  [
    new OutcomeUnknown({
      method: "POST",
      url,
      call: "SenderPools.create",
      reason: new TransportFailure({ method: "POST", url, reason: "Connection", detail: "reset", readOnly: false }),
      check: "List the SenderPools."
    }),
    [
      `SenderPools.create may or may not have happened. POST ${url} got no complete response.`,
      "The connection failed: reset.",
      "A retry could make the change twice, so the request was not retried.",
      "List the SenderPools."
    ]
  ],
  [
    new TransportFailure({ ...request, reason: "Tls", code: "X", detail: "certificate has expired", readOnly: false }),
    [
      `GET ${url} got no complete response. The secure connection failed: certificate has expired. Check the cert`
    ]
  ],
  [
    new TransportFailure({ ...request, reason: "UnknownHost", detail: "getaddrinfo ENOTFOUND x", readOnly: false }),
    [
      `GET ${url} got no complete response. The host name was not found: getaddrinfo ENOTFOUND x. Check the name`
    ]
  ],
  [
    new TransportFailure({ ...request, reason: "Refused", detail: "The circuit is open", readOnly: false }),
    [`GET ${url} was not sent. The circuit is open.`]
  ],
  [
    new InvalidResponse({ ...request, status: 200, problem: "It is empty.", mediaType: "text/html", excerpt: "" }),
    [
      `GET ${url} returned 200 with an invalid body. It is empty.`,
      "The body (text/html) is empty.",
      "Check TWILIO_COMMS_BASE_URL"
    ]
  ],
  [
    new InvalidInput({
      call: "SenderPoolOperations.list",
      field: "pageSize",
      issues: [
        new InputIssue({ field: "pageSize", problem: "Expected an integer from 1 to 1000" }),
        new InputIssue({ field: "status", problem: "Expected PROCESSING, COMPLETED or CANCELED" })
      ]
    }),
    [
      "The input of SenderPoolOperations.list is invalid. Nothing was sent.",
      "pageSize: Expected an integer from 1 to 1000.",
      "status: Expected PROCESSING, COMPLETED or CANCELED."
    ]
  ],
  [
    new PaginationLoop({ ...loop, call: "SenderPoolOperations.stream", pages: 3 }),
    [
      "SenderPoolOperations.stream stopped after 3 pages.",
      "All items up to there were delivered.",
      "The server sent a page token for the second time, so the list would never end.",
      "Narrow the filters, or contact Twilio support."
    ]
  ],
  [
    new PaginationLoop({ ...loop, reason: "RepeatedPages", pages: 12 }),
    ["stopped after 12 pages.", "The server sent the same pages again and again, so the list would never end."]
  ],
  [
    new PaginationLimit({ call: "SenderPoolOperations.stream", limit: "maxItems", max: 100, trail: [token] }),
    [
      "SenderPoolOperations.stream stopped at its limit.",
      "The list is longer than maxItems allows, which is 100.",
      "Raise maxItems, narrow the filters, or resume from the error's position."
    ]
  ],
  [
    new CheckpointMismatch({
      call: "SenderPoolOperations.resume",
      part: "resource",
      detail: "it is of \u001b[2J"
    }),
    [
      "SenderPoolOperations.resume rejected a checkpoint. Nothing was sent.",
      "The checkpoint belongs to another resource (it is of [2J). Resume it with the resource that created it."
    ]
  ],
  [mismatch("version"), ["The checkpoint was written by another version of this library. Start over"]],
  [mismatch("baseUrl"), ["The checkpoint belongs to another server. Resume it with the base URL"]],
  [mismatch("account"), [
    "The checkpoint belongs to another account or API key. Resume it with the account SID or the API key"
  ]],
  [mismatch("age"), ["The checkpoint is too old. Start over, or raise maxAge."]]
]

describe("message", () => {
  it.each(examples)("of %#: %s", (error, parts) => {
    for (const part of parts) assert.include(error.message, part)
    assert.notMatch(error.message, /undefined|\[object|\n| {2}|\.\. |;\./)
    assert.match(error.message, /\.$/)
    assert.include(String(error), error.message)
  })

  it("is readable without a request", () => {
    for (const Class of statusClasses) {
      assert.match(
        new Class({ errors: [] }).message,
        new RegExp(`^The request returned ${Class.status} ${Class.title}\\.`)
      )
    }
  })

  it("shows every error of a response", () => {
    const second = new TwilioError.TwilioError({ ...twilioError, code: 20002, message: "Another.", context: null })
    const { message } = new BadRequest({ errors: [twilioError, second] })
    assert.include(message, "(20001 at $.status, ")
    assert.include(message, " Another. (20002, ")
  })

  it.each(
    [
      [{ context: null }, "No."],
      [{ code: 1, context: null }, "No. (1)"],
      [{ code: 1, infoUrl: "https://x.test", context: null }, "No. (1, https://x.test)"],
      [{ infoUrl: "https://x.test", context: null }, "No. (https://x.test)"],
      [{ context: "$.a" }, "No. (at $.a)"],
      [{ code: 1, context: "$.a" }, "No. (1 at $.a)"]
    ] as const
  )("omits what an error does not have: %o", (fields, expected) => {
    const error = new BadRequest({ errors: [new TwilioError.TwilioError({ message: "No", ...fields })] })
    assert.deepStrictEqual(error.description.why, [expected])
  })
})

describe("description", () => {
  it.each(examples)("joined with the request id is the message of %#", (error) => {
    const { advice, requestId, what, why } = error.description
    assert.strictEqual(
      error.message,
      [what, ...why, ...(advice === undefined ? [] : [advice]), ...(requestId ? [`Request id: ${requestId}.`] : [])]
        .join(" ")
    )
  })

  it("is not a field, so an error encodes only its data", () => {
    const error = new NotFound(answer)
    assert.deepStrictEqual(Object.keys(error), [
      "_tag",
      "method",
      "url",
      "errors",
      "requestId",
      "status",
      "isRetryable"
    ])
    assert.notProperty(Schema.encodeSync(NotFound)(error), "description")
  })

  it("has the number of attempts if there were several", () => {
    const attempt = new Attempt.Attempt({
      number: 1,
      startedAt: DateTime.makeUnsafe(0),
      took: Duration.zero,
      outcome: "ServiceUnavailable",
      waited: Duration.zero
    })
    const whatOf = (count: number) =>
      new ServiceUnavailable({ ...answer, attempts: Array.from({ length: count }, () => attempt) }).description.what
    assert.strictEqual(whatOf(1), `GET ${url} returned 503 Service Unavailable.`)
    assert.strictEqual(whatOf(3), `GET ${url} returned 503 Service Unavailable after 3 attempts.`)
  })

  it.each([
    [Duration.millis(1), "1 millisecond"],
    [Duration.millis(250), "250 milliseconds"],
    [Duration.millis(1499), "1 second"],
    [Duration.sum(Duration.hours(25), Duration.seconds(2)), "1 day 1 hour 2 seconds"],
    [Duration.minutes(60), "1 hour"]
  ])("writes %s in words", (retryAfter, expected) => {
    assert.deepStrictEqual(new Conflict({ errors: [], retryAfter }).description.why, [
      `The server asks to wait ${expected}.`
    ])
  })
})

it.prop("no message has control characters", [Arbitrary.schema(CommsError.CommsError)], ([error]) => {
  assert.notMatch(error.message, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u)
})

it("a message omits control characters from the API, and the fields keep them", () => {
  const text = "\u001b[31mred\u0007\r\nnext\u0000"
  const error = new BadRequest({
    errors: [new TwilioError.TwilioError({ code: 1, message: text, infoUrl: text, context: text })]
  })
  assert.include(error.message, " [31mred next. (1 at [31mred next, [31mred next) ")
  assert.notMatch(error.message, /\p{Cc}/u)
  assert.strictEqual(error.errors[0]?.message, text)
})

describe("isRetryable", () => {
  it.each(
    [
      [BadRequest, false],
      [Unauthorized, false],
      [Forbidden, false],
      [NotFound, false],
      [Conflict, true],
      [TooManyRequests, true],
      [InternalServerError, false],
      [ServiceUnavailable, true]
    ] as const
  )("has a fixed value for $0.status", (Class, expected) => {
    assert.strictEqual(new Class({ errors: [] }).isRetryable, expected)
  })

  it.each([408, 421, 425, 502, 504, 520, 521, 522, 523, 524, 529, 598])(
    "is true for an unexpected %d if the request only reads",
    (status) => {
      assert.isTrue(new UnexpectedStatus({ errors: [], status, readOnly: true }).isRetryable)
      assert.isFalse(new UnexpectedStatus({ errors: [], status, readOnly: false }).isRetryable)
    }
  )

  it.each([301, 302, 400, 405, 413, 418, 422, 501, 505, 599])("is false for an unexpected %d", (status) => {
    assert.isFalse(new UnexpectedStatus({ errors: [], status, readOnly: true }).isRetryable)
    assert.isFalse(new UnexpectedStatus({ errors: [], status, readOnly: false }).isRetryable)
  })

  it.each([400, 404, 405, 413, 422, 501, 503, 599])(
    "is true for an unexpected %d with a Retry-After if the request only reads",
    (status) => {
      const fields = { errors: [], status, retryAfter: Duration.seconds(1) }
      assert.isTrue(new UnexpectedStatus({ ...fields, readOnly: true }).isRetryable)
      assert.isFalse(new UnexpectedStatus({ ...fields, readOnly: false }).isRetryable)
    }
  )

  it.each([302, 500])("is false for an unexpected %d with a Retry-After", (status) => {
    const fields = { errors: [], status, retryAfter: Duration.seconds(1) }
    assert.isFalse(new UnexpectedStatus({ ...fields, readOnly: true }).isRetryable)
  })

  it.each(["Connection", "UnknownHost", "Timeout"] as const)(
    "is true for a lost response (%s) if the request only reads",
    (reason) => {
      assert.isTrue(new TransportFailure({ reason, detail: "", readOnly: true }).isRetryable)
      assert.isFalse(new TransportFailure({ reason, detail: "", readOnly: false }).isRetryable)
    }
  )

  it.each([true, false])("is false for a request that was not sent (read-only: %s)", (readOnly) => {
    assert.isFalse(new TransportFailure({ reason: "Refused", detail: "", readOnly }).isRetryable)
    assert.isFalse(new TransportFailure({ reason: "Tls", detail: "", readOnly }).isRetryable)
  })

  it("is false for an invalid response, invalid input, an invalid list or a mismatch", () => {
    const issues = [new InputIssue({ field: "a", problem: "b" })] as const
    assert.isFalse(new InvalidResponse({ status: 200, problem: "" }).isRetryable)
    assert.isFalse(new InvalidInput({ call: "o", field: "a", issues }).isRetryable)
    assert.isFalse(new PaginationLoop(loop).isRetryable)
    assert.isFalse(new PaginationLimit({ call: "o", limit: "maxPages", max: 1, trail: [] }).isRetryable)
    assert.isFalse(mismatch("age").isRetryable)
  })
})

describe("status", () => {
  it.each(statusClasses)("equals the static status of class %#", (Class) => {
    const error = new Class({ errors: [] })
    assert.strictEqual(error.status, Class.status)
    assert.strictEqual(error.name, error._tag)
  })

  it("differs between classes", () => {
    assert.deepStrictEqual(statusClasses.map(({ status }) => status), [400, 401, 403, 404, 409, 429, 500, 503])
  })
})

describe("isCommsError", () => {
  it.each(examples)("accepts error %#", (error) => {
    assert.isTrue(CommsError.isCommsError(error))
  })

  it.each([new Error("x"), { _tag: "NotFound", errors: [] }, null, "NotFound"])("rejects %s", (value) => {
    assert.isFalse(CommsError.isCommsError(value))
  })
})

describe("causeOf", () => {
  const transport = (detail: string, code?: string) =>
    new TransportFailure({ reason: "Connection", detail, readOnly: true, ...(code === undefined ? {} : { code }) })

  it.each([
    [transport("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"), "ECONNREFUSED"],
    [transport("socket hang up"), "socket hang up"],
    [transport(""), "lost connection"],
    [
      new TransportFailure({ reason: "Timeout", detail: "The attempt timed out after 30s.", readOnly: true }),
      "timeout"
    ],
    [new ServiceUnavailable({ errors: [] }), "503"],
    [new InvalidResponse({ status: 200, problem: "x" }), "invalid response"]
  ])("is the cause in a few words (%#)", (error, cause) => {
    assert.strictEqual(CommsError.causeOf(error), cause)
  })
})

const traceOf = ({ stack = "" }: Error) => stack.split("\n").slice(1)

describe("withFields", () => {
  const attempts = [1, 2].map((number) =>
    new Attempt.Attempt({
      number,
      startedAt: DateTime.makeUnsafe(0),
      took: Duration.zero,
      outcome: "NotFound",
      waited: Duration.zero
    })
  )
  const position = { filters: { status: "COMPLETED" }, pages: 1, items: 50, pageToken: token }
  const window = { startDate: DateTime.makeUnsafe(0), endDate: DateTime.makeUnsafe(1000) }
  const fields = { attempts, position, window }

  it.each(examples)("copies %#", (error) => {
    const before = Object.getOwnPropertyDescriptors(error)
    const { message, stack } = error
    const hash = Hash.hash(error)
    const copy = CommsError.withFields(error, fields)

    assert.deepStrictEqual({ ...copy }, { ...error, ...fields })
    assert.strictEqual(copy._tag, error._tag)
    assert.strictEqual(copy.constructor, error.constructor)
    assert.instanceOf(copy, Error)
    assert.isTrue(CommsError.isCommsError(copy))
    assert.strictEqual(copy.isRetryable, error.isRetryable)
    assert.strictEqual(CommsError.withFields(error, { position }).message, message)

    assert.notStrictEqual<unknown>(copy, error)
    assert.deepStrictEqual(Object.getOwnPropertyDescriptors(error), before)
    assert.strictEqual(error.message, message)
    assert.strictEqual(error.stack, stack)
    assert.strictEqual(Hash.hash(error), hash)
    assert.isFalse(Equal.equals(copy, error))
  })

  it("keeps the stack trace, below the message of the copy", () => {
    const error = new NotFound(answer)
    const copy = CommsError.withFields(error, fields)
    assert.isNotEmpty(traceOf(error))
    assert.deepStrictEqual(traceOf(copy), traceOf(error))
    assert.include(copy.stack, String(copy))
    assert.include(copy.message, "after 2 attempts")
  })

  it("equals an error made with all of the fields", () => {
    assert.isTrue(
      Equal.equals(CommsError.withFields(new NotFound(answer), fields), new NotFound({ ...answer, ...fields }))
    )
  })

  it("replaces a field that was added before", () => {
    const first = CommsError.withFields(new NotFound(answer), { attempts, position })
    const second = CommsError.withFields(first, { position: { ...position, pages: 2 } })
    assert.strictEqual(first.position.pages, 1)
    assert.strictEqual(second.position.pages, 2)
    assert.deepStrictEqual(second.attempts, attempts)
  })

  it.each(examples)("adds only fields that the schema of %# declares", (error) => {
    const codec = Schema.toCodecJson(CommsError.CommsError)
    for (const added of [fields, { window: { startDate: window.startDate } }]) {
      const copy = CommsError.withFields(error, added)
      assert.isTrue(Equal.equals(Schema.decodeSync(codec)(Schema.encodeSync(codec)(copy)), copy))
    }
  })
})

describe("as JSON", () => {
  roundTrips("BadRequest", BadRequest, normalizedErrors(BadRequest, (error) => error.errors))
  roundTrips("Unauthorized", Unauthorized, normalizedErrors(Unauthorized, (error) => error.errors))
  roundTrips("Forbidden", Forbidden, normalizedErrors(Forbidden, (error) => error.errors))
  roundTrips("NotFound", NotFound, normalizedErrors(NotFound, (error) => error.errors))
  roundTrips("Conflict", Conflict, normalizedErrors(Conflict, (error) => error.errors))
  roundTrips("TooManyRequests", TooManyRequests, normalizedErrors(TooManyRequests, (error) => error.errors))
  roundTrips("InternalServerError", InternalServerError, normalizedErrors(InternalServerError, (error) => error.errors))
  roundTrips("ServiceUnavailable", ServiceUnavailable, normalizedErrors(ServiceUnavailable, (error) => error.errors))
  roundTrips("UnexpectedStatus", UnexpectedStatus, normalizedErrors(UnexpectedStatus, (error) => error.errors))
  roundTrips("TransportFailure", TransportFailure)
  roundTrips("InvalidResponse", InvalidResponse)
  roundTrips(
    "OutcomeUnknown",
    OutcomeUnknown,
    normalizedErrors(OutcomeUnknown, ({ reason }) => "errors" in reason ? reason.errors : [])
  )
  roundTrips("InputIssue", InputIssue)
  roundTrips("InvalidInput", InvalidInput)
  roundTrips("PaginationLoop", PaginationLoop)
  roundTrips("PaginationLimit", PaginationLimit)
  roundTrips("CheckpointMismatch", CheckpointMismatch)
  roundTrips(
    "any error",
    CommsError.CommsError,
    normalizedErrors(CommsError.CommsError, (error) => {
      const answer = error._tag === "OutcomeUnknown" ? error.reason : error
      return "errors" in answer ? answer.errors : []
    })
  )

  it.each(examples)("keeps the class of %#", (error) => {
    const codec = Schema.toCodecJson(CommsError.CommsError)
    const decoded = Schema.decodeSync(codec)(Schema.encodeSync(codec)(error))
    assert.strictEqual(decoded.constructor, error.constructor)
    assert.strictEqual(decoded.message, error.message)
  })
})
