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
