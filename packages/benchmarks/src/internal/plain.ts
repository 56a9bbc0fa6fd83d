import createClient from "openapi-fetch"
import twilio from "twilio"
import { request } from "undici"
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

type Read = (pageToken: string | undefined) => Promise<Identified>

const eachPage = async (read: Read, f: (page: Identified) => void): Promise<void> => {
  let next: string | null | undefined
  do {
    const page = await read(next ?? undefined)
    f(page)
    next = page.pagination.next
  } while (next !== null)
}

// The checks of a peer are its own. The loop around it is the same for all.
const countIds = (connect: (baseUrl: string) => Read) => async (baseUrl: string): Promise<number> => {
  const read = connect(baseUrl)
  const ids = new Set<string>()
  await eachPage(read, ({ operations }) => operations.forEach(({ id }) => ids.add(id)))
  return ids.size
}

const urlOf = (baseUrl: string, pageToken: string | undefined): string =>
  `${baseUrl}${path}?pageSize=${pageSize}${
    pageToken === undefined ? "" : `&pageToken=${encodeURIComponent(pageToken)}`
  }`

const headersOf = () => ({ accept: "application/json", authorization: authorizationOf() })

const refused = (status: number): Error => new Error(`The server answered ${status}.`)

const withFetch = (read: (text: string) => Identified) => (baseUrl: string): Read => {
  const headers = headersOf()
  return async (pageToken) => {
    const response = await fetch(urlOf(baseUrl, pageToken), { headers })
    if (response.status !== 200) throw refused(response.status)
    return read(await response.text())
  }
}

const parse = (text: string): Page => JSON.parse(text)

export const countUnchecked = countIds(withFetch(parse))

export const countWithZod = countIds(withFetch((text) => CheckedPage.parse(JSON.parse(text))))

/** Counts the operations and keeps none of them. */
export const countOnly = async (baseUrl: string): Promise<number> => {
  let count = 0
  await eachPage(withFetch(parse)(baseUrl), ({ operations }) => {
    count += operations.length
  })
  return count
}

export const countWithUndici = countIds((baseUrl) => {
  const headers = headersOf()
  return async (pageToken) => {
    const { body, statusCode } = await request(urlOf(baseUrl, pageToken), { headers })
    if (statusCode !== 200) throw refused(statusCode)
    return parse(await body.text())
  }
})

interface paths {
  [path]: {
    get: {
      parameters: { query?: { pageSize?: number; pageToken?: string } }
      responses: {
        200: {
          content: { "application/json": { operations: Array<{ id: string }>; pagination: { next: string | null } } }
        }
      }
    }
  }
}

/** A client whose types a generator makes from the OpenAPI document, and which checks nothing at run time. */
export const countWithGenerated = countIds((baseUrl) => {
  const client = createClient<paths>({ baseUrl, headers: headersOf() })
  return async (pageToken) => {
    const query = pageToken === undefined ? { pageSize } : { pageSize, pageToken }
    const { data, response } = await client.GET(path, { params: { query } })
    if (data === undefined) throw refused(response.status)
    return data
  }
})

/** The client under every resource of the `twilio` package. */
export const countWithTwilio = countIds((baseUrl) => {
  const client = new twilio.RequestClient({ keepAlive: true })
  const headers = headersOf()
  return async (pageToken) => {
    const { body, statusCode } = await client.request<Page>({
      method: "get",
      uri: `${baseUrl}${path}`,
      headers,
      params: pageToken === undefined ? { pageSize } : { pageSize, pageToken }
    })
    if (statusCode !== 200) throw refused(statusCode)
    return body
  }
})
