import { CommsApi } from "@effect-comms/domain"
import { assert, describe, it } from "@effect/vitest"
import { Predicate } from "effect"
import { OpenApi } from "effect/http-api"
import contract from "./fixtures/contract.json" with { type: "json" }

type Json = Record<string, unknown>

const record = (value: unknown): Json => Predicate.isObject(value) && !Array.isArray(value) ? { ...value } : {}
const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

const mapValues = (value: unknown, f: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record(value)).map(([key, value]) => [key, f(value)]))

const document = record(OpenApi.fromApi(CommsApi.CommsApi))
const components = record(document["components"])

const prose = new Set(["title", "description", "example"])

/** The facts of a derived schema: no references, no prose, and a nullable type as a list of types. */
const factsOf = (schema: unknown): Json => {
  const { $ref, additionalProperties, allOf, anyOf, items, properties, ...rest } = record(schema)
  if (typeof $ref === "string") {
    return factsOf(record(components["schemas"])[$ref.replace("#/components/schemas/", "")])
  }
  const facts = Object.fromEntries(Object.entries(rest).filter(([key]) => !prose.has(key)))
  const merged = list(allOf).map(factsOf).reduce((facts, more) => ({ ...facts, ...more }), facts)
  const members = list(anyOf).map(factsOf)
  const [member, nothing] = members
  if (members.length === 2 && nothing?.["type"] === "null") {
    return { ...merged, ...member, type: [member?.["type"], "null"] }
  }
  return {
    ...merged,
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
    ...(anyOf === undefined ? {} : { anyOf: members }),
    ...(items === undefined ? {} : { items: factsOf(items) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, factsOf) })
  }
}

const operationsOf = Object.entries(record(document["paths"])).flatMap(([path, methods]) =>
  Object.entries(record(methods)).map(([method, value]) => ({ method, path, operation: record(value) }))
)

const find = (operationId: string) => {
  const [found, ...more] = operationsOf.filter(({ operation }) => operation["operationId"] === operationId)
  assert.isDefined(found)
  assert.lengthOf(more, 0)
  return { ...found, operation: record(found?.operation) }
}

const responsesOf = (operationId: string) => record(find(operationId).operation["responses"])

const contentOf = (response: unknown) =>
  Object.entries(record(record(response)["content"])).map(([mediaType, content]) => ({
    mediaType,
    schema: factsOf(record(content)["schema"])
  }))

const anchored = ({ pattern, ...schema }: Json): Json =>
  pattern === undefined ? schema : { ...schema, pattern: `${String(pattern)}$` }

/** Applies the intended differences of the derived document to a response schema of the contract. */
const deviate = (schema: unknown): Json => {
  const { enum: values, items, properties, ...rest } = anchored(record(schema))
  if (values !== undefined) return { anyOf: [{ ...rest, enum: values }, { type: "string" }] }
  return {
    ...(rest["type"] === "integer"
      ? { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
      : {}),
    ...rest,
    ...(rest["type"] === "object" ? { additionalProperties: false } : {}),
    ...(items === undefined ? {} : { items: deviate(items) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties, deviate) })
  }
}

describe("the derived OpenAPI document", () => {
  it("has the operations of the contract, of messages and of emails", () => {
    assert.sameMembers(
      operationsOf.filter(({ path }) => path.includes("/Operations")).map(({ method, operation, path }) =>
        `${method} ${path} ${String(operation["operationId"])}`
      ),
      [
        ...contract.operations.map(({ method, operationId, path }) => `${method} ${path} ${operationId}`),
        "get /v1/Messages/Operations listMessageOperations",
        "get /v1/Messages/Operations/{operationId} fetchMessageOperation",
        "get /v1/Emails/Operations listEmailOperations",
        "get /v1/Emails/Operations/{operationId} fetchEmailOperation"
      ]
    )
  })

  it("has the server and the authentication of the contract", () => {
    assert.deepEqual(document["servers"], contract.servers)
    assert.deepEqual(components["securitySchemes"], contract.securitySchemes)
  })
})

