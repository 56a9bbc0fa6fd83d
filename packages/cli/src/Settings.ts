/**
 * The flags that every command takes.
 *
 * @since 0.1.0
 */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"

/**
 * Only errors are told.
 *
 * @category settings
 * @since 0.1.0
 */
export const Quiet = GlobalFlag.Setting("quiet")({
  flag: Flag.Boolean("quiet").pipe(
    Flag.withAlias("q"),
    Flag.withDefault(false),
    Flag.withDescription("Say nothing on stderr but errors")
  )
})

/**
 * Repeats are told as they happen, and the attempts of a call that failed.
 *
 * @category settings
 * @since 0.1.0
 */
export const Verbose = GlobalFlag.Setting("verbose")({
  flag: Flag.Boolean("verbose").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Say on stderr what is repeated, why and after which wait")
  )
})

/**
 * How stderr is written.
 *
 * @category settings
 * @since 0.1.0
 */
export const LogFormat = GlobalFlag.Setting("log-format")({
  flag: Flag.Literals("log-format", ["text", "json"]).pipe(
    Flag.withDefault("text"),
    Flag.withMetavar("FORMAT"),
    Flag.withDescription("How stderr is written")
  )
})

/**
 * A file of variables that the environment does not have.
 *
 * @category settings
 * @since 0.1.0
 */
export const EnvFile = GlobalFlag.Setting("env-file")({
  flag: Flag.Path("env-file", { pathType: "file" }).pipe(
    Flag.optional,
    Flag.withMetavar("FILE"),
    Flag.withDescription("Variables for what the environment does not set, as in .env")
  )
})

/**
 * The API is an emulator in this process.
 *
 * @category settings
 * @since 0.1.0
 */
export const Embedded = GlobalFlag.Setting("emulator")({
  flag: Flag.Boolean("emulator").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Ask an emulator in this process, with 3,000 operations, in the API's stead; no account is needed"
    )
  )
})

/**
 * All of them.
 *
 * @category settings
 * @since 0.1.0
 */
export const all = [Embedded, EnvFile, Quiet, Verbose, LogFormat] as const
