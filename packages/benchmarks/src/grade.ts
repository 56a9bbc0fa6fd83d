import { SenderPoolOperations } from "@effect-comms/client"
import { Grader } from "@effect-comms/testing"
import { NodeRuntime } from "@effect/platform-node"
import { Clock, Console, Context, Effect, Layer } from "effect"
import got from "got"
import OpenAI from "openai"
import { AbstractPage, type PageRequestOptions } from "openai/core/pagination"
import { authorizationOf, layerClient } from "./internal/client.ts"
import { type Operation, type Page, path } from "./internal/workload.ts"

const client = Effect.fnUntraced(function*(target: Grader.Target) {
  const context = yield* Layer.build(layerClient(target))
  const operations = Context.get(context, SenderPoolOperations.SenderPoolOperations)
  return { fetchOperation: operations.fetch, listOperations: () => operations.stream() }
})

// A page of the openai library defines its items and the request for the next page.
class OpenAIPage extends AbstractPage<Operation> {
  getPaginatedItems(): Array<Operation> {
    return [...this.page.operations]
  }
  nextPageRequestOptions(): PageRequestOptions | null {
    const { next } = this.page.pagination
    return next === null ? null : { ...this.options, query: { pageToken: next } }
  }
  private get page(): Page {
    return this.body as Page
  }
}

const openai = (target: Grader.Target): Grader.Calls => {
  const instance = new OpenAI({
    apiKey: "none",
    baseURL: target.baseUrl,
    defaultHeaders: { authorization: authorizationOf(target.credentials) }
  })
  return {
    fetchOperation: (id, signal) => instance.get<Operation>(`${path}/${id}`, { signal }),
    listOperations: (signal) => instance.getAPIList(path, OpenAIPage, { signal })
  }
}

const withGot = (target: Grader.Target): Grader.Calls => {
  const instance = got.extend({
    prefixUrl: target.baseUrl,
    headers: { authorization: authorizationOf(target.credentials) }
  })
  return {
    fetchOperation: (id, signal) => instance(`${path.slice(1)}/${id}`, { signal }).json<Operation>(),
    listOperations: (signal) =>
      instance.paginate<Operation, Page>(path.slice(1), {
        signal,
        responseType: "json",
        pagination: {
          transform: ({ body }) => [...body.operations],
          paginate: ({ response: { body: { pagination: { next } } } }) =>
            next === null ? false : { searchParams: { pageToken: next } }
        }
      })
  }
}

const field = [
  { name: "this client", grade: Grader.gradeClient(client, { transport: "port" }) },
  { name: "openai", grade: Grader.gradeClient(openai, { transport: "port" }) },
  { name: "got", grade: Grader.gradeClient(withGot, { transport: "port" }) }
]

const program = Effect.gen(function*() {
  yield* Console.log(`${Grader.ReadScenario.literals.length} scenarios on local ports, in real time`)
  const start = yield* Clock.currentTimeMillis
  // The clients start one second apart, so that the start of one does not affect the times of another.
  const grades = yield* Effect.forEach(
    field,
    ({ grade, name }, index) => Effect.map(Effect.delay(grade, `${index} seconds`), (grade) => ({ grade, name })),
    { concurrency: "unbounded" }
  )
  const end = yield* Clock.currentTimeMillis
  for (const { grade, name } of grades) yield* Console.log(`\n${name}\n\n${Grader.toTable(grade)}`)
  yield* Console.log(`\nin ${((end - start) / 1_000).toFixed(0)} s`)
})

program.pipe(NodeRuntime.runMain)
