// Turns what a service returns into plain data: times into dates, durations into milliseconds, errors into classes.
import type * as CommsErrors from "@effect-comms/domain/CommsError"
import type * as WaitErrors from "@effect-comms/domain/WaitError"
import type * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Errors from "../errors.ts"

// Only a checkpoint can mismatch, and this client has none.
type ServiceError =
  | Exclude<CommsErrors.CommsError, CommsErrors.CheckpointMismatch>
  | WaitErrors.WaitError
  | Config.ConfigError

type NameOf<Tag extends string> = Tag extends `${string}Error` ? Tag : `${Tag}Error`

type Name = NameOf<ServiceError["_tag"]>

type ErrorClass<N> = new(
  name: string,
  message: string,
  fields: { readonly [field: string]: unknown }
) => Errors.CommsError & { readonly name: N }

// An error without a class does not compile.
const classes: { readonly [N in Name]: ErrorClass<N> } = Errors

const isName = (name: string): name is Name => name in classes

/** The type of plain data. */
export type Plain<A> = A extends DateTime.DateTime ? Date
  : A extends Duration.Duration ? number
  : A extends { readonly _tag: infer Tag extends ServiceError["_tag"] } ? InstanceType<(typeof Errors)[NameOf<Tag>]>
  : A extends CommsErrors.CheckpointMismatch ? never
  : A extends string | number | boolean | null | undefined ? A
  : A extends ReadonlyArray<infer Item> ? ReadonlyArray<Plain<Item>>
  : { readonly [K in keyof A]: Plain<A[K]> }

const nameOf = (tag: string): string => tag.replace(/(?:Error)?$/, "Error")

const plainFields = (fields: object) => Record.map({ ...fields }, (field: unknown) => plain(field))

/** Makes plain data. A value of any other kind stays as it is. */
export function plain<A>(value: A): Plain<A>
export function plain(value: unknown): unknown {
  if (DateTime.isDateTime(value)) return DateTime.toDateUtc(value)
  if (Duration.isDuration(value)) return Duration.toMillis(value)
  if (Array.isArray(value)) return value.map((item) => plain(item))
  if (!Predicate.isObject(value)) return value
  const { _tag, cause: _cause, isRetryable = false, message, name: _name, ...fields } = value
  const name = Predicate.isString(_tag) ? nameOf(_tag) : ""
  return isName(name)
    ? new classes[name](name, String(message), { ...plainFields(fields), isRetryable })
    : plainFields(value)
}
