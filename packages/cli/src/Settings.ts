// The global flags.
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Flags from "./Flags.ts"

/** Prints only errors on stderr. */
export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDefault(false),
    Flag.withDescription("Print only errors on stderr")
  )
})

/** Logs retries as they happen, and the attempts of a failed call. */
export const Verbose = GlobalFlag.Setting("verbose")({
  flag: Flag.Boolean("verbose").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print retries on stderr: the reason, and the delay")
  )
})

/** The format of stderr. */
export const LogFormat = GlobalFlag.Setting("log-format")({
  flag: Flag.Literals("log-format", ["text", "json"]).pipe(
    Flag.withMetavar("FORMAT"),
    Flags.withDefault("Format of stderr", "text")
  )
})

/** A file of variables that the environment does not set. */
export const EnvFile = GlobalFlag.Setting("env-file")({
  flag: Flag.Path("env-file", { pathType: "file" }).pipe(
    Flag.optional,
    Flag.withMetavar("FILE"),
    Flag.withDescription("Read variables that the environment does not set from a file such as .env")
  )
})

/** Uses an emulator in this process instead of the API. */
export const Embedded = GlobalFlag.Setting("emulator")({
  flag: Flag.Boolean("emulator").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Use a built-in emulator with 3,000 operations, 3,000 Senders and 2 SenderPools instead of the API"
    )
  )
})

const resourceNames = ["sender-pools", "messages", "emails"] as const

export type ResourceName = (typeof resourceNames)[number]

/** The resource whose operations a command works on. */
export const Resource = GlobalFlag.Setting("resource")({
  flag: Flag.Literals("resource", resourceNames).pipe(
    Flag.withDefault("sender-pools"),
    Flag.withMetavar("RESOURCE"),
    Flag.withDescription("Work on the operations of this resource. Default sender-pools")
  )
})

/** The flags of every command. */
export const all = [Embedded, EnvFile, Quiet, Verbose, LogFormat] as const
