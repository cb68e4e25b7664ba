/** Keys of the conformance topologies. The functions below are those of the recorded topologies. */
export type Key = string | number

export const str = (value: unknown): string => (value === null ? 'null' : String(value))

export const joined = (left: unknown, right: unknown): string => `${str(left)}+${str(right)}`

export const chars = (value: string | null): readonly string[] => (value === null ? [] : [...value])

/** The first character, as Java's `substring(0, 1)` gives it. */
export const head = (value: string | null): string | null => (value === null || value === '' ? null : value.slice(0, 1))

export const hasA = (value: string | null): boolean => value !== null && value.includes('a')

export const mark = (value: string | null): string | null => (value === 'b' ? null : `${value}!`)

/** Appends the value to the aggregate, or returns null (a deletion) if the value ends with `nullOn`. */
export const append =
  (nullOn: string | undefined) =>
  (aggregate: string, value: string | null): string | null =>
    nullOn !== undefined && value !== null && value.endsWith(nullOn) ? null : aggregate + str(value)
