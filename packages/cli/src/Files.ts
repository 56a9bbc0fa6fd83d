// The reasons why a file cannot be read or written.
import type * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import { FileFailed, UsageError } from "./Failure.ts"
import { shown } from "./Shown.ts"

const codeOf = ({ reason }: PlatformError.PlatformError): string =>
  Predicate.hasProperty(reason.cause, "code") && Predicate.isString(reason.cause.code) ? reason.cause.code : reason._tag

/** Why a file cannot be read or written, without its path. */
export const whyOf = (error: PlatformError.PlatformError, missing = "There is no such file or directory."): string => {
  switch (codeOf(error)) {
    case "ENOENT":
    case "NotFound":
      return missing
    case "EACCES":
    case "EPERM":
      return "Permission is denied."
    case "EISDIR":
      return "It is a directory."
    default:
      return `The system reports ${codeOf(error)}.`
  }
}

/** Whether there is no such file. */
export const isMissing = ({ reason }: PlatformError.PlatformError): boolean => reason._tag === "NotFound"

const isFull = (error: PlatformError.PlatformError): boolean => ["ENOSPC", "EDQUOT"].includes(codeOf(error))

/**
 * The error of a file that cannot be written. Before anything was sent, only a full disk is not an error of usage.
 */
export const notWritten = (flag: string, path: string, isSent: boolean) =>
(
  error: PlatformError.PlatformError
): UsageError | FileFailed => {
  const file = `--${flag}: ${shown(path)}`
  if (isFull(error)) {
    return new FileFailed({
      what: `${file} cannot be written, because the disk is full.`,
      advice: "Free some space, and run the command again."
    })
  }
  const failure = {
    what: `${file} cannot be written.`,
    why: whyOf(error, "There is no such directory."),
    advice: "Name a file in an existing, writable directory."
  }
  return isSent ? new FileFailed(failure) : new UsageError(failure)
}