describe.each(contract.operations)("$operationId", ({ operationId, parameters, responses, security, tags }) => {
  it("has the tags and the security of the contract", () => {
    const { operation } = find(operationId)
    assert.deepEqual(operation["tags"], tags)
    assert.deepEqual(operation["security"], security)
  })

  it("has the parameters of the contract, with an anchor at the end of the id's pattern", () => {
    assert.deepEqual(
      list(find(operationId).operation["parameters"]).map((parameter) => ({
        ...record(parameter),
        schema: factsOf(record(parameter)["schema"])
      })),
      parameters.map((parameter) => ({ ...parameter, schema: anchored(parameter.schema) }))
    )
  })

  it("has the statuses of the contract, and 401 and 403", () => {
    assert.sameMembers(Object.keys(responsesOf(operationId)), [...Object.keys(responses), "401", "403"])
  })

  it("gives Retry-After to the statuses that the contract gives it", () => {
    assert.deepEqual(
      mapValues(
        responsesOf(operationId),
        (response) => Predicate.hasProperty(record(response)["headers"], "retry-after")
      ),
      { ...mapValues(responses, (response) => record(response)["retryAfter"]), "401": false, "403": false }
    )
  })

  it.each(Object.entries(responses))("answers %s with the schema of the contract", (status, { mediaType, schema }) => {
    assert.deepEqual(contentOf(responsesOf(operationId)[status]), [
      { mediaType, schema: deviate(record(contract.schemas)[schema]) }
    ])
  })

  it.each(["401", "403"])("answers %s with problem details", (status) => {
    assert.deepEqual(
      contentOf(responsesOf(operationId)[status]).map(({ mediaType, schema }) => [mediaType, schema["required"]]),
      [["application/problem+json", ["type", "title", "status", "detail"]]]
    )
  })
})

it("the derived document has an open status and safe integers, unlike the contract", () => {
  const [operation] = contentOf(responsesOf("fetchSenderPoolOperation")["200"])
  const properties = record(operation?.schema["properties"])
  assert.deepEqual(properties["status"], {
    anyOf: [{ type: "string", enum: ["PROCESSING", "COMPLETED", "CANCELED"] }, { type: "string" }]
  })
  assert.deepEqual(record(record(properties["stats"])["properties"])["total"], {
    type: "integer",
    minimum: 0,
    maximum: 9007199254740991
  })
  assert.deepEqual(properties["id"], {
    type: "string",
    pattern: "^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$"
  })
})

const ofList = ["400", "409", "429", "500", "503"]
const ofOne = [...ofList, "404"]
const dates = ["startDate", "endDate"]
const paging = ["pageToken", "pageSize"]
const senderFields = ["id", "displayName", "address", "channel", "status", "tags", "createdAt", "updatedAt"]

interface Documented {
  readonly endpoint: string
  readonly parameters: ReadonlyArray<string>
  readonly body?: { readonly required: ReadonlyArray<string>; readonly optional: ReadonlyArray<string> }
  readonly status: "200" | "202"
  /** The fields of a successful response. */
  readonly response: ReadonlyArray<string>
  readonly errors: ReadonlyArray<string>
}

