import { Kind, type GraphQLScalarType, type ValueNode } from 'graphql'
import { apiError } from './api-error.ts'

const CENTS = /^-?\d{1,18}$/
/** The largest timestamp of a JavaScript `Date`. */
const MAX_TIMESTAMP = 8_640_000_000_000_000

/** Defines the schema's scalars: `Cents` is a bigint in the server and a decimal string on the wire, `Timestamp` a number in both. */
export function defineScalars({ Cents, Timestamp }: { readonly Cents: GraphQLScalarType; readonly Timestamp: GraphQLScalarType }): void {
  Cents.serialize = (value) => String(value)
  Cents.parseValue = parseCents
  Cents.parseLiteral = (node) => parseCents(literalOf(node))
  Timestamp.serialize = (value) => value
  Timestamp.parseValue = parseTimestamp
  Timestamp.parseLiteral = (node) => parseTimestamp(node.kind === Kind.INT ? Number(node.value) : undefined)
}

/** Refuses JSON numbers, which are exact only up to 2^53: a client would lose cents unnoticed. */
function parseCents(value: unknown): bigint {
  if (typeof value === 'string' && CENTS.test(value)) return BigInt(value)
  throw apiError('BAD_USER_INPUT', 'Cents must be a string with a whole number of at most 18 digits.')
}

function parseTimestamp(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= MAX_TIMESTAMP) return value
  throw apiError('BAD_USER_INPUT', 'A timestamp must be a whole number of milliseconds since the epoch.')
}

function literalOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined
}
