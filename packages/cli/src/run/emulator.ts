import type * as CommsError from "@effect-comms/domain/CommsError"
import * as Emulator from "@effect-comms/testing/Emulator"
import * as FaultPlan from "@effect-comms/testing/FaultPlan"
import * as Report from "@effect-comms/testing/Report"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { UsageError } from "../Failure.ts"
import * as Files from "../Files.ts"
import * as Format from "../Format.ts"
import { issuesOfFile, shown } from "../Shown.ts"

export interface Input {
  readonly port: number
  readonly host: string
  readonly operations: number
  readonly senders: number
  readonly seed: number
  readonly faults: string
  readonly report: Option.Option<string>
}

const isPreset = (name: string): name is FaultPlan.Preset => Object.hasOwn(FaultPlan.presets, name)

const readPlan = Effect.fnUntraced(function*(name: string) {
  if (isPreset(name)) return FaultPlan.presets[name]
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(name), (error) =>
    new UsageError({
      what: `--faults: ${shown(name)} is neither a preset nor a readable file.`,
      why: Files.whyOf(error),
      advice: `Name one of ${FaultPlan.presetNames.join(", ")}, or a JSON file with a fault plan.`
    }))
  return yield* Effect.mapError(FaultPlan.fromJson(text), ({ issues }) =>
    new UsageError({
      what: `--faults: ${shown(name)} is not a fault plan.`,
      why: issuesOfFile(issues),
      advice:
        "A fault plan is an object with a list of rules, such as {\"rules\":[{\"do\":{\"_tag\":\"Status\",\"status\":503}}]}."
    }))
})

const encodeReport = Schema.encodeEffect(Report.ReportFromJson)

const writeReport = Effect.fnUntraced(function*(file: string, report: Report.Report, isStarted: boolean) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.orDie(encodeReport(report))
  yield* Effect.mapError(
    fs.writeFileString(file, `${Format.escapeInvisible(text)}\n`),
    Files.notWritten("report", file, isStarted)
  )
})

// A long report is complete in the file only.
const shownRequests = 100

const tableOf = ({ requests, summary }: Report.Report): string =>
  Format.printableLines(Report.toTable(new Report.Report({ summary, requests: requests.slice(-shownRequests) })))

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(host)

// Not every system can connect to the address that stands for all of its addresses.
const loopbacks: ReadonlyMap<string, string> = new Map([["0.0.0.0", "127.0.0.1"], ["::", "[::1]"]])

const instructions = (url: string, operations: number, senders: number): string => {
  const { accountSid, authToken } = Emulator.defaultCredentials
  const token = Redacted.value(authToken)
  return [
    `The emulator listens at ${url}, with ${operations.toLocaleString("en")} operations of each resource and ` +
    `${senders.toLocaleString("en")} Senders.`,
    `  comms    TWILIO_COMMS_BASE_URL=${url} TWILIO_ACCOUNT_SID=${accountSid} TWILIO_AUTH_TOKEN=${token} \\`,
    "             comms operations list",
    `  curl     curl -u ${accountSid}:${token} ${url}/v1/SenderPools/Operations`,
    `  library  CommsClient.layer({ baseUrl: "${url}", credentials: Emulator.defaultCredentials })`,
    "Ctrl-C stops it, and prints a report of its requests."
  ].join("\n")
}

const cannotListen = ({ host, port }: Input) => ({ issues: [{ field, problem }] }: CommsError.InvalidInput) =>
  new UsageError({
    what: `--${field}: ${problem}.`,
    advice: field === "port"
      ? `Choose another port than ${port} with --port. --port 0 picks a free one.`
      : `Choose another address than ${shown(host)} with --host. The default is 127.0.0.1.`
  })

export const run = Effect.fnUntraced(function*(input: Input) {
  const faults = yield* readPlan(input.faults)
  const { host, operations, port, seed, senders } = input
  const server = Effect.mapError(Layer.build(Emulator.layerServer({ host, port })), cannotListen(input))
  const layer = Layer.effectContext(server).pipe(
    Layer.provideMerge(Emulator.layer({ operations, senders, seed, faults: { seed, ...faults } }))
  )
  return yield* Effect.gen(function*() {
    const { report } = yield* Emulator.Emulator
    const address = yield* Emulator.Address
    const loopback = loopbacks.get(host)
    const url = loopback === undefined ? address.url : `http://${loopback}:${address.port}`
    // Check early that the report file is writable.
    const save = (isStarted: boolean) =>
      Option.match(input.report, {
        onNone: () => Effect.void,
        onSome: (file) => Effect.flatMap(report, (report) => writeReport(file, report, isStarted))
      })
    yield* save(false)
    yield* Effect.logInfo(instructions(url, operations, senders))
    if (!isLoopback(host)) {
      yield* Effect.logWarning(`--host ${shown(host)}: the emulator is reachable from the network.`)
    }
    yield* Format.write(Stream.succeed(`${url}\n`))
    return yield* Effect.never.pipe(Effect.onExit(() =>
      Effect.andThen(
        Effect.flatMap(report, (report) => Format.write(Stream.succeed(`\n${tableOf(report)}\n`))),
        save(true)
      )
    ))
  }).pipe(Effect.provide(layer))
})
