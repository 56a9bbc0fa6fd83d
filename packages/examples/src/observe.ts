/**
 * Prints the telemetry of a few calls: a span for each call, a child span for each attempt, and the metrics. It needs
 * neither the API nor a collector.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Duration, Effect, Metric, Option, Order, Tracer } from "effect"
import * as FewCalls from "./internal/fewCalls.ts"

/** The printed attributes. A span has more, such as the URL. */
const shown = [
  "call",
  "http.request.resend_count",
  "http.response.status_code",
  "comms.outcome",
  "comms.retry_after_ms",
  "comms.waited_ms"
]

/** A tracer that collects every span. */
const collect = (spans: Array<Tracer.NativeSpan>) =>
  Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })

const durationOf = ({ status }: Tracer.NativeSpan) =>
  status._tag === "Ended"
    ? Duration.format(Duration.millis(Number((status.endTime - status.startTime) / 1_000_000n)))
    : "open"

const treeOf = (
  spans: ReadonlyArray<Tracer.NativeSpan>,
  parent?: Tracer.NativeSpan,
  indent = ""
): ReadonlyArray<string> =>
  spans
    .filter((span) => Option.getOrUndefined(span.parent)?.spanId === parent?.spanId)
    .flatMap((span) => [
      [
        `${indent}${span.name} (${durationOf(span)})`,
        ...shown.filter((name) => span.attributes.has(name)).map((name) =>
          `${name}=${String(span.attributes.get(name))}`
        )
      ].join("  "),
      ...treeOf(spans, span, `${indent}  `)
    ])

const lineOf = (metric: Metric.Metric.Snapshot) => {
  const labels = Object.entries(metric.attributes ?? {}).map(([name, value]) => `${name}=${value}`).join(" ")
  return `${metric.id}  ${labels}  ${metric.type === "Counter" ? metric.state.count : metric.type}`
}

const program = Effect.gen(function*() {
  const spans: Array<Tracer.NativeSpan> = []
  yield* Effect.provideService(FewCalls.fewCalls, Tracer.Tracer, collect(spans))
  yield* Console.log(["Spans", "", ...treeOf(spans)].join("\n"))
  yield* Console.log(["", "Metrics", "", ...Array.sort((yield* Metric.snapshot).map(lineOf), Order.String)].join("\n"))
})

program.pipe(Effect.provide(FewCalls.layer), NodeRuntime.runMain)