// The documentation has no OpenAPI document of these endpoints. Where its pages list different errors, all are here.
const documented: Readonly<Record<string, Documented>> = {
  listSenderPools: {
    endpoint: "get /v1/SenderPools",
    parameters: [...dates, "operationId", ...paging],
    status: "200",
    response: ["senderPools", "pagination"],
    errors: ofList
  },
  createSenderPool: {
    endpoint: "post /v1/SenderPools",
    parameters: [],
    body: { required: [], optional: ["name", "senders", "tags"] },
    status: "202",
    response: ["operationId", "operationLocation"],
    errors: ofList
  },
  fetchSenderPool: {
    endpoint: "get /v1/SenderPools/{senderPoolId}",
    parameters: ["senderPoolId"],
    status: "200",
    response: ["id", "name", "tags", "createdAt", "updatedAt"],
    errors: ofOne
  },
  updateSenderPool: {
    endpoint: "patch /v1/SenderPools/{senderPoolId}",
    parameters: ["senderPoolId"],
    body: { required: [], optional: ["name", "tags"] },
    status: "202",
    response: ["resourceId", "resourceLocation"],
    errors: ofOne
  },
  deleteSenderPool: {
    endpoint: "delete /v1/SenderPools/{senderPoolId}",
    parameters: ["senderPoolId"],
    status: "202",
    response: ["resourceId", "resourceLocation"],
    errors: ofOne
  },
  listSenderPoolSenders: {
    endpoint: "get /v1/SenderPools/{senderPoolId}/Senders",
    parameters: ["senderPoolId", ...dates, "channel", "status", ...paging],
    status: "200",
    response: ["senders", "pagination"],
    errors: ofOne
  },
  addSenderPoolSenders: {
    endpoint: "post /v1/SenderPools/{senderPoolId}/Senders",
    parameters: ["senderPoolId"],
    status: "202",
    response: ["operationId", "operationLocation"],
    errors: ofOne
  },
  removeSenderPoolSender: {
    endpoint: "delete /v1/SenderPools/{senderPoolId}/Senders/{senderId}",
    parameters: ["senderPoolId", "senderId"],
    status: "202",
    response: ["resourceId", "resourceLocation"],
    errors: ofOne
  },
  listSenders: {
    endpoint: "get /v1/Senders",
    parameters: [...dates, "channel", "status", ...paging],
    status: "200",
    response: ["senders", "pagination"],
    errors: ofList
  },
  fetchSender: {
    endpoint: "get /v1/Senders/{senderId}",
    parameters: ["senderId"],
    status: "200",
    response: senderFields,
    errors: ofOne
  },
  searchSenders: {
    endpoint: "post /v1/Senders/Search",
    parameters: [],
    body: { required: ["address", "channel"], optional: ["status", ...paging] },
    status: "200",
    response: ["senders", "pagination"],
    errors: ofOne
  },
  resolveSenders: {
    endpoint: "post /v1/Senders/Resolve",
    parameters: [],
    body: { required: ["recipientAddresses"], optional: ["senderPoolId", "channels"] },
    status: "200",
    response: ["results"],
    errors: ofOne
  }
}

const propertiesOf = (operationId: string, status: string) =>
  contentOf(responsesOf(operationId)[status]).flatMap(({ schema }) => Object.keys(record(schema["properties"])))

const bodyOf = (operationId: string) =>
  factsOf(record(record(record(find(operationId).operation["requestBody"])["content"])["application/json"])["schema"])

it("the derived OpenAPI document has the documented endpoints of SenderPools and Senders, and no others", () => {
  assert.deepEqual(
    operationsOf.filter(({ path }) => !path.includes("/Operations")).map(({ operation }) => operation["operationId"]),
    Object.keys(documented)
  )
})

describe.each(Object.entries(documented))(
  "%s",
  (operationId, { body, endpoint, errors, parameters, response, status }) => {
    it("has the documented method, path and parameters", () => {
      const { method, operation, path } = find(operationId)
      assert.strictEqual(`${method} ${path}`, endpoint)
      assert.deepEqual(list(operation["parameters"]).map((parameter) => record(parameter)["name"]), [...parameters])
      assert.deepEqual(operation["tags"], [path?.split("/")[2]])
    })

    it("has the documented body", () => {
      if (body === undefined) return
      const { properties, required } = bodyOf(operationId)
      assert.deepEqual(Object.keys(record(properties)), [...body.required, ...body.optional])
      assert.deepEqual(list(required), [...body.required])
    })

    it("has the documented statuses, and 401 and 403", () => {
      assert.sameMembers(Object.keys(responsesOf(operationId)), [status, ...errors, "401", "403"])
      assert.deepEqual(propertiesOf(operationId, status), response)
      for (const error of errors) {
        assert.deepEqual(propertiesOf(operationId, error), ["errors"])
        assert.strictEqual(
          Predicate.hasProperty(record(responsesOf(operationId)[error])["headers"], "retry-after"),
          ["409", "429", "503"].includes(error)
        )
      }
      assert.strictEqual(
        Predicate.hasProperty(record(responsesOf(operationId)[status])["headers"], "location"),
        status === "202"
      )
    })
  }
)

it("the bodies that add Senders have the limits of the API", () => {
  const create = record(record(bodyOf("createSenderPool")["properties"])["senders"])
  assert.deepInclude(create, { type: "array", maxItems: 10_000 })
  const add = bodyOf("addSenderPoolSenders")
  assert.deepInclude(add, { type: "array", minItems: 1, maxItems: 1_000 })
  assert.deepEqual(record(record(add["items"])["properties"])["senderId"], {
    type: "string",
    pattern: "^comms_sender_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$"
  })
})
