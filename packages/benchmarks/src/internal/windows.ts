export const operations = 20_000

export const pages = 400

/** Of each response, in milliseconds. */
export const delay = 50

export const newest = Date.UTC(2024, 0, 15)

export const week = 7 * 24 * 3_600_000
