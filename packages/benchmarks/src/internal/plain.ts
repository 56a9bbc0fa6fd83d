import { z } from "zod"
import { authorizationOf } from "./client.ts"
import { type Page, pageSize, path } from "./workload.ts"

const Operation = z.object({
  id: z.string().regex(/^comms_operation_[0-7][a-hjkmnpqrstv-z0-9]{25,34}$/u),
  status: z.enum(["PROCESSING", "COMPLETED", "CANCELED"]).or(z.string()),
  stats: z.object({
    total: z.int().nonnegative(),
    queued: z.int().nonnegative(),
    created: z.int().nonnegative(),
    failed: z.int().nonnegative()
  }),
  createdAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
  updatedAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text))
})

const CheckedPage = z.object({
  operations: z.array(Operation),
  pagination: z.object({ next: z.string().min(1).nullable(), self: z.string().min(1) })
})

interface Identified {
  readonly operations: ReadonlyArray<{ readonly id: string }>
  readonly pagination: { readonly next: string | null }
}

const countIds = (read: (text: string) => Identified) => async (baseUrl: string): Promise<number> => {
  const headers = { accept: "application/json", authorization: authorizationOf() }
  const ids = new Set<string>()
  let next: string | null = null
  do {
    const query: string = next === null ? "" : `&pageToken=${encodeURIComponent(next)}`
    const response = await fetch(`${baseUrl}${path}?pageSize=${pageSize}${query}`, { headers })
    if (response.status !== 200) throw new Error(`The server answered ${response.status}.`)
    const page = read(await response.text())
    for (const { id } of page.operations) ids.add(id)
    next = page.pagination.next
  } while (next !== null)
  return ids.size
}

export const countUnchecked = countIds((text): Page => JSON.parse(text))

export const countWithZod = countIds((text) => CheckedPage.parse(JSON.parse(text)))
